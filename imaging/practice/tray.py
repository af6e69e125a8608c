"""A stack of practice paper as files: what a duplex scanner would deliver, in order."""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import cv2
from PIL import Image

from imaging.practice.content import invent
from imaging.practice.model import PageTruth, PracticePage
from imaging.practice.typeset import typeset

QUALITY = 85
"""JPEG quality of office scanners' own files."""


@dataclass(frozen=True, slots=True)
class TraySide:
    """One side on disk. ``sheet`` from 1; ``side`` 1 front, 2 back."""

    path: Path
    sheet: int
    side: int
    truth: PageTruth


def write_tray(folder: Path, sheets: int = 12, seed: int = 1) -> list[TraySide]:
    """Fill ``folder`` (made if missing) with ``sheets`` duplex sheets as ``to-001-1.jpg``, ``to-001-2.jpg`` …, 300 dpi
    colour JPEG with their dpi. Same seed, same bytes on the same machine. Raises FontMissing, OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[TraySide] = []
    for sheet, side, page in _sides(sheets, seed):
        path = folder / f"to-{sheet:03d}-{side}.jpg"
        path.write_bytes(jpeg(page))
        written.append(TraySide(path, sheet, side, page.truth))
    return written


def jpeg(page: PracticePage, quality: int = QUALITY) -> bytes:
    """The page as a scanner would send it: baseline JPEG, 4:2:0, true dpi."""
    buffer = io.BytesIO()
    rgb = cv2.cvtColor(page.raster.pixels, cv2.COLOR_BGR2RGB)
    dots = round(page.raster.dpi[0]), round(page.raster.dpi[1])
    Image.fromarray(rgb).save(buffer, "JPEG", quality=quality, dpi=dots)
    return buffer.getvalue()


def _sides(sheets: int, seed: int) -> Iterator[tuple[int, int, PracticePage]]:
    sheet = 0
    for number in count(1):
        pages = typeset(invent(seed * 1000 + number), seed * 1000 + number, versos=True, first_sheet=sheet + 1)
        for front, back in zip(pages[::2], pages[1::2], strict=True):
            if sheet == sheets:
                return
            sheet += 1
            yield sheet, 1, front
            yield sheet, 2, back
