"""Serif faces for practice pages, found through fontconfig; nothing is shipped."""

import functools
import subprocess
from dataclasses import dataclass
from pathlib import Path

from PIL import ImageFont

from imaging.practice.model import FontMissing

FAMILIES = ("Tinos", "Liberation Serif", "Times New Roman", "Noto Serif", "DejaVu Serif")
"""In order of likeness to what offices print with. Liberation 1.x lacks Vietnamese letters and is passed over."""

STYLES = {"r": "", "b": ":bold", "i": ":italic", "bi": ":bold:italic"}
PROBE = "ẮằẵặỠợữỲđĐ…"


@dataclass(frozen=True)
class Faces:
    """One family in its four styles."""

    family: str
    files: tuple[tuple[str, Path], ...]

    def at(self, style: str, size_px: int) -> ImageFont.FreeTypeFont:
        return _loaded(dict(self.files)[style], size_px)


@functools.cache
def find() -> Faces:
    """The first family of which all four styles are complete. Raises FontMissing."""
    for family in FAMILIES:
        files = tuple((style, _match(family, flags)) for style, flags in STYLES.items())
        if all(path and _complete(path) for _, path in files):
            return Faces(family, tuple((style, path) for style, path in files if path))
    raise FontMissing(f"none of {', '.join(FAMILIES)} with Vietnamese letters is installed")


def _match(family: str, flags: str) -> Path | None:
    """fontconfig always answers something: only an answer of the same family counts."""
    command = ["fc-match", "-f", "%{family}\n%{file}", f"{family}{flags}"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.split("\n")
    except (OSError, subprocess.SubprocessError) as fault:
        raise FontMissing(f"fontconfig cannot be asked: {fault}") from fault
    return Path(found[1]) if len(found) == 2 and family in found[0] else None


def _complete(path: Path) -> bool:
    from fontTools.ttLib import TTFont  # noqa: PLC0415 - 0.2 s, needed once

    with TTFont(path, lazy=True, fontNumber=0) as font:
        return set(map(ord, PROBE)) <= set(font.getBestCmap())


@functools.lru_cache(maxsize=64)
def _loaded(path: Path, size_px: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size_px)
