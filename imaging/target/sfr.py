"""Spatial frequency response of a slanted edge, after the idea of ISO 12233: the rows of a slightly tilted edge sample its
profile far finer than the pixels do; its derivative's spectrum is the response."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating]

STEP = 0.25
"""Width of a bin of the oversampled profile, px."""
REACH_PX = 20
"""The profile is taken this far to both sides of the edge."""
LEAST_WINDOW_PX = 4.0
GAUSSIAN_50 = 0.1874
"""MTF50 of a Gaussian edge times its sigma: sqrt(ln 2 / 2) / pi."""
HIGHEST = 1.0
"""Cycles a px up to which the response is looked at."""


@dataclass(frozen=True, slots=True)
class Edge:
    """``mtf50``, ``mtf10``: cycles a px where the response has fallen to 50 % and 10 % (``HIGHEST`` when it has not).
    ``peak``: highest response beyond 0.05 cycles a px: above 1 = sharpened. ``at``: place of the edge in the middle row,
    px from the patch's left. ``tilt``: px a row."""

    mtf50: float
    mtf10: float
    peak: float
    at: float
    tilt: float


class NoEdge(ValueError):
    """The patch shows no single straight slanted edge."""


def slanted_edge(patch: Plane) -> Edge:
    """The response across one nearly upright edge. ``patch``: light in linear units, float (rows, columns). Raises NoEdge."""
    offset, tilt = edge_line(patch)
    spread = np.diff(_profile(patch, offset, tilt))
    freqs, wide = _spectrum(spread, REACH_PX)  # sharpening's halo reaches far
    _, near = _spectrum(spread, _reach(freqs, wide))
    return Edge(
        _falls_to(freqs, near, 0.5),
        _falls_to(freqs, near, 0.1),
        float(wide[freqs >= 0.05].max()),
        offset + tilt * (patch.shape[0] - 1) / 2,
        tilt,
    )


def edge_line(patch: Plane) -> tuple[float, float]:
    """Where the edge crosses row 0 (px) and how far it moves a row. Raises NoEdge."""
    rows, columns = patch.shape
    if rows < 20 or columns < 2 * REACH_PX:
        raise NoEdge(f"a patch of {rows} rows and {columns} columns is too small")
    slope = np.abs(patch[:, 2:] - patch[:, :-2])
    places = np.arange(1, columns - 1, dtype=np.float64)
    down = np.arange(rows, dtype=np.float64)
    line = np.polyfit(down, np.asarray(slope.argmax(axis=1) + 1, np.float64), 1)
    for reach in (columns / 3, REACH_PX, REACH_PX / 2, REACH_PX / 2):
        distance = places[None, :] - np.polyval(line, down)[:, None]
        weight = slope * np.where(np.abs(distance) < reach, 0.54 + 0.46 * np.cos(np.pi * distance / reach), 0)
        total = weight.sum(axis=1)
        if (total <= 0).any():
            raise NoEdge("a row without an edge")
        line = np.polyfit(down, (weight * places).sum(axis=1) / total, 1)
    return float(line[1]), float(line[0])


def _profile(patch: Plane, offset: float, tilt: float) -> NDArray[np.float64]:
    """The edge spread function in bins of ``STEP`` px across the edge."""
    rows, columns = patch.shape
    distance = (np.arange(columns)[None, :] - offset - tilt * np.arange(rows)[:, None]) / np.hypot(1, tilt)
    bins = np.floor(distance / STEP + REACH_PX / STEP).astype(np.int64)
    count = round(2 * REACH_PX / STEP)
    inside = (bins >= 0) & (bins < count)
    sums = np.bincount(bins[inside], weights=patch[inside], minlength=count)
    hits = np.bincount(bins[inside], minlength=count)
    if (hits == 0).mean() > 0.1:
        raise NoEdge("the edge is not slanted enough, or stands too near the rim")
    known = np.flatnonzero(hits)
    places = np.bincount(bins[inside], weights=distance[inside], minlength=count)[known] / hits[known]
    grid = (np.arange(count) + 0.5) * STEP - REACH_PX
    return np.asarray(np.interp(grid, places, sums[known] / hits[known]), np.float64)


def _reach(freqs: NDArray[np.float64], response: NDArray[np.float64]) -> float:
    """How far the edge itself reaches, px: what lies beyond would only add noise to the finer frequencies."""
    sigma = GAUSSIAN_50 / max(_falls_to(freqs, response, 0.5), 0.02)
    return min(REACH_PX, max(LEAST_WINDOW_PX, 6 * sigma))


def _spectrum(spread: NDArray[np.float64], reach: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Frequencies (cycles a px) and the response there, 1 at 0. Bins and differences soften a little: taken out again."""
    windowed = spread * _window(len(spread), reach)
    spectrum = np.abs(np.fft.rfft(windowed, 8 * len(spread)))
    freqs = np.asarray(np.fft.rfftfreq(8 * len(spread), STEP), np.float64)
    if spectrum[0] <= 0:
        raise NoEdge("no step from dark to light")
    kept = freqs <= HIGHEST
    return freqs[kept], (spectrum / spectrum[0])[kept] / np.sinc(STEP * freqs[kept]) ** 2


def _window(count: int, reach: float) -> NDArray[np.float64]:
    """One over the inner six tenths, falling to nothing at ``reach`` px."""
    away = np.abs(np.arange(count) - (count - 1) / 2) * STEP / reach
    return np.where(away < 0.6, 1.0, np.where(away < 1, 0.5 + 0.5 * np.cos(np.pi * (away - 0.6) / 0.4), 0.0))


def _falls_to(freqs: NDArray[np.float64], response: NDArray[np.float64], level: float) -> float:
    below = np.flatnonzero(response < level)
    if not below.size:
        return HIGHEST
    if below[0] == 0:
        return 0.0
    after = int(below[0])
    step = (response[after - 1] - level) / (response[after - 1] - response[after])
    return float(freqs[after - 1] + step * (freqs[after] - freqs[after - 1]))
