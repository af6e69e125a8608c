"""A run of figures written by hand in a gap of a form: cut into single figures, every likely way, and read.

Joined figures are cut where the stroke between them is thinnest; which cuts hold is for the recogniser to say, whose
eleventh class is a wrong cut (``digits.py``)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import cv2
import numpy as np

from imaging.ocr.digits import OTHER, weigh
from imaging.values import Box, Pixels

LEAST_HEIGHT, LEAST_AREA = 0.28, 0.015
"""Of the line's height, and of its square: smaller is a speck or a point."""
WIDE = 0.62
"""Width of its height from which a shape may be two figures."""
FARTHEST = 1.35
"""Width of its height above which no single figure is."""
LEANS = (0.0, 0.25)
"""Pens lean to the right: cut upright and along the lean."""
MOST_CUTS, BEAM = 2, 24
FLOOR = 1e-4


@dataclass(frozen=True, slots=True)
class Penned:
    """``text``: the figures, ``confidence`` that all are right among the readings that fit, ``box`` in px of the picture."""

    text: str
    confidence: float
    box: Box


Fits = Callable[[str], bool]


def read_figures(ink: Pixels, height: float, fits: Fits) -> Penned | None:
    """The likeliest figures that ``fits`` allows, or None where nothing is written. ``ink``: 255 = ink, only the gap;
    ``height``: of a printed line there, px."""
    shapes = find_shapes(ink, height)
    if not shapes or len(shapes) > 9:
        return None
    found: dict[str, float] = {}
    for lean in LEANS:
        for text, chance in _readings([piece for shape in shapes for piece in _parts(shape, lean)], height):
            found[text] = max(found.get(text, 0.0), chance)
    allowed = {text: chance for text, chance in found.items() if fits(text)}
    box = _around([shape.box for shape in shapes])
    if not allowed:
        return Penned("", 0.0, box)
    best = max(allowed, key=lambda text: allowed[text])
    return Penned(best, allowed[best] / max(1.0, sum(allowed.values())), box)


@dataclass(frozen=True, slots=True)
class Shape:
    """Ink that hangs together: ``mask`` of its box, 255 = ink."""

    box: Box
    mask: Pixels


def find_shapes(ink: Pixels, height: float) -> list[Shape]:
    """What may be figures, left to right; strokes above one another are one shape (the 5 and its bar)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    kept: list[Shape] = []
    for number in range(1, count):
        x, y, w, h, area = (int(one) for one in stats[number])
        if max(h, 0.7 * w) < LEAST_HEIGHT * height or area < LEAST_AREA * height * height:
            continue
        mask = np.where(labels[y : y + h, x : x + w] == number, 255, 0).astype(np.uint8)
        kept.append(Shape((x, y, x + w, y + h), mask))
    kept.sort(key=lambda shape: shape.box[0])
    merged: list[Shape] = []
    for shape in kept:
        if merged and _above(merged[-1].box, shape.box):
            merged[-1] = _union(merged[-1], shape)
        else:
            merged.append(shape)
    return merged


def _above(one: Box, two: Box) -> bool:
    over = min(one[2], two[2]) - max(one[0], two[0])
    return over > 0.6 * min(one[2] - one[0], two[2] - two[0])


def _union(one: Shape, two: Shape) -> Shape:
    box = _around([one.box, two.box])
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    for shape in (one, two):
        x, y = shape.box[0] - box[0], shape.box[1] - box[1]
        view = mask[y : y + shape.mask.shape[0], x : x + shape.mask.shape[1]]
        np.maximum(view, shape.mask, out=view)
    return Shape(box, mask)


def _around(boxes: Sequence[Box]) -> Box:
    x0, y0, x1, y1 = zip(*boxes, strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def _parts(shape: Shape, lean: float) -> list[Shape]:
    """A wide shape cut at its thinnest columns, along the lean."""
    height, width = shape.mask.shape
    if width < WIDE * height:
        return [shape]
    rows = np.arange(height)[:, None]
    slide = np.round((height / 2 - rows) * lean).astype(int)
    columns = np.arange(width)[None, :] - slide  # where the column stands at half height
    ink = shape.mask > 0
    profile = np.bincount(np.clip(columns, 0, width - 1)[ink], minlength=width).astype(float)
    cuts = _valleys(profile, height)
    parts = []
    for left, right in pairwise([-width, *cuts, 2 * width]):
        part = np.where(ink & (columns >= left) & (columns < right), 255, 0).astype(np.uint8)
        if np.count_nonzero(part):
            parts.append(_tight(Shape(shape.box, part)))
    return parts


def _valleys(profile: np.ndarray, height: int) -> list[int]:
    """At most ``MOST_CUTS`` cuts, the thinnest first, apart from each other and from the ends."""
    smooth = np.convolve(profile, np.ones(5) / 5, "same")
    margin, apart = round(0.22 * height), round(0.3 * height)
    chosen: list[int] = []
    for place in np.argsort(smooth, kind="stable"):
        inside = margin <= place < len(profile) - margin
        if inside and all(abs(int(place) - other) >= apart for other in chosen):
            chosen.append(int(place))
        if len(chosen) == MOST_CUTS:
            break
    return sorted(chosen)


def _tight(shape: Shape) -> Shape:
    rows, columns = np.nonzero(shape.mask)
    x0, y0, x1, y1 = int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
    left, top = shape.box[0], shape.box[1]
    return Shape((left + x0, top + y0, left + x1, top + y1), shape.mask[y0:y1, x0:x1])


def _readings(parts: Sequence[Shape], height: float) -> Iterator[tuple[str, float]]:
    """Figures with the chance that every cut and every figure in them is right, the likeliest first."""
    spans = [(start, end) for start in range(len(parts)) for end in range(start + 1, min(len(parts), start + 4) + 1)]
    joined = {span: _joined(parts[span[0] : span[1]]) for span in spans}
    plain = {span: shape for span, shape in joined.items() if _possible(shape, height)}
    chances = dict(zip(plain, weigh([shape.mask for shape in plain.values()]), strict=True))
    beams: list[list[tuple[float, str]]] = [[] for _ in range(len(parts) + 1)]
    beams[0] = [(1.0, "")]
    for end in range(1, len(parts) + 1):
        grown: dict[str, float] = {}
        for (start, until), row in chances.items():
            if until != end:
                continue
            for chance, text in beams[start]:
                for figure in np.argsort(-row[:OTHER])[:3]:
                    longer = f"{text}{figure}"
                    grown[longer] = max(grown.get(longer, 0.0), chance * max(FLOOR, float(row[figure])))
        beams[end] = sorted(((chance, text) for text, chance in grown.items()), reverse=True)[:BEAM]
    return ((text, chance) for chance, text in beams[-1])


def _joined(parts: Sequence[Shape]) -> Shape:
    whole = parts[0]
    for part in parts[1:]:
        whole = _union(whole, part)
    return whole


def _possible(shape: Shape, height: float) -> bool:
    tall, wide = shape.box[3] - shape.box[1], shape.box[2] - shape.box[0]
    return wide <= FARTHEST * tall and tall >= 0.45 * height


def ink_of(grey: Pixels) -> Pixels:
    """255 where ``grey`` (paper 255) is ink, by the two levels of the cut itself; nothing where it is all paper."""
    if grey.size == 0 or int(grey.min()) > 170:
        return np.zeros(grey.shape, np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return cast(Pixels, np.where(grey < min(max(level, 90), 190), 255, 0).astype(np.uint8))
