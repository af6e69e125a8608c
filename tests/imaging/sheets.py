"""Sheets for the geometry tests: typeset Vietnamese text drawn by hand-made means, laid upon a backing, with known truth."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from imaging.values import Raster

WORDS = [
    *("Căn", "cứ", "Luật", "Tổ", "chức", "chính", "quyền", "địa", "phương", "và", "Nghị", "định", "của", "Chính", "phủ", "về"),
    *(
        "công",
        "tác",
        "văn",
        "thư;",
        "xét",
        "đề",
        "nghị",
        "của",
        "Giám",
        "đốc",
        "Sở",
        "Nội",
        "vụ",
        "tại",
        "Tờ",
        "trình",
        "số",
        "145",
    ),
]
FONTS = [
    Path("/usr/share/fonts/truetype/croscore/Tinos-Regular.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"),
    Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"),
    Path("/usr/share/fonts/truetype/liberation/LiberationSerif-Regular.ttf"),
]
DPI = 150


def font(size: int) -> ImageFont.FreeTypeFont:
    """A font with Vietnamese letters, or the test is skipped with the reason."""
    for path in FONTS:
        if path.exists():
            return ImageFont.truetype(str(path), size)
    pytest.skip("no font with Vietnamese letters found under /usr/share/fonts")


def ink_sheet(seed: int = 0, lines: int = 99, size: int = 25, words: list[str] | None = None) -> np.ndarray:
    """Ink density 0..1 of an A4 page of text at 150 dpi."""
    rng = np.random.default_rng(seed)
    sheet = Image.new("L", (1240, 1754), 0)
    draw, face, source = ImageDraw.Draw(sheet), font(size), words or WORDS
    x, y, left, right = 240.0, 180, 180, 1120
    while y < min(1560, 180 + lines * int(1.6 * size)):
        word = source[int(rng.integers(len(source)))]
        if x + draw.textlength(word, font=face) > right:
            x, y = float(left), y + int(1.6 * size)
            continue
        draw.text((x, y), word, fill=255, font=face)
        x += draw.textlength(word + " ", font=face)
    return np.asarray(sheet, np.float32) / 255


def page(seed: int = 0, paper: tuple[int, int, int] = (235, 240, 242), **options: object) -> np.ndarray:
    """A4 at 150 dpi, colour, text on paper, with a little noise."""
    ink = ink_sheet(seed, **options)  # type: ignore[arg-type]
    noise = np.random.default_rng(seed + 1).normal(0, 2, ink.shape)
    return np.clip(np.array(paper) * (1 - 0.85 * ink[..., None]) + noise[..., None], 0, 255).astype(np.uint8)


def raster(pixels: np.ndarray, dpi: float = DPI) -> Raster:
    return Raster(pixels, (dpi, dpi), "color" if pixels.ndim == 3 else "gray")


def lean(pixels: np.ndarray, degrees: float, fill: tuple[int, ...] = (235, 240, 242)) -> np.ndarray:
    """Text falls ``degrees`` to the right; the canvas keeps all of the page."""
    return laid(pixels, degrees, fill, margin=0)[0]


def laid(pixels: np.ndarray, degrees: float, bed: tuple[int, ...], margin: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """The sheet turned upon a bed of one colour, and its corners TL, TR, BR, BL in px of the result."""
    high, wide = pixels.shape[:2]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    size = int(np.ceil(wide * c + high * abs(s))) + 2 * margin, int(np.ceil(wide * abs(s) + high * c)) + 2 * margin
    move = np.array([[c, -s, 0.0], [s, c, 0.0]])
    move[:, 2] = np.array(size) / 2 - move[:, :2] @ (np.array([wide, high]) / 2)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) @ move[:, :2].T + move[:, 2]
    centred = move.copy()
    centred[:, 2] += move[:, :2] @ [0.5, 0.5] - 0.5
    return cv2.warpAffine(pixels, centred, size, flags=cv2.INTER_CUBIC, borderValue=bed), corners


def seal(pixels: np.ndarray, centre: tuple[int, int], strength: float = 1.0, radius: int = 108, arc: int = 360) -> np.ndarray:
    """A red round seal of 36 mm pressed onto a page at 150 dpi. ``strength`` fades it, ``arc`` degrees of the ring are met."""
    mark = np.zeros(pixels.shape[:2], np.uint8)
    cv2.ellipse(mark, centre, (radius, radius), 20, 0, arc, 255, 8)
    cv2.ellipse(mark, centre, (radius - 30, radius - 30), 20, 0, arc, 255, 3)
    for angle in range(0, arc, 15):
        at = np.radians(angle + 20)
        cv2.circle(mark, (int(centre[0] + (radius - 16) * np.cos(at)), int(centre[1] + (radius - 16) * np.sin(at))), 5, 255, -1)
    density = cv2.GaussianBlur(mark, (0, 0), 0.8).astype(np.float32)[..., None] / 255 * strength
    red = np.array([70, 60, 215], np.float32) / 240
    return np.clip(pixels * (1 - density) + pixels * red * density, 0, 255).astype(np.uint8)
