"""Vertical streaks of dirty feeder glass: a column whose paper is darker or lighter than its neighbours, band after band.

Order statistics over the whole height (QUALITY 2.9): in each of 14 bands the 75th percentile of a column is its paper, whatever
is printed there; against the running median of 41 columns a streak keeps its sign from band to band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared

BANDS = 14
ROWS = 8
"""Rows averaged first: one uint8 step then no longer hides an amplitude of 0.8 %."""
NEIGHBOURS_MM = 3.5
WIDEST_MM = 1.5
EDGE_MM = 4.0
"""The sheet's own shadow lives this close to the edge of the image."""
MARGIN_MM = 5.0
WHOLE = 0.85
RULE = 0.30
"""Darker than this is more likely a printed rule (QUALITY 2.9)."""

Levels = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Streak:
    """``x``, ``width``: px of the master. ``amplitude``: share of the paper's brightness, signed (below 0 = darker).
    ``reach``: share of the bands that show it. ``top``, ``bottom``: first and last master row. ``mm``: place from the
    left edge. ``ends``: it runs out over the (upper, lower) margin, as dirt on the glass does and a table's rule does not."""

    x: int
    width: int
    amplitude: float
    reach: float
    top: int
    bottom: int
    mm: float
    ends: tuple[bool, bool]

    @property
    def is_dirt(self) -> bool:
        """Not a printed rule: it leaves the sheet at both ends; a weak one or a short one at one end at least."""
        if abs(self.amplitude) > RULE or (self.reach < WHOLE and abs(self.amplitude) > 0.1):
            return all(self.ends)
        return any(self.ends)


def streaks(prepared: Prepared, least: float = 0.008, sigmas: float = 4.0) -> list[Streak]:
    """Streaks of at least ``least`` of the paper's brightness and ``sigmas`` robust deviations, strongest first.

    A whole streak shows in 85 % of the bands; a shorter one needs 40 % of consecutive bands and half again the deviations."""
    levels = _paper_levels(prepared)
    if levels is None:
        return []
    relative = levels / _running_median(levels, prepared) - 1
    spread = np.maximum(1.4826 * np.median(np.abs(relative), axis=1, keepdims=True), least / sigmas / 2)
    found = [streak for sign in (-1, 1) for streak in _of_sign(relative, spread, sign, (least, sigmas), prepared)]
    return sorted((streak for streak in found if streak.is_dirt), key=lambda streak: -abs(streak.amplitude))


def _paper_levels(prepared: Prepared) -> Levels | None:
    """75th percentile of each band and column, float32 (bands, master columns); None on a page too small."""
    gray = prepared.gray
    height, width = gray.shape
    rows = height // BANDS // ROWS
    if rows < 3 or width < 100:
        return None
    used = gray[: BANDS * rows * ROWS]
    means = used.reshape(BANDS, rows, ROWS, width).sum(axis=2, dtype=np.uint16)
    rank = int(0.75 * (rows - 1))
    return cast(Levels, np.partition(means, rank, axis=1)[:, rank].astype(np.float32) / np.float32(ROWS))


def _running_median(levels: Levels, prepared: Prepared) -> Levels:
    """Median of the neighbouring columns, computed on every fourth column and stretched back."""
    window = max(3, round(NEIGHBOURS_MM * prepared.raster.dpi[0] / 25.4))
    step = max(1, window // 10)
    padded = np.pad(levels[:, ::step], ((0, 0), (window // step // 2,) * 2), mode="edge")
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * (window // step // 2) + 1, axis=1)
    coarse = np.median(views, axis=2).astype(np.float32)
    wide = cv2.resize(coarse, (coarse.shape[1] * step, levels.shape[0]), interpolation=cv2.INTER_NEAREST)
    return cast(Levels, np.maximum(wide[:, : levels.shape[1]], 1))


def _of_sign(relative: Levels, spread: Levels, sign: int, bar: tuple[float, float], prepared: Prepared) -> list[Streak]:
    least, sigmas = bar
    signed = relative * sign
    shows = (signed > sigmas * spread) & (signed > least / 2)
    strongly = (signed > 1.5 * sigmas * spread) & (signed > least)
    whole = (shows.mean(axis=0) >= WHOLE) & (np.median(signed, axis=0) > least)
    part = _longest_run(strongly) >= 0.4 * BANDS
    per_mm = prepared.raster.dpi[0] / 25.4
    inside = np.zeros(signed.shape[1], bool)
    inside[round(EDGE_MM * per_mm) : -round(EDGE_MM * per_mm)] = True
    return [
        _streak(signed, shows, columns, sign, prepared)
        for columns in _runs((whole | part) & inside)
        if columns.size <= WIDEST_MM * per_mm
    ]


def _longest_run(flags: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Per column the longest run of consecutive bands."""
    current = np.zeros(flags.shape[1], np.int32)
    longest = current.copy()
    for band in flags:
        current = np.where(band, current + 1, 0).astype(np.int32)
        longest = np.maximum(longest, current)
    return longest


def _runs(flags: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Groups of neighbouring columns; gaps of up to two columns are bridged."""
    at = np.flatnonzero(flags)
    return [] if not at.size else np.split(at, np.flatnonzero(np.diff(at) > 3) + 1)


def _streak(signed: Levels, shows: NDArray[np.bool_], columns: NDArray[np.intp], sign: int, prepared: Prepared) -> Streak:
    bands = np.flatnonzero(shows[:, columns].any(axis=1))
    best = columns[int(np.median(signed[:, columns], axis=0).argmax())]
    tall = prepared.raster.height / BANDS
    amplitude = sign * float(np.median(signed[bands, best]))
    return Streak(
        x=int(columns[0]),
        width=int(columns[-1] - columns[0] + 1),
        amplitude=amplitude,
        reach=bands.size / BANDS,
        top=int(bands[0] * tall),
        bottom=int((bands[-1] + 1) * tall),
        mm=float(best / prepared.raster.dpi[0] * 25.4),
        ends=_ends(prepared, int(best), amplitude),
    )


def _ends(prepared: Prepared, column: int, amplitude: float) -> tuple[bool, bool]:
    """Whether the streak also stands in the outermost rows, above and below (1 to 5 mm from the edge of the image)."""
    per_mm = prepared.raster.dpi[1] / 25.4
    first, last, reach = round(per_mm), round(MARGIN_MM * per_mm), round(NEIGHBOURS_MM * prepared.raster.dpi[0] / 25.4)
    left = max(0, column - reach)
    near = prepared.gray[:, left : column + reach + 1]
    return _stands(near[first:last], column - left, amplitude), _stands(near[-last:-first], column - left, amplitude)


def _stands(rows: NDArray[np.uint8], column: int, amplitude: float) -> bool:
    profile = rows.mean(axis=0)
    relative = profile / max(float(np.median(profile)), 1.0) - 1
    near = relative[max(0, column - 1) : column + 2]
    return bool((near * np.sign(amplitude)).max() > 0.4 * abs(amplitude))
