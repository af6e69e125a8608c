"""A scanner's health as the desks show it: dirt on its glass, slow changes, what it has fed, what was done to it.

Nothing of it is a state of its own: it is judged anew from the samples of the pages and from the scanner's book."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row

from batches import care, devices
from batches.errors import Invalid
from batches.words import CareKind
from qc import device as judge
from qc.device import Dirt, Proof, Sample, Seen, Trend
from qc.limits import Limits
from scanner.model import Face, Source
from station.house import Actor, House

GLASS = "glass"
"""The flatbed's own glass, beside the feeder's ``front`` and ``back``."""
SIDES = (Face.FRONT.value, Face.BACK.value, GLASS)
PARTS = ("glass", "rollers", "service")
"""What can be done to a scanner: glass wiped, rollers wiped or changed, serviced."""
_RECENT = 30
"""Newest pages a side in which dirt is looked for: more than twice what begins and ends an alarm."""
_TREND = 600


@dataclass(frozen=True, slots=True)
class Alarm:
    """Dirt that stands on one glass of one scanner."""

    device: str
    alias: str
    side: str
    dirt: Dirt


@dataclass(frozen=True, slots=True)
class Wiped:
    """What the pages after the last cleaning say of the dirt that was there. ``at``, ``author``: of the cleaning."""

    device: str
    alias: str
    side: str
    at: str
    author: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class Counters:
    """Sheets and sides fed in all, since the last cleaning and since the last passed target; None = never done."""

    total: tuple[int, int]
    since_cleaning: tuple[int, int] | None
    since_target: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Health:
    """Everything about one scanner. ``device``: its row with the lease, as batches.devices lists it. ``samples``: side →
    samples kept, newest last, for the plots; each (page, at, Sample)."""

    device: Row[Any]
    alarms: tuple[Alarm, ...]
    wiped: tuple[Wiped, ...]
    trends: tuple[Trend, ...]
    counters: Counters
    book: tuple[Row[Any], ...]
    samples: dict[str, tuple[tuple[int, str, Sample], ...]]


def keep_sample(connection: Connection, page_id: int, measures: dict[str, Any]) -> None:
    """Put on record what a page says of the scanner that made it. A practice batch from a real scanner and an imported page
    say nothing."""
    if not measures:
        return
    run = care.run_of_page(connection, page_id)
    real = run.purpose != "import" and bool(run.practice_batch) == bool(run.practice_device)
    side = side_of(run, page_id, connection) if real else ""
    if side:
        care.store_sample(connection, run.device, side, page_id, measures)


def side_of(run: Row[Any], page_id: int, connection: Connection) -> str:
    """Which glass took a page: the flatbed's, or the feeder's for this side. A lone back from the feeder went over the
    front's; empty where the run does not say."""
    source = run.settings.get("source")
    if source == Source.FLATBED.value:
        return GLASS
    if source == Source.FEEDER.value:
        return Face.FRONT.value
    return care.face_of(connection, page_id) if source == Source.DUPLEX.value else ""


def alarms(house: House, identity: str) -> list[Alarm]:
    """Dirt that stands now, strongest first."""
    with house.store.read() as connection:
        device = devices.get(connection, identity)
        return _alarms(connection, device, limits_of(house))


def wiped(house: House, identity: str) -> list[Wiped]:
    """What became of the dirt that was there at the last cleaning; empty where there was none."""
    with house.store.read() as connection:
        device = devices.get(connection, identity)
        return _wiped(connection, device, limits_of(house))


def glance(house: House, identity: str) -> tuple[list[Alarm], list[Wiped]]:
    """:func:`alarms` and :func:`wiped` in one look."""
    with house.store.read() as connection:
        device = devices.get(connection, identity)
        limits = limits_of(house)
        return _alarms(connection, device, limits), _wiped(connection, device, limits)


def cleaned(house: House, actor: Actor, identity: str, part: str, note: str = "") -> None:
    """Somebody cleaned this scanner; the next pages prove it. Raises Invalid for a part no scanner has, NotFound."""
    if part not in PARTS:
        raise Invalid(what="part", value=part)
    with house.store.write() as connection:
        device = devices.get(connection, identity)
        standing = [
            {"side": one.side, "mm": one.dirt.mm, "wide": one.dirt.wide, "scan": one.dirt.scan, "amplitude": one.dirt.amplitude}
            for one in _alarms(connection, device, limits_of(house))
        ]
        measures = {"part": part, "dirt": standing}
        care.log(connection, actor.login, identity, CareKind.CLEANING, measures=measures, note=note.strip())


def health(house: House, identity: str, plotted: int = 300) -> Health:
    """One scanner's whole story. Raises NotFound."""
    limits = limits_of(house)
    with house.store.read() as connection:
        devices.get(connection, identity)
        device = next(row for row in devices.listing(connection) if row.identity == identity)
        begin = care.served_after(connection, identity)
        front, back = (_trend_pages(connection, identity, side, begin) for side in SIDES[:2])
        return Health(
            device=device,
            alarms=tuple(_alarms(connection, device, limits)),
            wiped=tuple(_wiped(connection, device, limits)),
            trends=tuple(judge.trends(front, back, limits)),
            counters=_counters(connection, identity),
            book=tuple(care.book(connection, identity, limit=50)),
            samples={side: _plotted(connection, identity, side, plotted) for side in SIDES},
        )


def limits_of(house: House) -> Limits:
    return Limits.from_mapping(house.settings.qc.limits)


def _alarms(connection: Connection, device: Row[Any], limits: Limits) -> list[Alarm]:
    after = _cleaned_after(connection, device.identity)
    found = []
    for side in SIDES:
        rows = care.samples(connection, device.identity, side, after_page=after, last=_RECENT)
        found += [Alarm(device.identity, device.alias, side, one) for one in judge.dirt(_seen(rows), limits)]
    return sorted(found, key=lambda one: -abs(one.dirt.amplitude))


def _wiped(connection: Connection, device: Row[Any], limits: Limits) -> list[Wiped]:
    row = next((one for one in care.book(connection, device.identity, CareKind.CLEANING, limit=1)), None)
    if row is None:
        return []
    after, found = int(row.measures["after_page"]), []
    for one in row.measures.get("dirt", ()):
        rows = care.samples(connection, device.identity, one["side"], after_page=after, first=_RECENT)
        proved = judge.proof(one["mm"], one["wide"], one["amplitude"], _seen(rows), limits)
        found.append(Wiped(device.identity, device.alias, one["side"], row.at, row.author, proved))
    return found


def _cleaned_after(connection: Connection, identity: str) -> int:
    """The last page before the newest cleaning."""
    rows = care.book(connection, identity, CareKind.CLEANING, limit=1)
    return int(rows[0].measures["after_page"]) if rows else 0


def _trend_pages(connection: Connection, identity: str, side: str, begin: int) -> list[Seen]:
    """The first pages since the last service and the newest ones, each once, in order."""
    first = care.samples(connection, identity, side, after_page=begin, first=care.FIRST)
    last = care.samples(connection, identity, side, after_page=first[-1].page_id if first else begin, last=_TREND)
    return _seen([*first, *last])


def _seen(rows: Sequence[Row[Any]]) -> list[Seen]:
    return [Seen(row.page_id, row.sheet_id, row.batch_id, Sample.from_json(row.measures)) for row in rows]


def _plotted(connection: Connection, identity: str, side: str, count: int) -> tuple[tuple[int, str, Sample], ...]:
    rows = care.samples(connection, identity, side, last=count)
    return tuple((row.page_id, row.at, Sample.from_json(row.measures)) for row in rows)


def _counters(connection: Connection, identity: str) -> Counters:
    total = care.fed(connection, identity)
    cleaning = next(iter(care.book(connection, identity, CareKind.CLEANING, limit=1)), None)
    target = next((row for row in care.book(connection, identity, CareKind.QUALIFICATION) if row.passed), None)
    return Counters(total, _since(total, cleaning), _since(total, target))


def _since(total: tuple[int, int], row: Row[Any] | None) -> tuple[int, int] | None:
    return None if row is None else (total[0] - row.measures["sheets"], total[1] - row.measures["sides"])
