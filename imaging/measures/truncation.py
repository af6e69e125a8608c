"""Rows that never arrived: a decoder's fill, or one row repeated to the end of the image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from imaging.values import Pixels, Raster

Fill = Literal["gray", "green", "black", "repeated"]
FILLS: dict[Fill, tuple[int, int, int]] = {"gray": (128, 128, 128), "green": (0, 135, 0), "black": (0, 0, 0)}
"""B, G, R of lost rows: libjpeg's middle grey, YCbCr of zeros, a TIFF reader's zeros."""

BLOCK = 128
"""Rows compared at a time."""


@dataclass(frozen=True, slots=True)
class Tail:
    """The lowest ``rows`` of the image carry nothing of their own. ``mm``: how high that is."""

    rows: int
    mm: float
    fill: Fill


def tail(raster: Raster) -> Tail | None:
    """The dead rows at the lower end, or None. White rows are paper that saturated, not a fault; black rows count only when
    the image is bright up to the row before them."""
    pixels = raster.pixels.reshape(raster.height, -1)
    first = _first_dead(pixels[:, :: max(1, pixels.shape[1] // 600)])
    rows = raster.height - first
    fill = _fill_of(raster, first) if 1 < rows < raster.height else None
    return None if fill is None else Tail(rows, rows / raster.dpi[1] * 25.4, fill)


def _first_dead(pixels: Pixels) -> int:
    """The first of the rows that are all as the last one is, sought from below."""
    for foot in range(len(pixels), 0, -BLOCK):
        top = max(0, foot - BLOCK)
        differs = np.flatnonzero((pixels[top:foot] != pixels[-1]).any(axis=1))
        if differs.size:
            return top + int(differs[-1]) + 1
    return 0


def _fill_of(raster: Raster, first: int) -> Fill | None:
    last = raster.pixels[-1]
    if (raster.pixels[first:] != last).any():
        return None
    if (last != last[0]).any():
        return "repeated" if _is_rich(last) else None
    colour = last[0] if last.ndim == 2 else np.repeat(last[0], 3)
    for name, fill in FILLS.items():
        if np.abs(colour.astype(int) - fill).max() <= 2 and (name != "black" or _bright_above(raster, first)):
            return name
    return None


def _is_rich(row: Pixels) -> bool:
    """More than a side border or a rule: twenty changes along the row."""
    return int((row[1:] != row[:-1]).reshape(len(row) - 1, -1).any(axis=1).sum()) >= 20


def _bright_above(raster: Raster, first: int) -> bool:
    """Black that begins in the middle of paper, without the sheet's own lower edge before it."""
    above = raster.pixels[max(0, first - 3) : first]
    return bool(above.size and np.median(above) > 100)
