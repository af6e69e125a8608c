"""Where Tesseract keeps its languages on this machine."""

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

USUAL = (
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
    r"C:\Program Files\Tesseract-OCR\tessdata",
)
"""Debian and Ubuntu, Fedora, Arch, built by hand, Homebrew, the Windows installer."""

PACKAGES = {"vie": "tesseract-ocr-vie", "osd": "tesseract-ocr-osd", "eng": "tesseract-ocr-eng"}


class EngineFault(Exception):
    """The engine cannot work at all, or failed on this page."""


class LanguageMissing(EngineFault):
    """A language file is not installed. ``languages``: the missing ones; ``looked``: the folders searched;
    ``packages``: what to install on Debian and Ubuntu."""

    def __init__(self, languages: Sequence[str], looked: Sequence[Path]) -> None:
        self.languages = tuple(languages)
        self.looked = tuple(looked)
        self.packages = tuple(PACKAGES.get(one, f"tesseract-ocr-{one}") for one in self.languages)
        super().__init__(
            f"Tesseract has no {', '.join(self.languages)} data in {', '.join(map(str, self.looked)) or 'any usual folder'}; "
            f"install {' '.join(self.packages)}, or set TESSDATA_PREFIX to the folder that holds it"
        )


def folders() -> tuple[Path, ...]:
    """Existing folders with language files, the one named by the administrator first."""
    named = os.environ.get("TESSDATA_PREFIX", "")
    asked = [Path(named), Path(named) / "tessdata"] if named else []
    return tuple(folder for folder in (*asked, *map(Path, USUAL)) if folder.is_dir())


def find_tessdata(languages: Sequence[str]) -> Path:
    """The first folder that holds all ``languages``. Raises ``LanguageMissing``."""
    looked = folders()
    for folder in looked:
        if all((folder / f"{one}.traineddata").is_file() for one in languages):
            return folder
    have = {path.stem for folder in looked for path in folder.glob("*.traineddata")}
    raise LanguageMissing([one for one in languages if one not in have] or list(languages), looked)


@cache
def known_folder(languages: tuple[str, ...]) -> Path:
    """``find_tessdata``, remembered once it succeeded."""
    return find_tessdata(languages)
