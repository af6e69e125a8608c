"""Straight page sides out of edge points: the deterministic part of page cropping that knows lines and nothing of colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

STEEPEST = float(np.tan(np.radians(16)))
TRIALS = 26
"""Evenly chosen points of which every pair is tried: the same answer every time, unlike random draws."""


@dataclass(frozen=True, slots=True)
class Side:
    """The line across = slope * along + start of one page side (``along``: the axis the side runs by), and how far to trust it:
    the share of the side's own length on which edge points lie."""

    slope: float
    start: float
    trust: float

    def at(self, along: float) -> float:
        """Position across at a place along."""
        return self.slope * along + self.start


def fit(along: Points, across: Points, tolerance: float) -> Side | None:
    """The line most points agree with, by least squares over those within ``tolerance`` px; None where fewer than 8 agree.
    ``trust`` is the share of the given points for now."""
    if len(along) < 8:
        return None
    chosen = np.unique(np.linspace(0, len(along) - 1, TRIALS).astype(int))
    first, second = np.triu_indices(len(chosen), k=1)
    gap = along[chosen[second]] - along[chosen[first]]
    slopes = (across[chosen[second]] - across[chosen[first]]) / np.where(gap == 0, 1, gap)
    usable = (gap > 0.2 * (along[-1] - along[0])) & (np.abs(slopes) <= STEEPEST)
    if not usable.any():
        return None
    slopes = slopes[usable]
    starts = across[chosen[first[usable]]] - slopes * along[chosen[first[usable]]]
    agree = (np.abs(across[None] - slopes[:, None] * along[None] - starts[:, None]) <= 2 * tolerance).sum(axis=1)
    best = int(np.argmax(agree))
    return _settled(along, across, Side(float(slopes[best]), float(starts[best]), 0.0), tolerance)


def _settled(along: Points, across: Points, side: Side, tolerance: float) -> Side | None:
    for reach in (2 * tolerance, tolerance, tolerance):
        near = np.abs(across - side.slope * along - side.start) <= reach
        if near.sum() < 8:
            return None
        slope, start = np.polyfit(along[near], across[near], 1)
        side = Side(float(slope), float(start), float(near.mean()))
    return side


def trusted(side: Side, along: Points, across: Points, span: tuple[float, float], tolerance: float, pitch: float) -> Side:
    """``side`` with its trust over the part of it between its two corners. ``pitch``: px between rows of edge points."""
    low, high = span
    near = (np.abs(across - side.slope * along - side.start) <= tolerance) & (along >= low) & (along <= high)
    return Side(side.slope, side.start, float(min(1.0, near.sum() / max(1.0, (high - low) / pitch))))


def crossing(upright: Side, level: Side) -> tuple[float, float]:
    """Where x = a y + b (a left or right side) meets y = c x + d (a top or bottom side): (x, y)."""
    x = (upright.slope * level.start + upright.start) / (1 - upright.slope * level.slope)
    return x, level.at(x)
