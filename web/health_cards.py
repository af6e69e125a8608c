"""What the desks say of a scanner's health: the strongest dirt as a card, what became of the last, a target that is due."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from qc.limits import Limits
from station import health, qualifying
from station.health import Alarm, Wiped
from station.house import House
from station.words import words

PROVED_FOR = timedelta(minutes=15)
"""A cleaning that helped is told this long; one that did not, until the next."""


@dataclass(frozen=True, slots=True)
class AlarmCard:
    """``mm``, ``scan``: place and width for the drawing. ``proof``: what the last cleaning did to this very place."""

    device: str
    side: str
    title: str
    what: str
    steps: tuple[str, ...]
    where: str
    strip: str
    mm: float
    scan: float
    more: str
    proof: str


@dataclass(frozen=True, slots=True)
class DeskHealth:
    """``proofs``: lines with their tone (good, busy, bad). ``due``: a line about the target, or empty."""

    device: str
    alarm: AlarmCard | None
    proofs: tuple[tuple[str, str], ...]
    due: str

    @property
    def silent(self) -> bool:
        return self.alarm is None and not self.proofs and not self.due


def desk_health(house: House, device: str | None) -> DeskHealth:
    """For the scan desk. ``device``: the chosen scanner."""
    if device is None:
        return DeskHealth("", None, (), "")
    standing, wiped = health.glance(house, device)
    limits = health.limits_of(house)
    told = [one for one in wiped if _worth_telling(one)]
    alarm = alarm_card(standing, wiped) if standing else None
    return DeskHealth(
        device, alarm, tuple(proof_line(one, limits) for one in told if not _stands(one, standing)), due(house, device)
    )


def alarm_card(standing: list[Alarm], wiped: list[Wiped] | tuple[Wiped, ...]) -> AlarmCard:
    """The strongest of what stands."""
    one, others = standing[0], len(standing) - 1
    dirt = one.dirt
    kind = "glass" if one.side == health.GLASS else "feeder"
    before = next((of for of in wiped if of.side == one.side and abs(of.proof.mm - dirt.mm) <= 1.0), None)
    return AlarmCard(
        device=one.device,
        side=one.side,
        title=words(f"health.alarm.title.{one.side}", mm=dirt.mm),
        what=words("health.alarm.what", amplitude=abs(dirt.amplitude), pages=dirt.pages),
        steps=tuple(words(f"health.alarm.steps.{kind}.{step}") for step in ("one", "two", "three")),
        where=words("health.alarm.where") if kind == "feeder" else "",
        strip=words("health.alarm.strip", width=dirt.scan, mm=dirt.mm),
        mm=dirt.mm,
        scan=dirt.scan,
        more=words("health.alarm.more", count=others) if others else "",
        proof=words("health.proof.still", before=abs(before.proof.before), after=abs(dirt.amplitude)) if before else "",
    )


def proof_line(one: Wiped, limits: Limits) -> tuple[str, str]:
    """(tone, words) of what the pages after a cleaning say."""
    said = words(f"health.proof.{one.proof.state}", before=abs(one.proof.before), **_more(one, limits))
    place = words("health.proof.place", side=words(f"health.side.{one.side}"), mm=one.proof.mm)
    tone = {"gone": "good", "still": "bad", "waiting": "busy"}[one.proof.state]
    return tone, f"{place[0].upper()}{place[1:]}. {said}"


def _more(one: Wiped, limits: Limits) -> dict[str, Any]:
    if one.proof.state == "still":
        return {"after": abs(one.proof.after)}
    if one.proof.state == "waiting":
        return {"pages": one.proof.pages, "wanted": round(limits.device_streak_pages)}
    return {}


def _worth_telling(one: Wiped) -> bool:
    if one.proof.state != "gone":
        return True
    return datetime.now(UTC) - datetime.fromisoformat(one.at) < PROVED_FOR


def _stands(one: Wiped, standing: list[Alarm]) -> bool:
    """The alarm itself says that it is still there."""
    return any(alarm.side == one.side and abs(alarm.dirt.mm - one.proof.mm) <= 1.0 for alarm in standing)


def due(house: House, device: str) -> str:
    """The gravest word on the target: failed before overdue; empty where all is good or no rule is set."""
    states = {one.state for one in qualifying.standings(house, device)}
    worst = next((state for state in ("failed", "never", "overdue") if state in states), None)
    return words(f"health.due.{worst}") if worst else ""
