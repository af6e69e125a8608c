"""The target sheet: scanned into a service batch of the scanner, measured, judged against its baseline, kept in its book; and
what a scanner without a good, recent target may not release."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import care, devices, holdings, journal, runs
from batches.clock import now
from batches.errors import NotAllowed, NotFound
from batches.words import BatchState, CareKind, RunState
from imaging.target import TargetMeasure, TargetNotFound, measure
from qc import target as judge
from scanner.backend import refuse
from scanner.model import ColorMode, ScanFault, ScanSettings, Source
from station import desk
from station.errors import SohoaError
from station.health import GLASS, limits_of, side_of
from station.house import Actor, House
from station.looking import Unreadable, read_master
from station.scan_settings import capabilities_from_json
from station.words import words

SERVICE = batch_records.SERVICE
_SOURCES = (Source.DUPLEX, Source.FEEDER, Source.FLATBED)
_A4 = (210.0, 297.0)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a glass stands with its target. ``state``: good, failed, overdue (too old), never. ``at``: of the last one."""

    side: str
    state: str
    at: str | None


@dataclass(frozen=True, slots=True)
class ServiceRun:
    """The last scan of a target sheet. ``state``: as of the run; ``measured``: it stands in the book already."""

    id: int
    batch_id: int
    state: str
    fault: str | None
    sides: int
    measured: bool


# -- scanning it -----------------------------------------------------------------------------------------------------


def scan_target(house: House, actor: Actor, identity: str, source: Source | None = None) -> int:
    """Feed the target sheet into the scanner's service batch; returns the run. Raises ScanFault, DeviceHeld, NotAllowed."""
    with house.store.read() as connection:
        device = devices.get(connection, identity)
    settings = _settings(device, source)
    return desk.start_run(house, actor, _service_batch(house, actor, device), identity, settings)


def _settings(device: Row[Any], source: Source | None) -> ScanSettings:
    """300 dpi colour from the given source, else both sides where the scanner can."""
    can = capabilities_from_json(device.capabilities)
    tried = [ScanSettings(one, ColorMode.COLOR, 300, *_A4) for one in ([source] if source else _SOURCES)]
    for settings in tried:
        try:
            refuse(settings, can)
        except ScanFault:
            continue
        return settings
    refuse(tried[0], can)  # raises, saying what does not fit
    return tried[0]


def _service_batch(house: House, actor: Actor, device: Row[Any]) -> int:
    """The scanner's standing service batch; its sheets are counted as they come, it is never handed over."""
    with house.store.write() as connection:
        known = batch_records.service_of(connection, device.identity)
        if known is not None and known.state in (BatchState.OPEN.value, BatchState.CAPTURING.value):
            return int(known.id)
        fonds = holdings.ensure_fonds(connection, actor.login, "BAO-DUONG", words("health.target.fonds"))
        catalogue = holdings.ensure_catalogue(connection, actor.login, fonds, "01", words("health.target.catalogue"))
        title = words("health.target.file", device=device.alias)
        file_id = holdings.ensure_file(connection, actor.login, catalogue, device.identity[:100], title)
        return batch_records.create(connection, actor.login, file_id, sheets_prepared=None, practice=True, profile=SERVICE)


def last_run(house: House, identity: str) -> ServiceRun | None:
    with house.store.read() as connection:
        batch = batch_records.service_of(connection, identity)
        run = runs.latest(connection, batch.id) if batch is not None else None
        if run is None:
            return None
        known = {row.measures.get("run") for row in care.book(connection, identity, CareKind.QUALIFICATION)}
        return ServiceRun(run.id, run.batch_id, run.state, run.fault, run.sides_stored, run.id in known)


def leave_run(house: House, actor: Actor, identity: str, run_id: int) -> None:
    """A scan of the target that came to a fault, or waits, is given up; the scanner is free again."""
    with house.store.read() as connection:
        run = runs.get(connection, run_id)
        batch = batch_records.service_of(connection, identity)
    if batch is None or run.batch_id != batch.id:
        raise NotFound(what="run", id=run_id)
    desk.give_up_run(house, actor, run_id)


# -- measuring it ----------------------------------------------------------------------------------------------------


def measure_run(house: House, actor: Actor, identity: str, run_id: int) -> int:
    """Measure every side of a service run that shows the target and write it into the scanner's book; returns the entry.

    Raises SohoaError where no side shows one, NotAllowed while the run is under way, NotFound for another scanner's run."""
    with house.store.read() as connection:
        run = runs.get(connection, run_id)
        sides = care.sides_of_run(connection, run_id)
        placed = [(page, side_of(run, page.id, connection)) for page in sides]
    if run.device != identity:
        raise NotFound(what="run", id=run_id)
    if run.state in (RunState.REQUESTED.value, RunState.RUNNING.value):
        raise NotAllowed(what="run", state=run.state)
    faces, why = _measured(house, identity, placed)
    if not faces:
        raise SohoaError.of("target_not_found", reason=words(f"health.target.reason.{why}"))
    good = all(face["passed"] for face in faces.values())
    with house.store.write() as connection:
        return care.log(
            connection, actor.login, identity, CareKind.QUALIFICATION, passed=good, measures={"run": run_id, "faces": faces}
        )


def _measured(house: House, identity: str, placed: list[tuple[Row[Any], str]]) -> tuple[dict[str, Any], str]:
    """Side → what its page told; and why the last page without a target had none."""
    faces: dict[str, Any] = {}
    why = "no_pages"
    limits = limits_of(house)
    for page, side in placed:
        try:
            seen = measure(read_master(house.folders.master(page.master), (page.dpi_x, page.dpi_y)))
        except TargetNotFound as error:
            why = error.reason
            continue
        except Unreadable:
            why = "unreadable"
            continue
        base = baseline(house, identity, side, seen)
        lines = judge.judge(seen, base, limits)
        told = {"measure": seen.to_json(), "lines": [line.to_json() for line in lines], "page": page.id}
        faces[side] = {**told, "passed": judge.passed(lines), "compared": base is not None}
    return faces, why


def baseline(house: House, identity: str, side: str, seen: TargetMeasure) -> TargetMeasure | None:
    """What this side of the printed sheet looked like on this glass at first: the newest entry somebody made the baseline,
    else the first that passed."""
    with house.store.read() as connection:
        rows = [row for row in care.book(connection, identity, CareKind.QUALIFICATION) if side in row.measures["faces"]]
    chosen = [row for row in rows if row.measures.get("base")][:1] or [row for row in rows if row.passed][-1:]
    told = [TargetMeasure.from_json(row.measures["faces"][side]["measure"]) for row in chosen]
    return next((one for one in told if one.dpi == seen.dpi and one.face == seen.face), None)


def take_as_baseline(house: House, actor: Actor, identity: str, care_id: int) -> None:
    """From here on targets are compared with this entry: a new sheet was printed, or the scanner was repaired."""
    with house.store.write() as connection:
        row = next((one for one in care.book(connection, identity, CareKind.QUALIFICATION) if one.id == care_id), None)
        if row is None:
            raise NotFound(what="target", id=care_id)
        care.make_baseline(connection, care_id, row.measures)
        journal.append(connection, actor.login, "device.baseline", f"device:{identity}"[:100], None, care_id)


# -- what follows from it --------------------------------------------------------------------------------------------


def standings(house: House, identity: str) -> list[Standing]:
    """Every glass that has ever met a target or made a page, at this moment; empty where no rule is set."""
    days = house.settings.qc.qualification_days
    if days is None:
        return []
    with house.store.read() as connection:
        device = devices.get(connection, identity)
        rows = care.book(connection, identity, CareKind.QUALIFICATION)
    return [_standing(rows, side, now(), days) for side in _glasses(device)]


def _glasses(device: Row[Any]) -> list[str]:
    sources = capabilities_from_json(device.capabilities).sources
    feeder = ["front", "back"] if Source.DUPLEX in sources else ["front"] if Source.FEEDER in sources else []
    return feeder or [GLASS]


def _standing(rows: list[Row[Any]], side: str, at: str, days: int) -> Standing:
    """``rows``: the scanner's targets, newest first. Only what was known at ``at`` counts."""
    last = next((row for row in rows if side in row.measures["faces"] and row.at <= at), None)
    if last is None:
        return Standing(side, "never", None)
    if not last.measures["faces"][side]["passed"]:
        return Standing(side, "failed", last.at)
    age = datetime.fromisoformat(at) - datetime.fromisoformat(last.at)
    return Standing(side, "overdue" if age > timedelta(days=days) else "good", last.at)


def require_qualified(house: House, connection: Connection, batch_id: int) -> None:
    """Where the configuration says so, a batch leaves only when its scanners had passed their target: in time before the scan,
    or (where it was merely overdue) at the first check after it, which proves the scanner was still good.

    Raises SohoaError naming the scanner and what to do."""
    rules = house.settings.qc
    if not rules.qualification_blocks_release or rules.qualification_days is None:
        return
    for run in care.runs_of_batch(connection, batch_id):
        rows = care.book(connection, run.device, CareKind.QUALIFICATION)
        for side in _used(run):
            at = run.started_at or run.created_at
            found = _standing(rows, side, at, rules.qualification_days)
            if found.state == "failed" or (found.state in ("overdue", "never") and not _proved_after(rows, side, at)):
                raise SohoaError.of(
                    f"target_{'failed' if found.state == 'failed' else 'overdue'}",
                    device=devices.get(connection, run.device).alias,
                    side=words(f"health.side.{side}"),
                )


def _used(run: Row[Any]) -> list[str]:
    source = run.settings.get("source")
    if source == Source.DUPLEX.value:
        return ["front", "back"]
    return [GLASS] if source == Source.FLATBED.value else ["front"]


def _proved_after(rows: list[Row[Any]], side: str, at: str) -> bool:
    following = [row for row in reversed(rows) if row.at > at and side in row.measures["faces"]]
    return bool(following) and bool(following[0].measures["faces"][side]["passed"])
