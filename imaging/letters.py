"""The ink of a page that carries its direction: letters and words, without rules, frames, backing, long strokes and
coloured seals."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from imaging.prepare import Prepared, ink_weight
from imaging.skew import Ink, enough
from imaging.values import Box, Pixels

LONGEST_MM = 40.0
"""No word hangs together over more than this; rules, frames, page edges and the flourish of a signature do."""
BORDER_MM = 1.5
"""Ink that touches a frame's edge is the scanner's."""
WHOLE_PAGE = 0.95
"""What hangs together over this much of both sides is the scanner's backing or a printed frame, not a table."""
LETTER_MM = (0.9, 8.0)
LOW_SHARE = 0.25
"""At least this share of the letters is clearly lower than the tall ones in running text: 0.43 to 0.64 on real and typeset
pages, 0.00 on capitals and digits."""
COLOUR_SHARE = 0.3
"""Where the ink without colour is less than this share of all ink, the text itself is coloured (blue and violet
typewriting)."""


def letters(prepared: Prepared, frame: Box | None = None) -> Ink:
    """Ink map (float32, ``prepared.ink_dpi``) with everything that is not letter-like set to 0.

    ``frame``: working px outside which nothing belongs to the page. Where hardly anything is left, lines and rules are
    given instead of letters: a form without words still has a direction."""
    every = _inside(prepared.ink, prepared, frame)
    black = _inside(ink_weight(prepared.plain, prepared.dpi, prepared.noise), prepared, frame)
    chosen = black if black.sum() >= COLOUR_SHARE * every.sum() else every
    edge, large = _not_letters(prepared, frame)
    words = _erased(chosen, cv2.bitwise_or(edge, large))
    return words if enough(words, prepared.ink_dpi) else _erased(chosen, edge)


def outside_tables(ink: Ink, prepared: Prepared) -> Ink | None:
    """Letters (an ink map of :func:`letters`) that stand outside the ruled tables of the page; None where it has no table."""
    extents = prepared.components.stats[1:, :4]
    tables = extents[(extents[:, 2:] > LONGEST_MM * prepared.px_per_mm).all(axis=1)]
    tables = tables[(tables[:, 2:] < WHOLE_PAGE * np.array(prepared.size)).all(axis=1)]
    if not len(tables):
        return None
    outside, factor = ink.copy(), prepared.ink_dpi / prepared.dpi
    for x, y, wide, high in (tables * factor).round().astype(int):
        outside[y : y + high + 1, x : x + wide + 1] = 0
    return outside


def _inside(ink: Ink, prepared: Prepared, frame: Box | None) -> Ink:
    if frame is None:
        return ink
    factor = prepared.ink_dpi / prepared.dpi
    x0, y0, x1, y1 = (round(value * factor) for value in frame)
    kept = np.zeros_like(ink)
    kept[y0:y1, x0:x1] = ink[y0:y1, x0:x1]
    return kept


def _not_letters(prepared: Prepared, frame: Box | None) -> tuple[Pixels, Pixels]:
    """Masks at working scale: ink that hangs together with the frame's edge, ink that hangs together over more than a word."""
    labels, stats, _ = prepared.components
    x0, y0, x1, y1 = frame or (0, 0, *prepared.size)
    margin, longest = BORDER_MM * prepared.px_per_mm, LONGEST_MM * prepared.px_per_mm
    left, top, wide, high = (stats[1:, column] for column in range(4))
    touches = (left < x0 + margin) | (top < y0 + margin) | (left + wide > x1 - margin) | (top + high > y1 - margin)
    return _drawn(labels, stats, touches), _drawn(labels, stats, np.maximum(wide, high) > longest)


def _drawn(labels: np.ndarray, stats: np.ndarray, which: np.ndarray) -> Pixels:
    mask = np.zeros(labels.shape, np.uint8)
    for number in np.flatnonzero(which) + 1:
        x, y, wide, high = stats[number, :4]
        window = slice(y, y + high), slice(x, x + wide)
        mask[window][labels[window] == number] = 255
    return mask


def _erased(ink: Ink, mask: np.ndarray) -> Ink:
    if not mask.any():
        return ink
    small = cv2.resize(mask, (ink.shape[1], ink.shape[0]), interpolation=cv2.INTER_AREA)
    grown = cv2.dilate(small, np.ones((3, 3), np.uint8))
    return cast(Ink, np.where(grown > 0, np.float32(0), ink))


def mixed_heights(prepared: Prepared, across: bool) -> bool:
    """Whether letters come in two heights, as in running text. Capitals and digits are all alike, and what then stands
    above and below a line says nothing about which way is up. ``across``: lines run from top to bottom of the scan."""
    extents = prepared.components.stats[1:, 2:4] / prepared.px_per_mm
    letter = ((extents >= LETTER_MM[0]) & (extents <= LETTER_MM[1])).all(axis=1)
    heights = extents[letter, 0 if across else 1]
    if len(heights) < 40:
        return True
    return float((heights < 0.8 * np.quantile(heights, 0.9)).mean()) >= LOW_SHARE
