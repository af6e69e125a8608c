"""Numbered pages: each side says in its pixels which one it is, so that order and completeness are read from the masters."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

CELL = 40


def numbered_page(number: int) -> np.ndarray:
    """A4 at 100 dpi, the number as sixteen black or white cells across the middle and some text-like lines."""
    page = np.full((1169, 827, 3), 255, np.uint8)
    for bit in range(16):
        shade = 0 if number >> bit & 1 else 200
        page[500 : 500 + CELL, 60 + bit * CELL : 60 + (bit + 1) * CELL] = shade
    for line in range(12):
        cv2.putText(page, f"Trang {number}", (80, 120 + 28 * line), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (20, 20, 20), 1)
    return page


def number_of(path: Path) -> int:
    """The number a stored master shows."""
    page = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    assert page is not None
    cells = [page[510:530, 70 + bit * CELL : 90 + bit * CELL].mean() for bit in range(16)]
    return sum(1 << bit for bit, shade in enumerate(cells) if shade < 100)


def write_pages(folder: Path, sheets: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, 2 * sheets + 1):
        Image.fromarray(numbered_page(number)).save(folder / f"{number:04d}.jpg", quality=90, dpi=(100, 100))
    return folder


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    return write_pages(tmp_path / "pages", 24)
