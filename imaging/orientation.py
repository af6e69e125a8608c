"""Which way up a page is, from the shape of Vietnamese lines.

Which axis the lines run along is read from how sharply rows and columns alternate. Up and down are told apart by what
stands above and below the x-height of each line: ascenders, hooks, circumflexes and tone marks weigh far more than
descenders and the dot below. Where that asymmetry is weak (digits, capitals, another language) who can read is asked, handed
in as ``osd``; where neither says anything the page stays as it is, with confidence 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared
from imaging.skew import NOTHING, Ink, Reading, Spectrum, coarse, enough, refine, sheared
from imaging.values import Orientation, Turn

Ways = Sequence[tuple[Turn, float]]
"""For each axis the lines of a page may run along: a clockwise turn that makes them level, and the skew the page then has."""
Answer = tuple[Turn, float] | None
"""The clockwise turn that makes a page upright and a confidence 0..1, or None."""
Osd = Callable[[Prepared, Ways], Answer]
"""Asked for a page whose lines do not say which way is up."""

AXIS_MARGIN = 4.0
"""One axis must alternate this many times as strongly as the other; real text reaches 20 to 80."""
STRIP_MM = 45.0
"""Lines are read in strips this wide, so that what is left of the skew does not smear them."""
PER_MM = 8.0
"""Rows of a strip's profile."""
CORE_MM = (0.9, 4.5)
"""x-heights and capitals between these are lines."""
CORE_SHARES = (0.5, 0.33)
"""A line's core is where its profile exceeds these shares of the local peak."""
WING = 0.8
"""How far above and below the core is looked, in core heights."""
LEAST_LINES = 6
LEAST_ASYMMETRY = 0.08
LEAST_DEVIATIONS = 4.0
"""The asymmetry in its standard errors."""
SURE_LINES = 0.9
"""Confidence from which nobody else is asked: one real page in a hundred is below. Letters of another language, Russian for
one, reach 0.89 on their heads."""


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """``score``: (above - below) / (above + below) over all lines, + = upright. ``deviations``: score over its standard error.
    ``lines``: line pieces seen."""

    score: float
    deviations: float
    lines: int

    @property
    def confidence(self) -> float:
        """0..1; 0 = the lines do not say which way is up."""
        if self.lines < LEAST_LINES or abs(self.score) < LEAST_ASYMMETRY or abs(self.deviations) < LEAST_DEVIATIONS:
            return 0.0
        return min(1.0, 0.5 + abs(self.score) * 2)


@dataclass(frozen=True, slots=True)
class Attitude:
    """``orientation`` and, of the upright page, its spectrum and the coarse reading of its skew (``NOTHING``: axis not
    known)."""

    orientation: Orientation
    reading: Reading
    spectrum: Spectrum | None = None

    def refined(self) -> Reading:
        """The skew of the upright page."""
        return refine(self.spectrum, self.reading) if self.spectrum and self.reading.confidence > 0 else self.reading


NO_ASYMMETRY = Asymmetry(0.0, 0.0, 0)
AXES: tuple[tuple[Turn, Turn], tuple[Turn, Turn]] = (0, 180), (90, 270)
"""The clockwise turn that makes a page upright: by axis of its lines, then by whether it stands on its head."""
UNKNOWN = Attitude(Orientation(0, 0.0), NOTHING)


def measure(
    ink: Ink,
    dpi: float,
    ask: Callable[[Ways], Answer] | None = None,
    varied: Callable[[bool], bool] | None = None,
    outside: Ink | None = None,
) -> Attitude:
    """The attitude of a page from its letters (``imaging.letters``). ``ask`` is called only where the lines do not decide for
    sure; what it answers counts.
    ``varied``: whether letters come in two heights, told whether the lines run from top to bottom; where they do not
    (capitals, digits), the lines do not decide. ``outside``: the letters outside the page's tables, if it has any: a table may
    be turned on its page."""
    if not enough(ink, dpi):
        return UNKNOWN
    inks, spectra, readings = _both_axes(ink, dpi)
    axis = _axis(readings)
    decided = readings[axis].confidence > 0 and readings[axis].lines >= AXIS_MARGIN * readings[1 - axis].lines
    found = None if outside is None else _by_outside(outside, dpi, axis if decided else None)
    if found is not None and (decided or found.confidence > 0):
        return Attitude(found, readings[axis], spectra[axis])
    telling = decided and (varied is None or varied(axis == 1))
    seen = asymmetry(sheared(inks[axis], readings[axis].degrees), dpi) if telling else NO_ASYMMETRY
    upright = _upright(seen, axis)
    if ask is not None and upright.confidence < SURE_LINES:
        told = ask([(AXES[one][0], readings[one].degrees) for one in ((axis,) if decided else (0, 1))])
        upright = Orientation(*told) if told else upright
    axis = 0 if upright.degrees in AXES[0] else 1
    lies = decided and readings[axis].lines < readings[1 - axis].lines
    return Attitude(upright, NOTHING if lies else readings[axis], spectra[axis])


def _both_axes(ink: Ink, dpi: float) -> tuple[tuple[Ink, Ink], tuple[Spectrum, ...], tuple[Reading, ...]]:
    """The page as it lies and turned by a quarter, with their spectra and the coarse readings of these."""
    inks = ink, turned(ink, 90)
    spectra = tuple(Spectrum(each, dpi) for each in inks)
    return inks, spectra, tuple(coarse(spectrum) for spectrum in spectra)


def _axis(readings: tuple[Reading, ...]) -> int:
    return 0 if readings[0].lines >= readings[1].lines else 1


def _by_outside(outside: Ink, dpi: float, usual: int | None) -> Orientation | None:
    """Which way up a page is by the text outside its tables, whatever way these are turned; with confidence 0 where that does
    not say. None where the text plainly runs the ``usual`` way, as the whole page does, or no way plainly."""
    if not enough(outside, dpi):
        return None
    inks, _, readings = _both_axes(outside, dpi)
    axis = _axis(readings)
    if axis == usual or readings[axis].lines < AXIS_MARGIN * readings[1 - axis].lines:
        return None
    return _upright(asymmetry(sheared(inks[axis], readings[axis].degrees), dpi), axis)


def _upright(found: Asymmetry, axis: int) -> Orientation:
    return (
        Orientation(AXES[axis][0 if found.score > 0 else 1], found.confidence) if found.confidence > 0 else UNKNOWN.orientation
    )


def asymmetry(level: Ink, dpi: float) -> Asymmetry:
    """Ink above against ink below the lines of a level ink map (float32, 0 = paper): the weaker of two readings, with
    narrow and with wide cores. Where they disagree (capitals, whose bars pass for a core of their own) there is none."""
    step = max(8, round(STRIP_MM * dpi / 25.4))
    strips = [
        _Profile(level[:, left : left + step].sum(axis=1), dpi) for left in range(0, max(1, level.shape[1] - step // 2), step)
    ]
    narrow, wide = (_asymmetry([strip.wings(share) for strip in strips]) for share in CORE_SHARES)
    weaker = narrow if abs(narrow.score) < abs(wide.score) else wide
    return weaker if narrow.score * wide.score > 0 and narrow.deviations * wide.deviations > 0 else NO_ASYMMETRY


def _asymmetry(wings: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> Asymmetry:
    above, below = (np.concatenate(parts) for parts in zip(*wings, strict=True))
    total = above + below
    if len(total) < 2 or total.sum() <= 0:
        return Asymmetry(0.0, 0.0, len(total))
    score = float((above.sum() - below.sum()) / total.sum())
    # Standard error of a ratio of sums: pieces of a few letters weigh as little as they say.
    error = float(np.sqrt(((above - below - score * total) ** 2).sum()) / total.sum())
    return Asymmetry(score, score / max(error, 1e-6), int((total > 0).sum()))


def turned(ink: NDArray[np.float32], degrees: Turn) -> Ink:
    """An ink map turned clockwise."""
    return np.ascontiguousarray(np.rot90(ink, -degrees // 90))


def reading_osd(prepared: Prepared, osd: Osd | None) -> Callable[[Ways], Answer] | None:
    """``osd`` bound to a page, not yet asked."""
    return None if osd is None else partial(osd, prepared)


class _Profile:
    """The ink of one strip's rows, in eighths of a mm."""

    def __init__(self, rows: NDArray[np.float32], dpi: float) -> None:
        count = max(4, round(len(rows) * 25.4 / dpi * PER_MM))
        fine = cv2.resize(rows[:, None], (1, count), interpolation=cv2.INTER_CUBIC)[:, 0]
        self.ink = fine.astype(np.float64)
        self.peak = cv2.dilate(self.ink[:, None], np.ones((round(9 * PER_MM) | 1, 1), np.uint8))[:, 0]
        self.until = np.concatenate(([0.0], np.cumsum(np.maximum(self.ink, 0))))

    def wings(self, share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ink above and below each line, cores found at a share of the local peak."""
        inside = (self.ink > share * self.peak) & (self.ink > 0.15 * self.ink.max())
        edges = np.flatnonzero(np.diff(np.concatenate(([0], inside.astype(np.int8), [0]))))
        starts, ends = edges[::2], edges[1::2]
        heights = ends - starts
        good = (heights >= CORE_MM[0] * PER_MM) & (heights <= CORE_MM[1] * PER_MM)
        starts, ends, heights = starts[good], ends[good], heights[good]
        reach = np.round(WING * heights).astype(int)
        above = self.until[starts] - self.until[np.maximum(starts - reach, 0)]
        below = self.until[np.minimum(ends + reach, len(self.ink))] - self.until[ends]
        return above, below
