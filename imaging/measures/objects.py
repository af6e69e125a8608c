"""What lies on, hangs over or is missing from the sheet: folded or torn corners, fingers, notes, clips."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared, components, from_middle, level
from imaging.values import Box, Pixels

CORNER_MM = 45.0
LEG_MM = (4.0, 40.0)
"""A dog-ear's legs along the edges; longer ones are a border or another sheet size."""
MISSING = 0.62
"""Darker than this share of the sheet's paper: the bed is seen, or the back of a folded corner in shadow."""
TRIANGLE = (0.30, 0.75)
"""Area over the product of both legs; a triangle has a half."""
SOLID_MM = 5.0
"""Solid over this in both directions: no seal, no stroke, no letter is."""
COLOUR_STEP = 20
"""8-bit Lab a and b from the page's own paper."""
OBJECT_DPI = 50.0

Kind = Literal["finger", "note", "dark"]
Name = Literal["top_left", "top_right", "bottom_right", "bottom_left"]


@dataclass(frozen=True, slots=True)
class Corner:
    """A corner of the sheet that is not there. ``area``: mm2. ``inked``: marks stand along the fold. ``box``: working px."""

    name: Name
    area: float
    inked: bool
    box: Box


@dataclass(frozen=True, slots=True)
class Foreign:
    """Something that is not the sheet. ``area``: mm2. ``box``: working px."""

    kind: Kind
    area: float
    box: Box


def corners(prepared: Prepared, sheet: Box) -> list[Corner]:
    """Folded or torn corners of ``sheet`` (working px) that show the bed. On a bed as white as the paper none can be seen."""
    gray = prepared.half_gray
    x0, y0, x1, y1 = sheet
    part = gray[y0:y1, x0:x1]
    side = min(round(CORNER_MM * prepared.px_per_mm), *part.shape)
    paper = level(part[::4, ::4], 0.8)
    views: dict[Name, Pixels] = {
        "top_left": part[:side, :side],
        "top_right": part[:side, ::-1][:, :side],
        "bottom_right": part[::-1, ::-1][:side, :side],
        "bottom_left": part[::-1][:side, :side],
    }
    found = ((name, _corner(view, paper, prepared.px_per_mm)) for name, view in views.items())
    return [Corner(name, one[0], one[1], _mirrored(one[2], name, sheet)) for name, one in found if one is not None]


def _corner(view: Pixels, paper: int, mm: float) -> tuple[float, bool, tuple[int, int]] | None:
    """Missing area (mm2), whether ink touches the fold, and the legs (px), of a corner turned to the upper left."""
    below = (view < MISSING * paper).astype(np.uint8)
    dark = cast(Pixels, cv2.morphologyEx(below, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    near = max(1, round(0.8 * mm))
    seeds = np.argwhere(dark[:near, :near])
    if not len(seeds):
        return None
    labels = cv2.connectedComponents(dark)[1]
    piece = labels == labels[tuple(seeds[0])]
    wide, high = int(piece[:near].any(axis=0).sum()), int(piece[:, :near].any(axis=1).sum())
    area = float(piece.sum())
    if not all(LEG_MM[0] * mm <= leg <= LEG_MM[1] * mm for leg in (wide, high)):
        return None
    if not TRIANGLE[0] <= area / (wide * high) <= TRIANGLE[1]:
        return None
    return area / mm**2, _ink_beside(dark, piece, mm), (wide, high)


def _ink_beside(dark: Pixels, piece: NDArray[np.bool_], mm: float) -> bool:
    reach = round(2 * mm) | 1
    near = cv2.dilate(piece.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0
    return float((dark[near & ~piece] > 0).sum()) / mm**2 > 1.0


def _mirrored(legs: tuple[int, int], name: Name, sheet: Box) -> Box:
    x0, y0, x1, y1 = sheet
    wide, high = legs
    left, top = ("left" in name), ("top" in name)
    return (x0 if left else x1 - wide, y0 if top else y1 - high, x0 + wide if left else x1, y0 + high if top else y1)


def foreign(prepared: Prepared, sheet: Box) -> list[Foreign]:
    """Solid patches that are not paper, at least 5 mm across: skin or dark things reaching over the edge, coloured notes."""
    size = tuple(max(1, round(side * OBJECT_DPI / prepared.dpi)) for side in prepared.size)
    lab = cast(Pixels, cv2.resize(prepared.small_lab8, size, interpolation=cv2.INTER_LINEAR))  # 3 : 2; a tenth of averaging
    scale = prepared.dpi / OBJECT_DPI
    x0, y0, x1, y1 = (round(edge / scale) for edge in sheet)
    lab = lab[y0:y1, x0:x1]
    if min(lab.shape[:2]) < 50:
        return []
    found = _patches(_solid(_coloured(lab)), lab, coloured=True) + _patches(_solid(_dark(lab)), lab, coloured=False)
    return [Foreign(one.kind, one.area, _scaled(one.box, (x0, y0), scale)) for one in found]


def _coloured(lab: Pixels) -> Pixels:
    planes = (cast(Pixels, cv2.extractChannel(lab, number)) for number in (1, 2))
    away_a, away_b = (cv2.LUT(plane, from_middle(plane)) for plane in planes)
    return cast(Pixels, cv2.threshold(cv2.add(away_a, away_b), COLOUR_STEP, 255, cv2.THRESH_BINARY)[1])


def _dark(lab: Pixels) -> Pixels:
    paper = level(lab[:, :, 0], 0.8)
    return cast(Pixels, cv2.threshold(lab[:, :, 0], 0.4 * paper, 255, cv2.THRESH_BINARY_INV)[1])


def _solid(mask: Pixels) -> Pixels:
    """What stays when everything thinner than 5 mm is taken out; the rim counts as if it went on outside."""
    reach = round(SOLID_MM * OBJECT_DPI / 25.4)
    grown = cv2.copyMakeBorder(mask, reach, reach, reach, reach, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(grown, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
    return cast(Pixels, opened[reach:-reach, reach:-reach])


def _patches(mask: Pixels, lab: Pixels, *, coloured: bool) -> list[Foreign]:
    if not mask.any():
        return []
    labels, stats, _ = components(mask)
    found = (_patch(stats[one], lab[labels == one], mask.shape[:2], coloured=coloured) for one in range(1, min(len(stats), 40)))
    return [one for one in found if one is not None]


def _patch(stats: NDArray[np.int32], pixels: Pixels, shape: tuple[int, ...], *, coloured: bool) -> Foreign | None:
    x, y, wide, high, count = (int(value) for value in stats)
    area = count / (OBJECT_DPI / 25.4) ** 2
    touches = x <= 1 or y <= 1 or x + wide >= shape[1] - 1 or y + high >= shape[0] - 1
    along = max(wide / shape[1], high / shape[0])
    kind = _kind(pixels, coloured=coloured, touches=touches, fill=count / (wide * high), area=area)
    return None if kind is None or along > 0.9 else Foreign(kind, area, (x, y, x + wide, y + high))


def _kind(pixels: Pixels, *, coloured: bool, touches: bool, fill: float, area: float) -> Kind | None:
    if not coloured:
        return "dark" if touches else None
    if touches and _is_skin(pixels):
        return "finger"
    return "note" if fill > 0.8 and area > 300 else None


def _is_skin(pixels: Pixels) -> bool:
    """Median colour in the usual window of skin: Cr 133 to 173, Cb 77 to 127."""
    median = np.median(pixels.reshape(-1, 3), axis=0).astype(np.uint8).reshape(1, 1, 3)
    bgr = cv2.cvtColor(median, cv2.COLOR_Lab2BGR)
    _, cr, cb = (int(value) for value in cv2.cvtColor(bgr, cv2.COLOR_BGR2YCrCb)[0, 0])
    return 133 < cr < 173 and 77 < cb < 127


def _scaled(box: Box, origin: tuple[int, int], scale: float) -> Box:
    (x, y), (x0, y0, x1, y1) = origin, box
    return round((x0 + x) * scale), round((y0 + y) * scale), round((x1 + x) * scale), round((y1 + y) * scale)
