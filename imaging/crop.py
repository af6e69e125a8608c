"""Where the page ends on a scan that shows more than the page.

Each side of the frame is judged by itself. The colour of its outermost strip is taken for backing; going inwards, the page
begins where that colour is left for good. A straight line is fitted to those places, and a side counts only where the line
holds along its length. A backing of the page's own colour shows only the shadow at the paper's edge: it is taken for an
edge only when the two sides of it also differ in colour, so that a printed frame or a fold never is. A scan that is already
cut to the page has no such sides and stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.edges import Points, Side, crossing, fit, trusted
from imaging.prepare import Prepared
from imaging.values import Crop

STRIP_MM = 1.0
AHEAD_MM = 12.0
"""The page's own colour must last this far: text and stamps do not."""
LASTING = 0.7
LEAST_CONTRAST = 5.0
"""Colour distance (CIE 1976) below which backing and page are not told apart by colour alone."""
SHADOW_START = (0.9, 6.0)
"""A shadow begins where L* falls by five deviations of the backing's own, within these."""
DEEPEST_SHADOW = 25.0
"""What is darker by more L* is a printed line."""
SHADOW_WIDTH_MM = 2.0
BESIDE_SHADOW = 0.8
"""Colour distance between the two sides of a shadow, below which it may be a fold."""
TOLERANCE_MM = 0.4
SURE_SIDE = 0.6
OUTWARD_MM = 0.3
"""Sides are moved outwards by about their own uncertainty: never inside the page."""
UNTRUSTED_MM = (1.5, 0.2)
"""So much further a unit of trust that a side lacks, and at most: a line that every tenth of its points contradicts was found
0.26 mm too far in at one corner."""
PARALLEL_DEGREES = 1.5
BLANKED_MM = 4.0
"""Copiers blank a margin this wide to pure white, exactly along the frame: not backing."""
TOP, BOTTOM, LEFT, RIGHT = "top", "bottom", "left", "right"

Lab = NDArray[np.float32]
Distance = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Seen:
    """One side as found: its line in px of the reduced image, counted from that side inwards, its points, the backing's
    colour."""

    side: Side
    along: Points
    across: Points
    backing: tuple[float, float, float]


def measure(prepared: Prepared) -> Crop:
    """The page on its backing. Unsure or nothing to cut: the whole image with confidence 0."""
    whole = Crop((0, 0, prepared.raster.width, prepared.raster.height), 0.0)
    lab, dpi = prepared.small_lab, prepared.small_dpi
    height, width = lab.shape[:2]
    if min(height, width) < 30 * dpi / 25.4:
        return whole
    seen = {name: _look(rows, dpi) for name, rows in _facing(lab).items()}
    lines = _upright_lines(_own_edges(seen, width, height, dpi), width, height)
    lines = _lasting_lines(seen, lines, (width, height), dpi)
    corners = _corners(lines)
    if all(line.trust < SURE_SIDE for line in lines.values()) or not _plausible(corners, seen, lines, (width, height)):
        return whole
    return _value(prepared, corners, lines, (width, height), dpi)


def _facing(lab: Lab) -> dict[str, Lab]:
    """The image seen so that the side in question is at the left: rows run along it, two averaged into one, columns inwards."""
    across, down = _halved(lab), _halved(cast(Lab, cv2.transpose(lab)))
    return {LEFT: across, TOP: down, RIGHT: cast(Lab, cv2.flip(across, 1)), BOTTOM: cast(Lab, cv2.flip(down, 1))}


def _halved(lab: Lab) -> Lab:
    whole = lab.shape[0] // 2 * 2
    return cast(Lab, cv2.addWeighted(lab[:whole:2], 0.5, lab[1:whole:2], 0.5, 0))


def _look(rows: Lab, dpi: float) -> _Seen | None:
    per_mm = dpi / 25.4
    strip = rows[:, : max(1, round(STRIP_MM * per_mm))].reshape(-1, 3)
    backing = np.median(strip, axis=0)
    distance = _distance(rows, backing)
    spread = float(np.median(distance[:, : max(1, round(STRIP_MM * per_mm))]))
    found = _fitted(_colour_edge(distance, max(LEAST_CONTRAST, 4 * spread), per_mm), per_mm, len(rows))
    if found is None:
        found = _fitted(_shadow_edge(rows, strip[:, 0], per_mm), per_mm, len(rows))
        if found is None or not _differs(rows, found[0], per_mm):
            return None
    side, along, across = found
    if backing[0] > 99.5 and spread < 0.5 and abs(side.slope) < 0.002 and side.start < BLANKED_MM * per_mm:
        return None
    return _Seen(side, along, across, cast("tuple[float, float, float]", tuple(float(value) for value in backing)))


def _distance(rows: Lab, colour: NDArray[np.float32]) -> Distance:
    """Of each px from a colour."""
    move = np.column_stack([np.eye(3), -colour]).astype(np.float32)
    away = cv2.transform(rows, move)
    return cast(Distance, cv2.sqrt(cv2.transform(cv2.multiply(away, away), np.ones((1, 3), np.float32))))


def _fitted(points: tuple[Points, Points] | None, per_mm: float, rows: int) -> tuple[Side, Points, Points] | None:
    """The line through edge points, where at least a quarter of all rows lie on it."""
    side = points and fit(*points, TOLERANCE_MM * per_mm)
    if not side or not points or side.trust * len(points[0]) < 0.25 * rows:
        return None
    return side, *points


def _colour_edge(distance: Distance, threshold: float, per_mm: float) -> tuple[Points, Points] | None:
    """Per row the place, to a fraction of a px, where the backing is left for good: first above ``threshold``, then at half
    height."""
    first = _left_for_good(distance, threshold, per_mm)
    rows = np.flatnonzero(first >= 0)
    if len(rows) < 8:
        return None
    inside = np.minimum(first[rows] + round(4 * per_mm), distance.shape[1] - 1)
    level = max(threshold, 0.5 * float(np.median(distance[rows, inside])))
    first = _left_for_good(distance, level, per_mm)
    rows = np.flatnonzero(first > 0)
    if len(rows) < 8:
        return None
    along = (rows * 2.0 + 1.0).astype(np.float64)
    place = first[rows]
    after, before = distance[rows, place], distance[rows, place - 1]
    part = (level - before) / np.maximum(after - before, 1e-3)
    return along, (place - 0.5 + np.clip(part, 0, 1)).astype(np.float64)


def _left_for_good(distance: Distance, threshold: float, per_mm: float) -> NDArray[np.int64]:
    """Per row the first column above ``threshold`` from which most of the next 12 mm is too; -1 = none."""
    beyond = distance > threshold
    ahead = max(1, min(round(AHEAD_MM * per_mm), distance.shape[1] // 2))
    share = cv2.blur(beyond.view(np.uint8) * np.uint8(200), (ahead, 1), anchor=(0, 0), borderType=cv2.BORDER_REPLICATE)
    lasting = beyond & (share >= round(LASTING * 200))
    return _first(lasting)


def _first(which: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Per row the first column that is; -1 = none."""
    first = which.argmax(axis=1)
    return np.where(which[np.arange(len(which)), first], first, -1)


def _shadow_edge(rows: Lab, strip: Distance, per_mm: float) -> tuple[Points, Points] | None:
    """Per row the darkest place of the first thin dip below the lightness of the outermost strip, within the outer third."""
    level = np.float32(np.median(strip))
    depth = level - rows[:, : rows.shape[1] // 3, 0]
    least = float(np.clip(5 * 1.4826 * np.median(np.abs(strip - level)), *SHADOW_START))
    wide = max(2, round(SHADOW_WIDTH_MM * per_mm))
    first = _first(depth > least)
    usable = np.flatnonzero((first > 0) & (first < depth.shape[1] - 2 * wide))
    if len(usable) < 8:
        return None
    window = depth[usable[:, None], first[usable, None] + np.arange(wide)]
    darkest = window.argmax(axis=1)
    shallow = window.max(axis=1) <= DEEPEST_SHADOW
    usable, place = usable[shallow], (first[usable] + darkest)[shallow]
    return (usable * 2.0 + 1.0, np.asarray(place + 0.5, np.float64)) if len(usable) >= 8 else None


def _differs(rows: Lab, side: Side, per_mm: float) -> bool:
    """Whether the two sides of a shadow are not the same sheet: their median colours differ along the whole line."""
    number = np.arange(len(rows))
    line = side.slope * (number * 2.0) + side.start
    shades = []
    for reach in ((-2.0, -0.7), (1.0, 4.0)):
        steps = np.arange(max(1, round((reach[1] - reach[0]) * per_mm)))
        columns = np.round(line[:, None] + reach[0] * per_mm + steps[None]).astype(int)
        usable = (columns >= 0).all(axis=1) & (columns < rows.shape[1]).all(axis=1)
        if usable.sum() < 8:
            return False
        shades.append(np.median(rows[number[usable, None], columns[usable]].reshape(-1, 3), axis=0))
    return float(np.linalg.norm(shades[0] - shades[1])) >= BESIDE_SHADOW


def _own_edges(seen: dict[str, _Seen | None], width: int, height: int, dpi: float) -> dict[str, _Seen | None]:
    """Without the sides that were only met on the far side of the page: a page flush with the frame on one side is crossed
    until the backing beyond it. Both lookers then name one line; the one that stands further from its own frame is
    dropped."""
    for one, other, length in ((LEFT, RIGHT, width), (TOP, BOTTOM, height)):
        near, far = seen[one], seen[other]
        if near and far and near.side.start + far.side.start > length - 5 * dpi / 25.4:
            seen[one if near.side.start > far.side.start else other] = None
    return seen


def _upright_lines(seen: dict[str, _Seen | None], width: int, height: int) -> dict[str, Side]:
    """All four sides in px of the reduced image; a side not seen is the frame's own edge with trust 0."""
    far = {LEFT: 0.0, TOP: 0.0, RIGHT: float(width), BOTTOM: float(height)}
    lines = {}
    for name, edge in far.items():
        found = seen[name]
        if found is None:
            lines[name] = Side(0.0, edge, 0.0)
        elif name in {LEFT, TOP}:
            lines[name] = found.side
        else:
            lines[name] = Side(-found.side.slope, edge - found.side.start, found.side.trust)
    return lines


def _lasting_lines(seen: dict[str, _Seen | None], lines: dict[str, Side], size: tuple[int, int], dpi: float) -> dict[str, Side]:
    """Trust judged between each side's own corners; sides that do not hold, or stand at odds with the others, give way to
    the frame."""
    corners = _corners(lines)
    spans = {
        LEFT: (corners[0][1], corners[3][1]), RIGHT: (corners[1][1], corners[2][1]),
        TOP: (corners[0][0], corners[1][0]), BOTTOM: (corners[3][0], corners[2][0]),
    }  # fmt: skip
    frame = {LEFT: 0.0, TOP: 0.0, RIGHT: float(size[0]), BOTTOM: float(size[1])}
    kept = {}
    for name, line in lines.items():
        found = seen[name]
        trust = (
            trusted(found.side, found.along, found.across, spans[name], TOLERANCE_MM * dpi / 25.4, 2.0).trust if found else 0.0
        )
        kept[name] = Side(line.slope, line.start, trust) if trust >= SURE_SIDE else Side(0.0, frame[name], 0.0)
    return _agreeing(kept, frame)


def _agreeing(lines: dict[str, Side], frame: dict[str, float]) -> dict[str, Side]:
    """Opposite sides run parallel and neighbours square; one that does not is dropped."""
    angle = {name: np.degrees(np.arctan(line.slope)) * (-1 if name in {LEFT, RIGHT} else 1) for name, line in lines.items()}
    held = [angle[name] for name, line in lines.items() if line.trust > 0]
    middle = float(np.median(held)) if held else 0.0
    return {
        name: line if line.trust == 0 or abs(angle[name] - middle) <= PARALLEL_DEGREES else Side(0.0, frame[name], 0.0)
        for name, line in lines.items()
    }


def _corners(lines: dict[str, Side]) -> tuple[tuple[float, float], ...]:
    """TL, TR, BR, BL in px of the reduced image."""
    order = ((LEFT, TOP), (RIGHT, TOP), (RIGHT, BOTTOM), (LEFT, BOTTOM))
    return tuple(crossing(lines[upright], lines[level]) for upright, level in order)


def _plausible(
    corners: tuple[tuple[float, float], ...], seen: dict[str, _Seen | None], lines: dict[str, Side], size: tuple[int, int]
) -> bool:
    """Large enough a part of the frame for its backing: a light rectangle upon black is a slip of paper; a dark one upon
    white or a label upon brown may as well be printed on the page."""
    area = cv2.contourArea(np.array(corners, np.float32)) / (size[0] * size[1])
    least = 0.0
    for name, line in lines.items():
        found = seen[name]
        if found is not None and line.trust > 0:
            light, a, b = found.backing
            least = max(least, 0.02 if light < 30 else 0.5 if np.hypot(a, b) > 10 else 0.25)
    return least <= area


def _value(
    prepared: Prepared, corners: tuple[tuple[float, float], ...], lines: dict[str, Side], size: tuple[int, int], dpi: float
) -> Crop:
    outward = _corners({name: _moved(line, name, _outward(line) * dpi / 25.4) for name, line in lines.items()})
    full = prepared.raster.width, prepared.raster.height
    per = dpi / prepared.raster.dpi[0], dpi / prepared.raster.dpi[1]
    placed = tuple((x / per[0], y / per[1]) for x, y in outward)
    xs, ys = [x for x, _ in placed], [y for _, y in placed]
    box = (
        max(0, int(np.floor(min(xs)))), max(0, int(np.floor(min(ys)))),
        min(full[0], int(np.ceil(max(xs)))), min(full[1], int(np.ceil(max(ys)))),
    )  # fmt: skip
    sides = tuple(round(lines[name].trust, 3) for name in (LEFT, TOP, RIGHT, BOTTOM))
    held = [trust for trust in sides if trust > 0]
    return Crop(box, min(held), cast("tuple[float, float, float, float]", sides), placed)


def _moved(line: Side, name: str, by: float) -> Side:
    return line if line.trust == 0 else Side(line.slope, line.start + (-by if name in {LEFT, TOP} else by), line.trust)


def _outward(line: Side) -> float:
    """mm"""
    slope, most = UNTRUSTED_MM
    return OUTWARD_MM + min(most, slope * (1.0 - line.trust))
