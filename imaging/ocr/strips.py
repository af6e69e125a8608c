"""Lines of a picture as the network wants them: one height, one contrast, nothing of them cut off."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.ocr.net_file import Floats
from imaging.ocr.network import POOL
from imaging.values import Box, Pixels

ABOVE = 2.15
"""Of a line's x-height, from its baseline to the top shown: a capital with two marks (Ổ) is so high. Measured on the labelled
pages: 1.8 makes twice the errors (marks are cut), 2.4 as well (letters get small)."""
BELOW = 0.45
CAPITALS_ABOVE, CAPITALS_BELOW = 1.7, 0.4
"""The same for a line of capitals, whose letters all stand as high as an x-height seems to."""
CAPITALS = 1.42
"""A line whose highest ink is less than this many x-heights above the baseline has no ascenders."""
ROW_SHARE = 0.45
"""Of the usual ink in the rows under an x-height; above it there is less."""
PAD = 4
STEEP = 0.2
"""Fall over a line's length, in its heights, from which it is straightened."""
INK = 0.6
"""Of the paper's brightness."""
SOFTER = 0.7
LEAST_CONTRAST = 40.0
HIGHEST, DEEPEST = 3.0, 0.8
"""In x-heights, what a line's box may reach above and below its baseline: more is a seal, a stroke, the next line."""
SPECK = 0.04
"""Of the square of the line's height: a piece that covers less is no letter."""
LEAST_PITCH = 0.5
"""In line heights: a baseline nearer than this is the same line's."""
DESCENDER = 0.3
BODY = 0.2
"""Of a piece's height, the rows on end its letters' bodies take at least; feet of Q, g and y that stand level take fewer."""
WIDE_GAP = 2.2
"""In line heights: across such a gap stands another column. Its pieces are read each by itself."""


class Place(NamedTuple):
    """A line on the picture: its ink's box; baseline as y at the box's left edge and slope."""

    box: Box
    baseline: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Strip:
    """``pixels``: for the network. ``box``: what of the picture it shows. ``zoom``: strip px per picture px.
    ``ink``: bool mask of the same view, picture px."""

    pixels: Floats
    box: Box
    zoom: float
    ink: NDArray[np.bool_]
    place: Place


def cut(picture: Pixels, places: Sequence[Place], height: int) -> list[Strip]:
    """One strip a line; ``picture``: grey, dark on light."""
    limit = ink_level(picture)
    return [_strip(picture, place, height, limit, _line_above(place, places)) for place in places]


def _line_above(place: Place, places: Sequence[Place]) -> float:
    """Baseline of the nearest line above that shares columns with this one; far above where there is none."""
    (x0, _, x1, _), base = place.box, middle(place)
    over = (middle(other) for other in places if min(x1, other.box[2]) > max(x0, other.box[0]))
    return max((other for other in over if other < base - LEAST_PITCH * (place.box[3] - place.box[1])), default=-1e9)


def middle(place: Place) -> float:
    """The baseline's y in the middle of the line."""
    return place.baseline[0] + place.baseline[1] * (place.box[2] - place.box[0]) / 2


def parted(picture: Pixels, place: Place, limit: float) -> list[Place]:
    """The line, or its pieces where another column stands beyond a wide gap; each with its own height and baseline.
    ``limit``: ``ink_level`` of the picture."""
    x0, y0, x1, y1 = place.box
    ink = _inked(picture[max(0, y0) : y1, max(0, x0) : x1], limit)
    filled = np.flatnonzero(np.count_nonzero(ink, axis=0) >= 2)
    if not len(filled):
        return [place]
    breaks = np.flatnonzero(np.diff(filled) > WIDE_GAP * (y1 - y0))
    if not len(breaks):
        return [place]
    firsts, lasts = filled[np.append(0, breaks + 1)], filled[np.append(breaks, len(filled) - 1)] + 1
    pieces = (_piece(ink, place, int(first), int(last)) for first, last in zip(firsts, lasts, strict=True))
    return [piece for piece in pieces if piece is not None]


def _piece(ink: NDArray[np.bool_], place: Place, first: int, last: int) -> Place | None:
    """None for a speck."""
    rows = np.count_nonzero(ink[:, first:last], axis=1)
    filled = np.flatnonzero(rows)
    top, bottom = int(filled[0]), int(filled[-1]) + 1
    if (last - first) * (bottom - top) < SPECK * (place.box[3] - place.box[1]) ** 2:
        return None
    base = _foot(rows >= ROW_SHARE * quantile(rows[top:bottom], 0.75), BODY * (bottom - top))
    x0, y0, *_ = place.box
    return Place((x0 + first, y0 + top, x0 + last, y0 + bottom), (float(y0 + base), place.baseline[1]))


def _foot(dense: NDArray[np.bool_], body: float) -> int:
    """The row below the last run of dense rows that is at least so long; below the last of all where none is."""
    steps = np.diff(dense.astype(np.int8), prepend=0, append=0)
    firsts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    long = ends[ends - firsts >= body]
    return int(long[-1] if len(long) else ends[-1])


def whole(picture: Pixels, height: int) -> Strip:
    """A picture that is one line."""
    place = Place((0, 0, picture.shape[1], picture.shape[0]), (picture.shape[0] * 0.8, 0.0))
    return _scaled(picture, picture.shape[:2], place, place.box, height, ink_level(picture))


def ink_level(picture: Pixels) -> float:
    """The grey level below which a px is ink."""
    return INK * float(np.percentile(picture[::8, ::8], 90))


def _inked(shown: Pixels, limit: float) -> NDArray[np.bool_]:
    return shown < ceil(limit)  # whole numbers are compared as they are, not as floats


def quantile(values: NDArray[np.integer], share: float) -> float:
    """As ``np.quantile``, at a tenth of its cost on the few values of a line."""
    ordered = np.sort(values)
    at = share * (len(ordered) - 1)
    below, above = int(ordered[int(at)]), int(ordered[min(int(at) + 1, len(ordered) - 1)])
    return below + (above - below) * (at - int(at))


def _strip(picture: Pixels, place: Place, height: int, limit: float, above: float) -> Strip:
    (x0, y0, x1, y1), (base, slope) = place.box, place.baseline
    if abs(slope) * (x1 - x0) > STEEP * (y1 - y0):
        picture = _levelled(picture, place)
    else:
        base = middle(place)
    top, bottom = _reach(picture, (x0, y0, x1, y1), base, limit, above)
    shown = max(0, x0 - PAD), max(0, top), min(picture.shape[1], x1 + PAD), min(picture.shape[0], bottom + PAD)
    return _scaled(picture[shown[1] : shown[3], shown[0] : shown[2]], picture.shape[:2], place, shown, height, limit)


def _levelled(picture: Pixels, place: Place) -> Pixels:
    """The picture sheared so that this line runs level at its left end's height; white but for the line's surroundings."""
    (x0, y0, x1, y1), slope = place.box, place.baseline[1]
    reach = round(HIGHEST * (y1 - y0)) + PAD
    first, last = max(0, y0 - reach), min(picture.shape[0], y1 + reach)
    left, right = max(0, x0 - 2 * PAD), min(picture.shape[1], x1 + 2 * PAD)
    shear = np.array([[1, 0, 0], [-slope, 1, slope * (x0 - left)]], np.float32)
    level = np.full_like(picture, 255)
    band = picture[first:last, left:right]
    size = (right - left, last - first)
    level[first:last, left:right] = cv2.warpAffine(band, shear, size, flags=cv2.INTER_LINEAR, borderValue=255)
    return level


def _reach(picture: Pixels, box: Box, base: float, limit: float, before: float) -> tuple[int, int]:
    """Rows from which to which the line is shown: its ink, and room for marks and descenders it may have, but no more of the
    line above (its baseline: ``before``) than descenders."""
    x0, y0, x1, y1 = box
    ink = np.count_nonzero(_inked(picture[max(0, y0) : y1, max(0, x0) : x1], limit), axis=1)
    high = x_height(ink, round(base) - y0)
    if not high:
        return y0 - PAD, y1
    capitals = base - y0 < CAPITALS * high
    above, below = (CAPITALS_ABOVE, CAPITALS_BELOW) if capitals else (ABOVE, BELOW)
    top, bottom = min(y0, int(base - above * high)) - PAD, max(y1, int(base + below * high))
    free = int(before + DESCENDER * high)
    return min(max(top, int(base - HIGHEST * high), free), round(base) - high), min(bottom, int(base + DEEPEST * high))


def x_height(ink: NDArray[np.int_], base: int) -> int:
    """Rows from the baseline (row ``base``) to where the ink thins out; 0 where there is none."""
    base = min(max(0, base), len(ink) - 1)
    usual = quantile(ink[max(0, base - int(0.35 * len(ink))) : base], 0.5) if base > 2 else 0.0
    if not usual:
        return 0
    top, row = base, base
    while row >= 0 and top - row <= 4:
        top = row if ink[row] >= ROW_SHARE * usual else top
        row -= 1
    return base - top


def _scaled(shown: Pixels, size: tuple[int, ...], place: Place, box: Box, height: int, limit: float) -> Strip:
    zoom = height / max(1, shown.shape[0])
    width = max(POOL, round(shown.shape[1] * zoom))
    way = cv2.INTER_AREA if zoom < 1 else cv2.INTER_LINEAR
    grey = cv2.resize(shown, (width, height), interpolation=way)
    grey = _sharpened(cast(Pixels, grey), zoom)
    dark, light = _dark_and_light(grey, limit)
    pixels = np.empty((height, width + -width % POOL), np.float32)
    levels = (np.arange(256, dtype=np.float32) - np.float32(dark)) * np.float32(2 / (light - dark)) - 1
    pixels[:, :width] = cv2.LUT(grey, np.clip(levels, -1, 1))
    pixels[:, width:] = pixels[:, width - 1 : width]
    return Strip(pixels, box, zoom, _inked(shown, limit), place)


def _sharpened(grey: Pixels, zoom: float) -> Pixels:
    """What Leptonica does after scaling, and so what the network was trained on."""
    side, share = (3, 0.2) if zoom < SOFTER else (5, 0.4)
    return cast(Pixels, cv2.addWeighted(grey, 1 + share, cv2.blur(grey, (side, side)), -share, 0))


def _dark_and_light(grey: Pixels, limit: float) -> tuple[float, float]:
    """The levels of ink and of paper along the middle row: a quarter of the valleys are darker, a quarter of the peaks
    lighter. Tesseract's measure, but deaf to the noise of empty paper."""
    row = grey[grey.shape[0] // 2].astype(np.int16)
    before, here, after = row[:-2], row[1:-1], row[2:]
    valleys = here[((here < before) & (here <= after)) | ((here <= before) & (here < after))]
    peaks = here[((here > before) & (here >= after)) | ((here >= before) & (here > after))]
    valleys, peaks = valleys[valleys < limit], peaks[peaks >= limit]
    dark = quantile(valleys, 0.25) if len(valleys) else float(grey.min())
    light = quantile(peaks, 0.75) if len(peaks) else 255.0
    return dark, max(light, dark + LEAST_CONTRAST)
