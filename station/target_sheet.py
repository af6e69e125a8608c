"""The target sheet as it is printed: the marks of imaging.target with words in the language in force."""

from pathlib import Path

from imaging.practice import FontMissing, find_faces
from imaging.target import write_pdf
from station.words import words


def write_sheet(path: Path) -> None:
    """Without a fitting font the sheet has no words; its marks are the same. Raises OSError."""
    try:
        font = dict(find_faces().files)["r"]
    except FontMissing:
        font = None
    captions = [[words(f"health.target.caption.{face}"), words("health.target.caption.print")] for face in ("front", "back")]
    write_pdf(path, captions, font)
