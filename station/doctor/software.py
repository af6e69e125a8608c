"""Checks of what is installed: system packages, text recognition, fonts, the console's files."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from imaging.ocr.tessdata import LanguageMissing, find_tessdata
from station.doctor.model import Patient, Result, apt_line, good, note, wrong

PACKAGES = ("libsane1", "sane-airscan", "sane-utils", "tesseract-ocr", "tesseract-ocr-vie", "fonts-croscore", "poppler-utils")
"""What the station uses while it runs; bin/setup installs these and what building needs besides."""

_FONTS = ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf")
_FONT_FOLDERS = ("usr/share/fonts", "usr/local/share/fonts")


def packages(patient: Patient) -> Iterator[Result]:
    if patient.run(["dpkg-query", "--version"]).status != 0:
        yield note("packages.unknown", packages=", ".join(PACKAGES))
        return
    said = patient.run(["dpkg-query", "-W", "-f=${Package} ${db:Status-Status}\n", *PACKAGES])
    installed = {line.split()[0] for line in said.text.splitlines() if line.endswith(" installed")}
    missing = [name for name in PACKAGES if name not in installed]
    if missing:
        yield wrong("packages.missing", apt_line(*missing), packages=", ".join(missing))
    else:
        yield good("packages.good", count=len(PACKAGES))


def recognition(patient: Patient) -> Iterator[Result]:
    """The language files that pages are read with; ``osd`` (which way is up) comes with Tesseract itself."""
    languages = patient.settings.processing.ocr_language.split("+")
    try:
        folder = find_tessdata([*languages, "osd"])
    except LanguageMissing as missing:
        yield wrong("recognition.missing", apt_line(*missing.packages), languages=", ".join(missing.languages))
        return
    yield good("recognition.good", languages=", ".join(languages), folder=str(folder))


def fonts(patient: Patient) -> Iterator[Result]:
    """Practice pages and separator sheets are set in a metric twin of Times New Roman with all Vietnamese marks."""
    found = {path.name for folder in _FONT_FOLDERS for path in patient.at(folder).glob("**/Tinos-*.ttf")}
    if set(_FONTS) <= found:
        yield good("fonts.good")
    else:
        yield wrong("fonts.missing", apt_line("fonts-croscore"))


def console(patient: Patient) -> Iterator[Result]:
    """The browser side is fetched at set-up (or carried by the wheel); without it pages are bare."""
    spec = find_spec("web")
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else Path("web")
    if any((folder / "static" / "vendor").glob("*.js")):
        yield good("console.good")
    else:
        yield wrong("console.missing", "bin/assets")
