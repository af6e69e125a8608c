"""Marks stamped in red on the upper part of a page, which the usual picture leaves out together with the seals.

MẬT, TỐI MẬT, TUYỆT MẬT, KHẨN, HỎA TỐC and the received stamp are red words in red frames; a seal is red as well, so
only lines that are such a mark word for word are kept (a mark is a whole line: MẬT is not MẶT TRẬN)."""

import re
from typing import cast

import cv2
import numpy as np

from imaging.language import Token, fold
from imaging.ocr.engine import Engine, EngineFault, Layout, ReadLine, ReadWord
from imaging.ocr.noise import around
from imaging.ocr.prepare_ocr import READ_DPI, Prepared
from imaging.values import Pixels, Raster

STAMPS = frozenset({"mat", "toi mat", "tuyet mat", "khan", "thuong khan", "hoa toc", "hoa toc hen gio", "cong van den", "den"})
UPPER = 0.5
"""Share of the page's height in which marks stand."""
RED = 45
"""Levels by which red exceeds green and blue in stamp ink, also in faded stamps on yellow paper."""
LEAST = 4e-4
"""Red share below which there is no stamp: one letter of 8 mm on A4."""
FRAME_MM = (12.0, 8.5)
"""Shortest side of a frame, across and down: longer than any stroke of its letters (caps of 3 to 6 mm)."""
SECONDS = 5.0


def red_ink(raster: Raster) -> Prepared | None:
    """The red ink of the upper half as dark on white, or None where there is hardly any (0.01 s)."""
    if raster.pixels.ndim == 2:
        return None
    upper = raster.pixels[: max(1, int(raster.height * UPPER))]
    if _red_share(upper[::4, ::4]) < LEAST / 4:
        return None
    zoom = (READ_DPI / raster.dpi[0], READ_DPI / raster.dpi[1])
    size = (max(1, round(upper.shape[1] * zoom[0])), max(1, round(upper.shape[0] * zoom[1])))
    # Averaged, not interpolated as the usual picture is: of 220 pale and noisy marks that reads 93 instead of 88.
    blue, green, red = cv2.split(cv2.resize(upper, size, interpolation=cv2.INTER_AREA))
    excess = cv2.subtract(red, cv2.max(blue, green))
    if np.count_nonzero(excess > RED) < LEAST * excess.size:
        return None
    strength = cv2.convertScaleAbs(cv2.GaussianBlur(excess, (0, 0), 0.8), alpha=2.2)
    picture = cv2.bitwise_not(_without_frames(cast(Pixels, strength)))
    return Prepared(cast(Pixels, picture), READ_DPI, zoom)


def _red_share(pixels: Pixels) -> float:
    blue, green, red = cv2.split(np.ascontiguousarray(pixels))
    return float(np.count_nonzero(cv2.subtract(red, cv2.max(blue, green)) > RED)) / max(1, red.size)


def _without_frames(ink: Pixels) -> Pixels:
    """Straight strokes, the stamp's frame, taken away: engines read a framed word as a table, its sides as letters."""
    wide, high = (round(READ_DPI * mm / 25.4) for mm in FRAME_MM)
    frames = cv2.max(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, wide), np.uint8)),
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((high, 1), np.uint8)),
    )
    return cast(Pixels, cv2.subtract(ink, cv2.dilate(frames, np.ones((5, 5), np.uint8))))


def read_stamps(raster: Raster, engine: Engine) -> tuple[Prepared, tuple[ReadLine, ...]] | None:
    """The marks stamped in red, with the picture their boxes belong to; None where there are none."""
    prepared = red_ink(raster)
    if prepared is None:
        return None
    layouts: tuple[Layout, ...] = ("sparse", "block")
    for layout in layouts:
        try:
            lines = engine.recognise(prepared.picture, prepared.dpi, layout, SECONDS)
        except EngineFault:
            continue
        kept = tuple(stamp for line in lines if (stamp := _stamp(line)) is not None)
        if kept:
            return prepared, kept
    return None


def _stamp(line: ReadLine) -> ReadLine | None:
    words = tuple(_letters_only(word) for word in line.words if any(one.isalpha() for one in word.token.text))
    text = re.sub(r"[^a-z ]", "", " ".join(fold(word.token.text) for word in words)).strip()
    capitals = all(word.token.text.upper() == word.token.text for word in words)
    return ReadLine(words, around(words), line.baseline) if capitals and text in STAMPS else None


def _letters_only(word: ReadWord) -> ReadWord:
    text = "".join(one for one in word.token.text if one.isalpha())
    return ReadWord(Token(text, word.token.confidence), word.box)
