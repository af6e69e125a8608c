"""What happens at the edge of the sheet: text cut off, and the dark border of a bare scanner bed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import PAPER, Prepared, components
from imaging.values import Box, Pixels

Side = Literal["left", "top", "right", "bottom"]
SIDES: tuple[Side, ...] = ("left", "top", "right", "bottom")
TURNS = {"left": 0, "top": 1, "right": 2, "bottom": 3}
"""Quarter turns counter-clockwise that bring a side to the left."""

INK = 0.65
TOUCH_MM, DEEP_MM, LONG_MM, FULL = 0.4, 0.5, 12.0, 0.9
"""A glyph at the edge reaches in further than a speck, along it less than a rule or border, and is not a full block."""
LINE_MM = 2.5
"""Text within this of the edge is at its very margin."""
DARK = 0.4
BORDER_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Cut:
    """``glyphs`` touching the sheet's edge on ``side``; ``lines``: text lines that run to within 2.5 mm of it.
    ``box``: where, working px."""

    side: Side
    glyphs: int
    lines: int
    box: Box | None


@dataclass(frozen=True, slots=True)
class Border:
    """Dark band along ``side`` of the image, ``depth`` in mm."""

    side: Side
    depth: float


def cut_text(prepared: Prepared, sheet: Box) -> list[Cut]:
    """Text at each edge of ``sheet`` (working px), sides without any left out. Method: QUALITY 2.6 a and b."""
    x0, y0, x1, y1 = sheet
    ink = cast(Pixels, cv2.threshold(prepared.ratio[y0:y1, x0:x1], INK * PAPER, 255, cv2.THRESH_BINARY_INV)[1])
    found = (_cut_at(ink, side, prepared.px_per_mm) for side in SIDES)
    return [_placed(cut, sheet) for cut in found if cut.glyphs or cut.lines]


def _cut_at(ink: Pixels, side: Side, mm: float) -> Cut:
    """The sheet is looked at with ``side`` turned to the left; only a strip of 15 mm is needed."""
    turned = np.ascontiguousarray(np.rot90(ink, TURNS[side])[:, : round(15 * mm)])
    stats = components(turned).stats
    x, y, wide, high, area = stats[1:].T
    glyph = (high < LONG_MM * mm) & (area < FULL * wide * high) & (wide > DEEP_MM * mm) & (high > 0.3 * mm)
    touching = glyph & (x <= TOUCH_MM * mm) & (wide < LONG_MM * mm)
    near = glyph & (x <= LINE_MM * mm) & (high > 1.0 * mm)
    rows = np.concatenate([y[near] + high[near] // 2, np.zeros(0, np.int32)])
    lines = 0 if not rows.size else 1 + int((np.diff(np.sort(rows)) > 3.5 * mm).sum())
    chosen = touching if touching.any() else near
    return Cut(side, int(touching.sum()), lines, _union(stats[1:][chosen], side, (ink.shape[1], ink.shape[0])))


def _union(stats: NDArray[np.int32], side: Side, size: tuple[int, int]) -> Box | None:
    """Box around the chosen regions, turned back; ``size`` (width, height) of the sheet."""
    if not len(stats):
        return None
    width, height = size
    x0, y0 = (int(stats[:, axis].min()) for axis in (0, 1))
    x1, y1 = (int((stats[:, axis] + stats[:, axis + 2]).max()) for axis in (0, 1))
    return {
        "left": (x0, y0, x1, y1),
        "top": (width - y1, x0, width - y0, x1),
        "right": (width - x1, height - y1, width - x0, height - y0),
        "bottom": (y0, height - x1, y1, height - x0),
    }[side]


def _placed(cut: Cut, sheet: Box) -> Cut:
    if cut.box is None:
        return cut
    x, y = sheet[:2]
    return Cut(cut.side, cut.glyphs, cut.lines, (cut.box[0] + x, cut.box[1] + y, cut.box[2] + x, cut.box[3] + y))


def borders(prepared: Prepared) -> list[Border]:
    """Dark bands at the edges of the image: lines of which over 15 % are darker than 0.4 of the page's paper, without a gap."""
    gray = prepared.half_gray
    dark = cv2.threshold(gray, DARK * max(prepared.paper_level, 100.0), 1, cv2.THRESH_BINARY_INV)[1]
    columns, rows = (cv2.reduce(dark, along, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel() for along in (0, 1))
    share = {"left": columns, "top": rows, "right": columns[::-1], "bottom": rows[::-1]}
    found = (Border(side, _depth(share[side]) / prepared.px_per_mm) for side in SIDES)
    return [border for border in found if border.depth > 0]


def _depth(share: NDArray[Any]) -> int:
    """How many lines from the first on are border; the outermost two may be blended."""
    bare = np.flatnonzero(share[2:] <= BORDER_SHARE)
    deep = int(bare[0]) + 2 if bare.size else len(share)
    return deep if deep > 2 else 0
