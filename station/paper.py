"""Files become paper for a virtual scanner: every page of every image and PDF, sheet by sheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import cv2
from PIL import Image

from imaging import load
from scanner.escl import PageTray
from scanner.escl.tray import Sheet


@dataclass(frozen=True, slots=True)
class Paper:
    """``starts``: numbers (1…) of the sheets on which a file begins. ``sides``: pages found. ``refused``: (file, reason)."""

    tray: PageTray
    starts: tuple[int, ...]
    sides: int
    refused: tuple[tuple[str, str], ...]


def print_out(folder: Path, into: Path) -> Paper:
    """Every page below ``folder`` as an image in ``into``: the JPEG bytes where the page is one, else PNG. The pages of one
    file are front, back, front, back…; the next file begins on a new sheet. Raises FileNotFoundError, NotADirectoryError."""
    into.mkdir(parents=True, exist_ok=True)
    sheets: list[Sheet] = []
    starts: list[int] = []
    refused: list[tuple[str, str]] = []
    sides = 0
    for number, path in enumerate(_files(folder), start=1):
        try:
            images = list(_pages(path, into, number))
        except load.LoadError as error:
            refused.append((path.name, error.reason))
            continue
        starts.append(len(sheets) + 1)
        backs: list[Path | None] = [*images[1::2], *([None] if len(images) % 2 else [])]
        sheets += [Sheet(front, back) for front, back in zip(images[::2], backs, strict=True)]
        sides += len(images)
    return Paper(PageTray(sheets), tuple(starts), sides, tuple(refused))


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_file() and path.suffix.lower() in load.SUFFIXES)


def _pages(path: Path, into: Path, number: int) -> Iterator[Path]:
    for page in load.pages(path):
        if isinstance(page, load.BadPage):
            raise page.error
        yield _print(page, into / f"{number:03d}-{page.number:04d}")


def _print(page: load.LoadedPage, stem: Path) -> Path:
    if page.original is not None and page.original_mime == "image/jpeg" and _says_dpi(page):
        path = stem.with_suffix(".jpg")
        path.write_bytes(page.original)
        return path
    path = stem.with_suffix(".png")
    _write_png(path, page)
    return path


def _says_dpi(page: load.LoadedPage) -> bool:
    """A JPEG taken out of a PDF often does not know its own resolution; the scanner reads the page's size from it."""
    assert page.original is not None
    with Image.open(BytesIO(page.original)) as image:
        told = image.info.get("dpi", (0, 0))
    return all(abs(float(one) - other) < 1 for one, other in zip(told, page.raster.dpi, strict=True))


def _write_png(path: Path, page: load.LoadedPage) -> None:
    pixels = page.raster.pixels
    picture = Image.fromarray(pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
    picture.save(path, dpi=page.raster.dpi, compress_level=1)
