"""The values that travel between the imaging rooms. All are frozen; none knows a file, a batch or a scanner."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""uint8, shape (height, width) for grey and bitonal (0 or 255), (height, width, 3) in B, G, R order for colour."""

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1 in px; x1 and y1 exclusive; y points down."""


def meet(one: Box, two: Box) -> bool:
    """Whether the boxes share a px."""
    return one[0] < two[2] and two[0] < one[2] and one[1] < two[3] and two[1] < one[3]


Mode = Literal["color", "gray", "bitonal"]
Turn = Literal[0, 90, 180, 270]


@dataclass(frozen=True, slots=True)
class Raster:
    """A page as pixels. ``dpi`` is (x, y) in dots per inch, always known: a reader that cannot tell says so itself."""

    pixels: Pixels
    dpi: tuple[float, float]
    mode: Mode

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def px_per_mm(self) -> float:
        """Mean of both axes, px per mm."""
        return (self.dpi[0] + self.dpi[1]) / 2 / 25.4


@dataclass(frozen=True, slots=True)
class Orientation:
    """``degrees``: the clockwise turn that makes the page upright. ``confidence`` 0..1; 0 = unsure, degrees is then 0."""

    degrees: Turn
    confidence: float


@dataclass(frozen=True, slots=True)
class Skew:
    """``degrees``: image y down, + = text falls to the right. ``confidence`` 0..1; 0 = unsure, degrees is then 0."""

    degrees: float
    confidence: float


@dataclass(frozen=True, slots=True)
class Crop:
    """``box``: pixels of the image as given (before any turn), never inside the page. ``sides``: confidence 0..1 of
    left, top, right, bottom. ``corners``: the page's corners TL, TR, BR, BL in px of the image as given, where known."""

    box: Box
    confidence: float
    sides: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    corners: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Blank:
    """``value``: nothing a reader would miss stands on the side. ``ink``: inked share of the page area, 0..1."""

    value: bool
    ink: float
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Geometry:
    """How the access copy is rendered from the master: turn, then straighten, then crop, in one interpolation.

    ``skew`` is measured on the upright page; ``crop.box`` is in pixels of the master as given."""

    orientation: Orientation
    skew: Skew
    crop: Crop
    canvas: Literal["whole", "page"] = "whole"
    """Where the page's corners are not known: ``whole`` = straightening enlarges the copy so that nothing of the crop box
    is lost; ``page`` = the copy keeps the crop box's size, because what is turned out of it carries no ink."""


@dataclass(frozen=True, slots=True)
class Word:
    """One read word. ``box`` in px of the upright, straightened, cropped page that was read; ``text`` NFC."""

    text: str
    box: Box
    confidence: float
    """0..1, the engine's own."""
    raw: str = ""
    """What the engine said before the language stage; empty = the same as ``text``."""
    hand: bool = False
    """Written by hand: figures read in a form's gap, always to be looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """Words of one line from left to right. ``baseline``: y at the box's left edge (px) and slope (px per px)."""

    words: tuple[Word, ...]
    box: Box
    baseline: tuple[float, float]


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read on a page, in reading order. ``size``: (width, height) in px of the page the boxes belong to."""

    lines: tuple[Line, ...]
    size: tuple[int, int]
    dpi: float
    engine: str
    note: str = ""
    """Empty, or why there is less text than expected: ``timeout``, ``crashed``, ``no_text`` …"""
    changes: tuple[tuple[str, str, Box], ...] = field(default=())
    """Language stage: (before, after, box) of every changed word."""
    handwriting: tuple[Box, ...] = field(default=())
    """Regions written by hand, of which no words are given: signatures, notes, resolutions in the margin."""
    tables: tuple[Box, ...] = field(default=())
    """Ruled tables; their words stand in ``lines`` cell by cell, row by row."""

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)

    def plain(self) -> str:
        """The page as lines of text."""
        return "\n".join(" ".join(word.text for word in line.words) for line in self.lines)
