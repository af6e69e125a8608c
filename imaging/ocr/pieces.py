"""A page's ink in pieces: which may be letters, which stand beside one another, and which above. Lengths are in the page's
usual x-heights unless they say otherwise."""

from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.ocr.strips import INK, ink_level
from imaging.prepare import components
from imaging.values import Pixels

Ints = NDArray[np.integer]
Flags = NDArray[np.bool_]

PALEST = 0.85
"""Of the paper's brightness: nothing lighter is ink, however pale all ink of the page is."""
SPECK = 0.015
"""Of a squared x-height: less is no point of an i."""
MOST_PIECES, MOST_LETTERS = 8000, 5000
"""Thrice and twice a full page's: more are noise or a picture."""
LETTER_MM = (0.8, 16.0)
BODY_MM = 8.0
"""Tallest letters that tell how high the page's letters usually are."""
SMALL_SHARE = 0.35
"""Of a page's or a line's letters are hardly higher than its x-height."""
RULE = 0.4
"""What is thinner is no letter."""
DENSE, BROADEST, NARROWEST = 0.1, 40.0, 0.12
"""Ink share of a letter's box at least; its width in heights at most (words whose letters touch) and at least (an l)."""
CAPITAL = 1.45
"""Height of a capital."""
GAP = 3.0
"""In x-heights of the smaller letter: farther apart, two letters are not chained."""
ALIKE = 1.8
"""Heights of two chained letters differ no more: an n and a g, an o and a capital. What is taller, as an ễ or two letters of
two lines that touch, is given to a line afterwards."""
LEVEL = 0.5
"""Of the smaller letter's height two chained letters share at least."""
LONE = (0.7, 4.0)
"""Heights of a letter that stands alone, in the page's usual x-heights."""
FAR = 1 << 30
APART = 0.4
"""In their sizes, how near letters stand that follow one another."""


class Ink(NamedTuple):
    """Boxes (n, 4) and areas of the pieces of a page's ink; its usual x-height, px."""

    boxes: Ints
    areas: Ints
    body: float


class UnusualPage(Exception):
    """Not to be laid out by rules for ordinary pages."""


def find_pieces(picture: Pixels, mm: float) -> Ink:
    """The page's ink without specks. Raises ``UnusualPage`` where there is none that could be letters, or too much."""
    ink = cv2.threshold(picture, _ink_level(picture), 255, cv2.THRESH_BINARY_INV)[1]
    x, y, w, h, area = components(cast(Pixels, ink)).stats[1:].T
    usual = h[(h >= LETTER_MM[0] * mm) & (h <= BODY_MM * mm) & (w < 4 * h) & (h < 8 * w)]
    if not len(usual):
        raise UnusualPage
    body = low(usual)
    keep = area >= SPECK * body * body
    allow(int(np.count_nonzero(keep)), MOST_PIECES)
    return Ink(np.stack([x, y, x + w, y + h], axis=1)[keep], area[keep], body)


def _ink_level(picture: Pixels) -> float:
    """Otsu's, so that letters of pale or blurred ink are as large as those of black ink."""
    paper = ink_level(picture) / INK
    level = cv2.threshold(picture, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)[0]
    return min(max(level, INK * paper), PALEST * paper)


def low(heights: Ints) -> float:
    """The x-height among heights of letters."""
    return float(np.sort(heights)[int(SMALL_SHARE * len(heights))])


def find_letters(ink: Ink, mm: float) -> Ints:
    """Places of the pieces that may be letters, or words whose letters touch."""
    wide, high = (ink.boxes[:, side + 2] - ink.boxes[:, side] for side in (0, 1))
    sized = (high >= LETTER_MM[0] * mm) & (high <= LETTER_MM[1] * mm) & (wide >= NARROWEST * high) & (wide <= BROADEST * high)
    letters = np.flatnonzero(sized & (ink.areas > DENSE * wide * high))
    allow(len(letters), MOST_LETTERS)
    return letters


def solid_pieces(ink: Ink) -> Flags:
    """Which pieces are no rules and no frames."""
    wide, high = (ink.boxes[:, side + 2] - ink.boxes[:, side] for side in (0, 1))
    thin: Flags = np.minimum(wide, high) <= RULE * ink.body
    return ~thin & (ink.areas > DENSE * wide * high)


def allow(count: int, most: int) -> None:
    """Raises ``UnusualPage`` where there are more."""
    if count > most:
        raise UnusualPage


# --- side by side ---------------------------------------------------------------------------------------------------


def chains(core: Ints, ends: tuple[Ints, Ints]) -> list[Ints]:
    """The letters that hang together. ``ends``: of each link, places in ``core``."""
    names = np.arange(len(core))
    while True:
        lower = names.copy()
        least = np.minimum(names[ends[0]], names[ends[1]])
        np.minimum.at(lower, ends[0], least)
        np.minimum.at(lower, ends[1], least)
        lower = lower[lower]
        if np.array_equal(lower, names):
            break
        names = lower
    order = np.argsort(names, kind="stable")
    return np.split(core[order], np.flatnonzero(np.diff(names[order])) + 1)


def neighbours(boxes: Ints, body: float) -> tuple[tuple[Ints, Ints], Ints]:
    """Each letter with its nearest to the right and to the left that stands level with it; and how near, px."""
    order = np.argsort(boxes[:, 0], kind="stable")
    boxes = boxes[order]
    one, other, gap = _level_pairs(boxes, body)
    nearest_last = np.argsort(-gap, kind="stable")  # of several values for one place numpy keeps the last
    one, other, gap = one[nearest_last], other[nearest_last], gap[nearest_last]
    after, before = np.arange(len(boxes)), np.arange(len(boxes))
    right, left = np.full(len(boxes), FAR), np.full(len(boxes), FAR)
    after[one], right[one] = other, gap
    before[other], left[other] = one, gap
    near = np.empty(len(boxes), int)
    near[order] = np.minimum(right, left)
    return (np.concatenate([order, order]), np.concatenate([order[after], order[before]])), near


def _level_pairs(boxes: Ints, body: float) -> tuple[Ints, Ints, Ints]:
    """Pairs of letters side by side, the left one first, and their gaps, px. ``boxes``: sorted from the left."""
    x0, y0, x1, y1 = np.ascontiguousarray(boxes.T)
    high = y1 - y0
    places = np.arange(len(boxes))
    count = np.searchsorted(x0, x1 + _widest(high, body), side="right") - places - 1  # letters that begin within reach of each
    one = np.repeat(places, count)
    other = one + np.arange(1, len(one) + 1) - np.repeat(np.cumsum(count) - count, count)
    less = np.minimum(high[one], high[other])
    level = np.minimum(y1[one], y1[other]) - np.maximum(y0[one], y0[other]) >= LEVEL * less
    one, other, less = one[level], other[level], less[level]
    gap = x0[other] - x1[one]
    near = (gap <= _widest(less, body)) & (np.maximum(high[one], high[other]) <= ALIKE * less)
    return one[near], other[near], gap[near]


def _widest(high: Ints, body: float) -> NDArray[np.floating]:
    """The widest gap beside letters so high, px: beside capitals no wider than beside small letters."""
    return GAP * np.minimum(high, np.maximum(body, high / CAPITAL))


def count_stacked(boxes: Ints, near: Ints, body: float) -> int:
    """How many letters stand above or below one another rather than beside one another. ``near``: to the next beside, px."""
    size = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
    apart = (size >= LONE[0] * body) & (size <= LONE[1] * body) & (near > APART * size)
    below = neighbours(boxes[apart][:, [1, 0, 3, 2]], body)[1]
    return int(np.count_nonzero(below < APART * size[apart]))
