"""What the geometry and the blank judgement already say, put as findings."""

from __future__ import annotations

from qc.finding import Finding, Level
from qc.look import Look, above


def blank(look: Look) -> list[Finding]:
    """page.blank, information: the side is kept and marked, never deleted. Value: inked share."""
    if not look.blank.value:
        return []
    hint = "unsure" if look.blank.confidence < 0.8 else ""
    return [Finding("page.blank", Level.INFO, round(look.blank.ink, 5), None, None, hint)]


def skew(look: Look) -> list[Finding]:
    """page.skew: how crooked the sheet lies in the master; the access copy is straightened. Value: degrees."""
    if look.blank.value:
        return []
    limits, skewed = look.limits, abs(look.geometry.skew.degrees)
    if look.geometry.skew.confidence <= 0:
        return [Finding("page.skew", Level.INFO, None, limits.skew_info, None, "unsure")]
    level = above(skewed, limits.skew_warn, limits.skew_error) or (Level.INFO if skewed > limits.skew_info else None)
    return [] if level is None else [Finding("page.skew", level, round(skewed, 2), limits.skew_info, None, "straightened")]


def orientation(look: Look) -> list[Finding]:
    """page.orientation: a page that may stand on its head and was left as it is. Value: confidence 0..1."""
    if look.blank.value:
        return []
    turn, limit = look.geometry.orientation, look.limits.turn_confidence
    if turn.confidence < limit:
        return [Finding("page.orientation", Level.WARNING, round(turn.confidence, 2), limit, None, "unsure")]
    return [Finding("page.orientation", Level.INFO, float(turn.degrees), None, None, "turned")] if turn.degrees else []
