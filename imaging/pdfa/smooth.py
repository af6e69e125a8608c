"""Edges of print made even where the page leaves them open, so that fax coding has less to say.

A G4 mask spends most of its bytes on edges that differ from row to row by the grain of paper and scan. A px whose brightness is
near the limit between ink and paper may as well be either: it takes what its neighbours are. No letter changes its topology:
nothing parts, joins, opens or closes, no dot appears or vanishes (only simple points are turned, after Rosenfeld), and thin
strokes are never thinned. Accents stay as they are: a hook made even is a dot."""

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import components
from imaging.values import Pixels

Mask = NDArray[np.bool_]

ABOVE, BESIDE = 15, 25
"""Brightness (``PAPER`` = 200) from the limit within which a px is open: to the px above it, and to its row. A fifth and a
third of a px of an edge's way; with 25 for both a mask is 2 % smaller and leaning strokes are visibly notched."""
ACCENT_MM = 1.6
"""No accent of print is longer: a circumflex of 14 pt has 1.4 mm, the lowest letters 1.9 mm."""
ROW = 7
"""Px along the row that decide together about an open px; fax codes row by row."""
ROUNDS = 2
AROUND = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))
"""The neighbours of a px, clockwise."""


def evened(ink: Mask, ratio: Pixels, limit: Pixels, px_per_mm: float) -> Mask:
    """``ink``: px of ``ratio`` (brightness against the paper) below ``limit``, all of one size. The same letters with evener
    edges."""
    level = cast(Pixels, cv2.GaussianBlur(ratio, (3, 3), 0))
    sure, maybe = _bounds(level, limit, ABOVE)
    straight = _as_above(ink, maybe & ~sure)
    wanted = _along_rows(straight, *_bounds(level, limit, BESIDE)) | _thin(ink)
    return _towards(ink, np.where(_at_accents(ink, px_per_mm), ink, wanted))


def _at_accents(ink: Mask, px_per_mm: float) -> Mask:
    """Shapes no larger than an accent, and the px around them."""
    found = components(ink.view(np.uint8))
    small = found.stats[:, 2:4].max(axis=1) <= ACCENT_MM * px_per_mm
    small[0] = False
    return cv2.dilate(small[found.labels].view(np.uint8), np.ones((3, 3), np.uint8)) > 0


def _bounds(level: Pixels, limit: Pixels, slack: int) -> tuple[Mask, Mask]:
    """What is surely ink, and what may be."""
    least, most = np.maximum(limit, slack) - np.uint8(slack), np.minimum(limit, 255 - slack) + np.uint8(slack)
    return level < least, level < most


def _as_above(ink: Mask, open_yet: Mask) -> Mask:
    """Open px below open px are as those: upright and leaning edges stand straight, level ones stay where they are."""
    out = ink.copy()
    for row in range(1, len(out)):
        np.copyto(out[row], out[row - 1], where=open_yet[row] & open_yet[row - 1])
    return out


def _along_rows(ink: Mask, sure: Mask, maybe: Mask) -> Mask:
    """Open px as most px beside them."""
    for _ in range(ROUNDS):
        most = cv2.boxFilter(ink.view(np.uint8), cv2.CV_8U, (ROW, 1), normalize=False) > ROW // 2
        ink = (most & maybe) | sure
    return ink


def _thin(ink: Mask) -> Mask:
    """Strokes under 3 px, not the single px that stand out of an edge."""
    flat = ink.view(np.uint8)
    narrow = cv2.subtract(flat, cv2.morphologyEx(flat, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)))
    return (narrow > 0) & (cv2.boxFilter(narrow, cv2.CV_8U, (5, 5), normalize=False) >= 5)


def _towards(ink: Mask, wanted: Mask) -> Mask:
    """``ink`` turned px by px into ``wanted`` wherever no topology changes. Neighbours never turn at once."""
    wide = ink.shape[1] + 2
    flat, goal = (np.pad(one, 1).view(np.uint8).ravel() for one in (ink, wanted))
    places = np.flatnonzero(flat != goal)
    phase = places // wide % 2 * 2 + places % wide % 2
    steps = [down * wide + across for down, across in AROUND]
    for turn in [*range(4)] * ROUNDS:
        some = places[(phase == turn) & (flat[places] != goal[places])]
        code = np.zeros(some.size, np.uint8)
        for bit, step in enumerate(steps):
            code |= flat[some + step] << bit
        flat[some[SIMPLE[code]]] ^= 1
    return flat.reshape(-1, wide)[1:-1, 1:-1] > 0


def _simple() -> Mask:
    """For every state of the eight neighbours whether the px between them may turn: Yokoi's number of it is one."""
    states = np.arange(256)
    paper = [1 - (states >> bit & 1) for bit in range(8)]
    number = sum(paper[bit] - paper[bit] * paper[bit + 1] * paper[(bit + 2) % 8] for bit in (1, 3, 5)) + (
        paper[7] - paper[7] * paper[0] * paper[1]
    )
    return np.asarray(number == 1)


SIMPLE = _simple()
