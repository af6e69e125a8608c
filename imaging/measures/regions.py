"""Connected regions of a page with what the judges ask of them: size, depth, sharpness, colour. No loop over regions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import PAPER, Components, Prepared, components
from imaging.values import Box, Pixels

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Regions:
    """Regions 1..n of a mask at working scale, as columns of equal length.

    ``boxes``: int32 (n, 4) x, y, width, height in working px. ``area``: px. ``depth``: darkest point, 0 paper .. 1 black.
    ``slope``: steepest step inside, share of the paper's brightness per px. ``colour``: mean chroma (8-bit Lab)."""

    boxes: NDArray[np.int32]
    area: Floats
    depth: Floats
    slope: Floats
    colour: Floats
    px_per_mm: float

    def __len__(self) -> int:
        return len(self.area)

    @property
    def longest_mm(self) -> Floats:
        """Longer side of each region, mm."""
        return np.maximum(self.boxes[:, 2], self.boxes[:, 3]) / self.px_per_mm

    @property
    def crisp(self) -> Flags:
        """Edges as sharp as ink on this side; what shines through the sheet is soft (slope under 0.28 of the depth)."""
        return (self.depth > 0.10) & (self.slope > 0.28 * self.depth)

    def union(self, chosen: Flags) -> Box | None:
        """Working px around the chosen regions."""
        if not chosen.any():
            return None
        x, y, w, h = self.boxes[chosen].T
        return int(x.min()), int(y.min()), int((x + w).max()), int((y + h).max())


def describe(prepared: Prepared, mask: Pixels, ratio: Pixels | None = None) -> Regions:
    """Measures of every eight-connected region of ``mask`` (working scale, 0 = nothing). ``ratio``: looked at in place of
    the page's own, same shape and scale."""
    shade = prepared.ratio if ratio is None else ratio
    found: Components = components(mask)
    inked = np.flatnonzero(mask)
    owner = found.labels.ravel()[inked]
    count = len(found.stats)
    return Regions(
        boxes=found.stats[1:, :4],
        area=found.stats[1:, 4].astype(np.float64),
        depth=1 - _least(owner, shade.ravel()[inked], count)[1:] / PAPER,
        slope=_most(owner, slopes(shade).ravel()[inked], count)[1:] / PAPER,
        colour=_mean(owner, prepared.chroma.ravel()[inked], count)[1:],
        px_per_mm=prepared.px_per_mm,
    )


def slopes(gray: Pixels) -> Pixels:
    """Steepest brightness step at each pixel, grey levels per px, uint8."""
    across, down = (cv2.convertScaleAbs(cv2.Scharr(gray, cv2.CV_16S, dx, dy), alpha=1 / 32) for dx, dy in ((1, 0), (0, 1)))
    return cast(Pixels, cv2.max(across, down))


def _least(owner: NDArray[np.integer], values: Pixels, count: int) -> Floats:
    least = np.full(count, 255, np.uint8)
    np.minimum.at(least, owner, values)
    return least.astype(np.float64)


def _most(owner: NDArray[np.integer], values: Pixels, count: int) -> Floats:
    most = np.zeros(count, np.uint8)
    np.maximum.at(most, owner, values)
    return most.astype(np.float64)


def _mean(owner: NDArray[np.integer], values: Pixels, count: int) -> Floats:
    return np.bincount(owner, weights=values, minlength=count) / np.maximum(np.bincount(owner, minlength=count), 1)
