"""No transform may take ink from a page: what it would remove is found and named, and the transform is refused.

Ink is looked for down to pencil on the local paper. A region counts when it is larger than a speck of dust, or stands among
the letters (a dot below, an accent). What hangs together over more than a hand is the scanner's: backing, streaks, edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import PAPER, Components, Prepared, components, local_paper, prepare
from imaging.render import Point, corners_of, placement, to_master
from imaging.seals import redness
from imaging.values import Box, Geometry, Pixels, Raster

SPECK_MM = 0.9
ACCENT_MM = 0.25
LONGEST_MM = 60.0
AMONG_LETTERS_MM = 1.5
FAINTEST = 0.06
"""Least depth against the local paper that is ink; six times the paper's noise where that is more."""
KEPT_SHARE = 0.4
"""A region that keeps less than this share of its depth is lost."""
SEAL_SHARE = 0.5
"""A red region that keeps less than this share of its redness in a colour copy is lost."""
SLACK_MM = 1.0
"""What lies this near a cut still belongs to it: shadow and fringe of the paper's edge."""
FEWEST = 2
"""One lonely region beyond a page's edge is dust; a sheet number in pencil has at least two strokes or is longer than 3 mm."""
LONE_MM = 3.0


@dataclass(frozen=True, slots=True)
class InkLoss:
    """What a transform takes away. ``boxes``: lost regions in px of the page before. ``share``: lost ink over all ink of
    the page, 0..1. ``refused``: the transform must not be used."""

    boxes: tuple[Box, ...]
    share: float
    refused: bool


NONE = InkLoss((), 0.0, False)


def compare(before: Raster, after: Raster | Geometry, *, prepared: Prepared | None = None) -> InkLoss:
    """Ink that stands on ``before`` and would not, or does not, stand on what comes ``after``: a geometry (turn,
    straighten, crop) or a picture of the same page in the same frame, at any scale. ``prepared``: of ``before``, where
    already at hand.

    Raises ``ValueError`` where the two pictures are not of the same shape."""
    prepared = prepared or prepare(before)
    if isinstance(after, Geometry):
        return beyond(prepared, outline(after, before))
    return _removed(prepared, after)


def outline(geometry: Geometry, master: Raster) -> list[Point]:
    """Corners of the copy's frame as points of the master."""
    size = master.width, master.height
    wide, high = placement(geometry, size, master.dpi).size
    return to_master(geometry, size, corners_of((0, 0, wide, high)), master.dpi)


def beyond(prepared: Prepared, kept: Sequence[Point]) -> InkLoss:
    """Ink outside a polygon of master px, by more than a mm."""
    outside = np.full(prepared.ratio.shape, 255, np.uint8)
    points = np.round(np.array(kept) * np.array(prepared.scale)).astype(np.int32)
    cv2.fillPoly(outside, [points], 0)
    slack = round(SLACK_MM * prepared.px_per_mm)
    cv2.polylines(outside, [points], True, 0, thickness=2 * slack + 1)
    if not outside.any():
        return NONE
    found = components(_ink_outside(prepared, cast(Pixels, outside)))
    lost = _countable(found, prepared.px_per_mm) & ~_at_the_frame(found, prepared)
    longest = np.maximum(found.stats[1:, 2], found.stats[1:, 3])[lost] / prepared.px_per_mm
    refused = int(lost.sum()) >= FEWEST or bool((longest >= LONE_MM).any())
    return _loss(prepared, found, lost, refused)


def _ink_outside(prepared: Prepared, outside: Pixels) -> Pixels:
    """Ink within a mask, against the surface there: what lies inside is painted over first, else the page's brightness
    would make ink of a grey backing beside it."""
    gray = prepared.half_gray.copy()
    gray[outside == 0] = np.median(gray[outside > 0])
    ratio = cv2.divide(gray, local_paper(gray, prepared.dpi), scale=PAPER)
    return cast(Pixels, cv2.bitwise_and(_darker(cast(Pixels, ratio), prepared.noise), outside))


def ink_mask(prepared: Prepared) -> Pixels:
    """255 where a working px is ink, down to pencil: darker than the local paper by six times its noise, at least 6 %."""
    return _darker(prepared.ratio, prepared.noise)


def _darker(ratio: Pixels, noise: float) -> Pixels:
    depth = min(0.28, max(FAINTEST, 6 * noise))
    return cast(Pixels, cv2.threshold(ratio, round((1 - depth) * PAPER), 255, cv2.THRESH_BINARY_INV)[1])


def _removed(prepared: Prepared, after: Raster) -> InkLoss:
    raster = prepared.raster
    if abs(after.width * raster.height - after.height * raster.width) > 0.01 * after.width * raster.height:
        raise ValueError(f"the copy is {after.width} x {after.height} px, another shape than {raster.width} x {raster.height}")
    later = _same_size(after, prepared)
    found = components(ink_mask(prepared))
    depth_before, depth_after = _depth(prepared.ratio), _depth(cast(Pixels, cv2.erode(later.ratio, np.ones((3, 3), np.uint8))))
    labels = found.labels.ravel()
    sums = [np.bincount(labels, weights=depth.ravel(), minlength=len(found.stats))[1:] for depth in (depth_before, depth_after)]
    gone = sums[1] < KEPT_SHARE * sums[0]
    if raster.mode == "color" and after.mode == "color":
        gone |= _bleached(found, prepared, later)
    lost = gone & _countable(found, prepared.px_per_mm)
    return _loss(prepared, found, lost, bool(lost.any()))


def _same_size(after: Raster, prepared: Prepared) -> Prepared:
    width, height = prepared.size
    pixels = cv2.resize(
        after.pixels, (width, height), interpolation=cv2.INTER_AREA if after.width > width else cv2.INTER_LINEAR
    )
    return prepare(Raster(cast(Pixels, pixels), (prepared.dpi, prepared.dpi), after.mode))


def _bleached(found: Components, before: Prepared, after: Prepared) -> NDArray[np.bool_]:
    """Regions that were red and are no longer."""
    size = (found.labels.shape[1], found.labels.shape[0])
    reds = [cv2.resize(redness(page), size, interpolation=cv2.INTER_LINEAR).ravel() for page in (before, after)]
    labels, count = found.labels.ravel(), len(found.stats)
    was, now = (np.bincount(labels, weights=red, minlength=count)[1:] for red in reds)
    red_before = was > 10.0 * found.stats[1:, 4]
    return red_before & (now < SEAL_SHARE * was)


def _depth(ratio: Pixels) -> NDArray[np.float32]:
    return cast("NDArray[np.float32]", np.maximum(np.float32(1) - ratio.astype(np.float32) / np.float32(PAPER), np.float32(0)))


def _countable(found: Components, px_per_mm: float) -> NDArray[np.bool_]:
    """Which regions are text-like: neither dust nor backing, or small but among letters."""
    longest = np.maximum(found.stats[1:, 2], found.stats[1:, 3]) / px_per_mm
    large = (longest >= SPECK_MM) & (longest <= LONGEST_MM)
    small = (longest >= ACCENT_MM) & (longest < SPECK_MM)
    if not small.any() or not large.any():
        return large
    reach = round(AMONG_LETTERS_MM * px_per_mm) * 2 + 1
    near = cv2.dilate(np.concatenate(([False], large))[found.labels].astype(np.uint8), np.ones((reach, reach), np.uint8))
    middles = np.round(found.centroids[1:]).astype(int)
    return cast("NDArray[np.bool_]", large | (small & (near[middles[:, 1], middles[:, 0]] > 0)))


def _at_the_frame(found: Components, prepared: Prepared) -> NDArray[np.bool_]:
    """Regions that touch the frame of the scan: its own dark edges, not writing."""
    width, height = prepared.size
    x, y, wide, high = (found.stats[1:, column] for column in range(4))
    return (x <= 1) | (y <= 1) | (x + wide >= width - 1) | (y + high >= height - 1)


def _loss(prepared: Prepared, found: Components, lost: NDArray[np.bool_], refused: bool) -> InkLoss:
    if not lost.any():
        return NONE
    every = float(cv2.countNonZero(ink_mask(prepared)))
    boxes = tuple(prepared.to_master((int(x), int(y), int(x + w), int(y + h))) for x, y, w, h, _ in found.stats[1:][lost])
    return InkLoss(boxes, float(found.stats[1:, 4][lost].sum()) / max(1.0, every), refused)
