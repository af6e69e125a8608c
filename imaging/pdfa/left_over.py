"""What the mask of a compact page has nothing of, and what becomes of it.

Dots go into the mask after all, faint ink stays with the background where that shows it, writing becomes a patch, and paler
dust may go: the ink guard proves the page (station/copy_guard.py)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.ink_guard import ACCENT_MM, LONGEST_MM, SPECK_MM, ink_mask
from imaging.prepare import PAPER, Components, Prepared, components
from imaging.values import Box, Pixels

Mask = NDArray[np.bool_]

FAINT = 0.70
"""Share of the paper's brightness: what is no larger than dust and has no px darker than this may be smoothed away."""
PALE, SHOWN = 0.85, 0.6
"""Share of the paper's brightness that faint ink has everywhere, and the share of its depth that the background must have."""
DOT = 0.80
"""Share of the paper's brightness below which a px of a dot is the dot."""
TINGED = 20
"""Chroma (|da| + |db| of 8-bit Lab at 150 dpi) from which a dot has a colour; a patch keeps it."""


@dataclass(frozen=True, slots=True)
class LeftOver:
    """At working scale: ``dots`` for the mask, ``patched`` for patches, ``fine``: what of that is faint or grey, for fine ones.
    ``behind``: whether the background shows any ink."""

    dots: Mask
    patched: Mask
    fine: Mask
    behind: bool

    def with_boxes(self, boxes: Sequence[Box], scale: tuple[float, float]) -> "LeftOver":
        """The same with boxes that become fine patches too. ``boxes``: px of the page; ``scale``: working px per px of it."""
        patched, fine = self.patched.copy(), self.fine.copy()
        for x0, y0, x1, y1 in boxes:
            here = slice(int(y0 * scale[1]), ceil(y1 * scale[1])), slice(int(x0 * scale[0]), ceil(x1 * scale[0]))
            patched[here] = fine[here] = True
        return replace(self, patched=patched, fine=fine)


def left_over(prepared: Prepared, ink: Mask, behind: Pixels) -> LeftOver:
    """``ink``: the mask at the page's own size. ``behind``: grey at working scale of what the background alone shows."""
    found = components(ink_mask(prepared))
    shown = cv2.resize(ink.view(np.uint8) * np.uint8(255), prepared.size, interpolation=cv2.INTER_AREA) > 0
    missed = ~_holds(found, shown)
    missed[0] = False
    longest = found.stats[:, 2:4].max(axis=1) / prepared.px_per_mm
    written = missed & (longest >= SPECK_MM) & (longest <= LONGEST_MM)
    dots = missed & (longest >= ACCENT_MM) & (longest < SPECK_MM) & _holds(found, prepared.ratio < FAINT * PAPER)
    plain = ~_holds(found, prepared.chroma >= TINGED)
    grey = dots & plain
    pale = written & ~_holds(found, prepared.ratio < PALE * PAPER)
    faint = pale & (_depth_left(found, prepared, behind) >= SHOWN)
    kept = written & ~faint
    patched, fine = (one[found.labels] for one in (kept | (dots & ~grey), kept & (pale | plain)))
    return LeftOver(grey[found.labels] & (prepared.ratio < DOT * PAPER), patched, fine, bool(faint.any()))


def _holds(found: Components, plane: Mask) -> Mask:
    """Which regions have a px of ``plane``."""
    return np.bincount(found.labels[plane], minlength=len(found.stats)) > 0


def _depth_left(found: Components, prepared: Prepared, behind: Pixels) -> NDArray[np.float64]:
    """Share of each region's darkness that the background has at its place or beside it, as the ink guard looks."""
    later = cv2.erode(cv2.divide(behind, prepared.background, scale=PAPER), np.ones((3, 3), np.uint8))
    labels, count = found.labels.ravel(), len(found.stats)
    depths = ((PAPER - np.minimum(one, PAPER)).ravel() for one in (prepared.ratio, later))
    was, left = (np.bincount(labels, weights=depth, minlength=count) for depth in depths)
    return left / np.maximum(was, 1)
