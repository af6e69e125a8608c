"""Small curves drawn by the server: numbers in, the points of an SVG line out. No script, no library."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 320, 72, 4
MOST = 160
"""Points a curve: more would only lie upon each other."""


@dataclass(frozen=True, slots=True)
class Curve:
    """``points``: an SVG polyline's. ``low``, ``high``: the values at the bottom and the top. ``limit``: y of the limit's line,
    None where it lies outside. ``last``: the newest value; ``count``: how many there are."""

    points: str
    low: float
    high: float
    limit: float | None
    last: float
    count: int


def curve(
    values: Sequence[float], limit: float | None = None, least_span: float = 0.0, *, from_zero: bool = False
) -> Curve | None:
    """Oldest left. ``from_zero``: the curve stands on 0. Many values are told by the median of each stretch. None below two
    values."""
    if len(values) < 2:
        return None
    shown = _stretches(values)
    low, high = min(shown), max(shown)
    if from_zero:
        low, high = 0.0, max(high, least_span)
    if high - low < least_span:
        middle = (low + high) / 2
        low, high = middle - least_span / 2, middle + least_span / 2
    span = (high - low) or 1.0

    def y(value: float) -> float:
        return round(HEIGHT - MARGIN - (value - low) / span * (HEIGHT - 2 * MARGIN), 1)

    step = (WIDTH - 2 * MARGIN) / (len(shown) - 1)
    points = " ".join(f"{MARGIN + at * step:.1f},{y(value)}" for at, value in enumerate(shown))
    line = y(limit) if limit is not None and low <= limit <= high else None
    return Curve(points, low, high, line, values[-1], len(values))


def _stretches(values: Sequence[float]) -> list[float]:
    """At most ``MOST`` values: the middle one of each stretch, so that one odd page is not the curve."""
    size = -(-len(values) // MOST)
    parts = [sorted(values[at : at + size]) for at in range(0, len(values), size)]
    return [part[len(part) // 2] for part in parts]
