"""Dirt on the scanner's glass."""

from __future__ import annotations

from imaging.measures.streaks import Streak
from qc.finding import Finding
from qc.look import Look, above

MOST = 5
"""More streaks than this on one page are told as the strongest five."""


def streak(look: Look) -> list[Finding]:
    """page.streak, the strongest first. Value: share of the paper's brightness."""
    found = (_judge(one, look) for one in look.streaks[:MOST])
    return [finding for finding in found if finding is not None]


def _judge(one: Streak, look: Look) -> Finding | None:
    limits, strength = look.limits, abs(one.amplitude)
    level = above(strength, limits.streak_warn, limits.streak_error)
    if level is None:
        return None
    box = (one.x, one.top, one.x + one.width, one.bottom)
    return Finding("page.streak", level, round(strength, 4), limits.streak_warn, box, "dark" if one.amplitude < 0 else "light")
