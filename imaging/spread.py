"""Two facing pages on one scan, split on request: where the gutter is, and each half as a crop of the same master."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging import ink_guard
from imaging.prepare import Prepared, components
from imaging.values import Box, Crop

SEARCH = (0.4, 0.6)
"""The gutter lies in this part of the width."""
WIDEST_ASPECT = 1.15
"""A spread is wider than high; a single upright page is asked about in vain."""
CLEAR_MM = 1.0
"""Width of the strip that has to be free of ink."""


@dataclass(frozen=True, slots=True)
class Split:
    """``x``: where the master is cut, px. ``confidence`` 0..1; 0 = no place without ink was found, ``halves`` is then empty.
    ``halves``: left and right page as crops of the master."""

    x: int
    confidence: float
    halves: tuple[Crop, ...]


def split(prepared: Prepared, box: Box | None = None) -> Split:
    """Where two facing pages part within ``box`` (the whole master if None). A cut that would pass through ink is refused."""
    raster = prepared.raster
    x0, y0, x1, y1 = box or (0, 0, raster.width, raster.height)
    if (x1 - x0) / raster.dpi[0] < WIDEST_ASPECT * (y1 - y0) / raster.dpi[1]:
        return Split((x0 + x1) // 2, 0.0, ())
    sx, sy = prepared.scale
    left, right = int((x0 + SEARCH[0] * (x1 - x0)) * sx), int((x0 + SEARCH[1] * (x1 - x0)) * sx)
    window = slice(int(y0 * sy), int(y1 * sy)), slice(left, right)
    wide = max(1, round(CLEAR_MM * prepared.px_per_mm))
    share = cv2.blur(_written(prepared, window).mean(axis=0, dtype=np.float32)[None], (wide, 1))[0]
    shade = cv2.blur(prepared.half_gray[window].mean(axis=0, dtype=np.float32)[None], (wide, 1))[0]
    clear = share <= share.min() + 0.002
    middle = np.abs(np.linspace(-1, 1, len(share)))
    # Of the places free of ink the darkest is the fold; where the paper is even, the one next to the middle.
    place = int(np.argmin(np.where(clear, shade - shade.max() + 6 * middle, np.inf)))
    cut = round((left + place) / sx)
    if share[place] > 0.004:
        return Split(cut, 0.0, ())
    confidence = float(np.clip(1 - share[place] * 200, 0.1, 1.0))
    return Split(cut, confidence, (Crop((x0, y0, cut, y1), confidence), Crop((cut, y0, x1, y1), confidence)))


def _written(prepared: Prepared, window: tuple[slice, slice]) -> NDArray[np.bool_]:
    """Ink of a part of the page without what runs through it from end to end: the shadow in the fold."""
    found = components(np.ascontiguousarray(ink_guard.ink_mask(prepared)[window]))
    written = found.stats[:, 3] <= ink_guard.LONGEST_MM * prepared.px_per_mm
    written[0] = False
    return written[found.labels]
