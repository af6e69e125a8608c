"""Judges a scanner by its target sheet: each figure against a limit of its own, most of them against the scanner's baseline."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from imaging.target import TargetMeasure
from qc.limits import Limits

NAMES = (
    "scale_x", "scale_y", "scale_x_drift", "scale_y_drift", "ratio", "square", "sharpness", "field", "modulation",
    "registration", "uniform", "noise", "white", "level", "streak",
)  # fmt: skip
"""Every line a target can have, in the order they are shown."""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure. ``least``: the value must reach the limit; else it must stay within. ``passed``: None = there is no baseline
    to compare with yet."""

    name: str
    value: float | None
    limit: float
    least: bool
    passed: bool | None

    def to_json(self) -> list[Any]:
        return [self.name, self.value, self.limit, self.least, self.passed]


def judge(seen: TargetMeasure, base: TargetMeasure | None, limits: Limits) -> list[Line]:
    """Every line. ``base``: the first good scan of this sheet on this glass at the same resolution; None = there is none."""
    against = base if base is not None and base.dpi == seen.dpi else None
    return [*_absolute(seen, limits), *_relative(seen, against, limits)]


def passed(lines: Sequence[Line]) -> bool:
    return all(line.passed is not False for line in lines)


def _absolute(seen: TargetMeasure, limits: Limits) -> Iterator[Line]:
    yield _within("scale_x", abs(seen.scale[0] - 1), limits.target_scale_error)
    yield _within("scale_y", abs(seen.scale[1] - 1), limits.target_scale_error)
    yield _within("square", abs(seen.square), limits.target_square_error)
    yield _at_least("field", _field(seen), limits.target_sharpness_error)
    yield _within("modulation", max(edge.peak for edge in seen.edges), limits.target_modulation_error)
    yield _within("registration", max(edge.apart for edge in seen.edges), limits.target_registration_error)
    yield _within("uniform", seen.uniform, limits.target_uniform_error)
    yield _within("noise", seen.noise, limits.target_noise_error)
    strongest = max((abs(stripe.amplitude) for stripe in seen.stripes), default=0.0)
    yield _within("streak", strongest, limits.target_streak_error)


def _relative(seen: TargetMeasure, base: TargetMeasure | None, limits: Limits) -> Iterator[Line]:
    def against(name: str, of: Callable[[TargetMeasure], float], limit: float) -> Line:
        return _within(name, of(base), limit) if base is not None else Line(name, None, limit, False, None)

    for axis, name in enumerate(("scale_x_drift", "scale_y_drift")):
        yield against(name, lambda of, at=axis: abs(seen.scale[at] / of.scale[at] - 1), limits.target_scale_drift_error)  # type: ignore[misc]
    yield against("ratio", lambda of: abs(_ratio(seen) / _ratio(of) - 1), limits.target_ratio_error)
    if base is None:
        yield Line("sharpness", None, limits.target_sharpness_error, True, None)
    else:
        yield _at_least("sharpness", _kept_sharpness(seen, base), limits.target_sharpness_error)
    yield against("white", lambda of: _tint_apart(seen, of), limits.target_white_error)
    yield against("level", lambda of: max(abs(a - b) for a, b in zip(_levels(seen), _levels(of), strict=True)),
                  limits.target_level_error)  # fmt: skip


def _field(seen: TargetMeasure) -> float:
    """Worst against best edge over the sheet, of the worse direction."""
    worst = []
    for direction in ("x", "y"):
        edges = [edge.mtf10 for edge in seen.edges if edge.direction == direction]
        worst.append(min(edges) / max(edges))
    return min(worst)


def _kept_sharpness(seen: TargetMeasure, base: TargetMeasure) -> float:
    before = {(edge.place, edge.direction): edge.mtf10 for edge in base.edges}
    return min(edge.mtf10 / before[edge.place, edge.direction] for edge in seen.edges if (edge.place, edge.direction) in before)


def _ratio(of: TargetMeasure) -> float:
    return of.scale[1] / of.scale[0]


def _levels(of: TargetMeasure) -> tuple[float, float, float]:
    return of.white[0], of.middle, of.black


def _tint_apart(one: TargetMeasure, other: TargetMeasure) -> float:
    return float(((one.white[1] - other.white[1]) ** 2 + (one.white[2] - other.white[2]) ** 2) ** 0.5)


def _within(name: str, value: float, limit: float) -> Line:
    return Line(name, round(value, 5), limit, False, value <= limit)


def _at_least(name: str, value: float, limit: float) -> Line:
    return Line(name, round(value, 5), limit, True, value >= limit)
