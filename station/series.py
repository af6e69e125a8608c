"""Sheets on the glass one after the other: scan, count down, scan. Each scan is a run of its own, on a fresh process.

The countdown begins when a run has ended, so its end is on record and a reloaded page goes on with it; the desk asks for the
next run when it is over. Nobody at the desk, no scan: the glass never scans into an empty room. What a person set (seconds,
both sides, paused) stands in the settings of the newest run: {"seconds", "two_sided", "state", "face", "sheet"}."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, update

from batches import batch as batch_records
from batches import journal, pages, runs, schema, states
from batches.errors import Invalid, NotAllowed, Stale
from batches.words import PageState, RunState
from scanner.model import Source
from station import desk
from station.house import Actor, House
from station.scan_asked import AskedScan
from station.scan_settings import settings_from_json
from station.undoing import MENDABLE

ON, PAUSED, ENDED = "on", "paused", "ended"
SECONDS = 5
_LIMITS = (1, 120)


@dataclass(frozen=True, slots=True)
class SeriesView:
    """``run``: the newest run, which the next follows; where that brought nothing the series is held. ``left``: seconds until
    the next is asked for, never below 0.

    ``page``: the side that came last; None where that run brought none."""

    run: int
    state: str
    seconds: int
    two_sided: bool
    left: float
    next_face: str
    page: int | None
    label: str


def start(
    house: House, actor: Actor, batch_id: int, scan: AskedScan, *, seconds: int = SECONDS, two_sided: bool = False
) -> int:
    """The first sheet. Raises NotAllowed where the source is not the glass, Invalid for the seconds."""
    if scan.settings.source is not Source.FLATBED:
        raise NotAllowed(what="series_source", state=scan.settings.source.value)
    said = {"seconds": _seconds(seconds), "two_sided": two_sided, "state": ON, "face": "front", "sheet": None}
    return desk.start_run(house, actor, batch_id, scan.device, scan.settings, noted={**scan.noted, "series": said})


def go_on(house: House, actor: Actor, batch_id: int, after: int) -> int:
    """The next side, now. ``after``: the run it follows. Raises Stale where another desk asked already."""
    with house.store.read() as connection:
        run = _newest(connection, batch_id, after)
        last = _last_page(connection, run)
    said, face, sheet = dict(run.settings["series"]), "front", None
    if last is None:  # it brought nothing: the same side once more
        face, sheet = said["face"], said["sheet"]
    elif said["two_sided"] and last.face == "front":
        face, sheet = "back", last.sheet_id
    noted = {**_told(run), "series": {**said, "face": face, "sheet": sheet}}
    settings = settings_from_json(run.settings)
    if sheet is not None:
        return desk.scan_back(house, actor, sheet, run.device, settings, noted=noted)
    return desk.start_run(house, actor, batch_id, run.device, settings, noted=noted)


def again(house: House, actor: Actor, batch_id: int, after: int) -> int:
    """The side that came last was wrong: it is scanned again and takes the old one's place; the series goes on behind it."""
    with house.store.read() as connection:
        run = _newest(connection, batch_id, after)
        last = _last_page(connection, run)
    if last is None:
        return go_on(house, actor, batch_id, after)
    noted = {**_told(run), "series": {**run.settings["series"], "face": last.face, "sheet": last.sheet_id}}
    return desk.rescan(house, actor, last.id, run.device, settings_from_json(run.settings), noted=noted)


def change(house: House, actor: Actor, batch_id: int, after: int, *, state: str = "", seconds: int | None = None) -> None:
    """Pause, go on, end, or another length of the countdown. Raises Stale, Invalid."""
    if state not in ("", ON, PAUSED, ENDED):
        raise Invalid(what="series", value=state)
    with house.store.write() as connection:
        states.require(connection, batch_id, *MENDABLE)
        run = _newest(connection, batch_id, after, at_rest=False)
        said = {**run.settings["series"]}
        before = dict(said)
        said["state"] = state or said["state"]
        said["seconds"] = _seconds(seconds) if seconds is not None else said["seconds"]
        r = schema.capture_run
        connection.execute(update(r).where(r.c.id == run.id).values(settings={**run.settings, "series": said}))
        batch_records.touch(connection, batch_id)
        journal.append(connection, actor.login, "series.changed", f"batch:{batch_id}/run:{run.id}", before, said)


def view(house: House, batch_id: int) -> SeriesView | None:
    """The series at rest between two sides; None without one, once it has ended, and while a side is being scanned."""
    with house.store.read() as connection:
        run = runs.latest(connection, batch_id)
        if run is None or run.state != RunState.FINISHED.value or not _goes_on(run):
            return None
        last = _last_page(connection, run)
    said = run.settings["series"]
    since = (datetime.now(UTC) - datetime.fromisoformat(run.ended_at)).total_seconds()
    back = said["face"] == "back" if last is None else bool(said["two_sided"]) and last.face == "front"
    return SeriesView(
        run.id,
        said["state"] if last is not None else PAUSED,  # stopped, or it failed: a person says when to try again
        said["seconds"],
        bool(said["two_sided"]),
        max(0.0, said["seconds"] - since),
        "back" if back else "front",
        last.id if last is not None else None,
        last.sheet_label if last is not None else "",
    )


def _goes_on(run: Row[Any]) -> bool:
    said = run.settings.get("series")
    return bool(said) and said["state"] != ENDED


def _newest(connection: Connection, batch_id: int, after: int, *, at_rest: bool = True) -> Row[Any]:
    run = runs.latest(connection, batch_id)
    if run is None or run.id != after or not _goes_on(run) or (at_rest and run.state != RunState.FINISHED.value):
        raise Stale(what="run", id=after)
    return run


def _last_page(connection: Connection, run: Row[Any]) -> Row[Any] | None:
    rows = [row for row in pages.of_run(connection, run.id) if row.state == PageState.KEPT.value]
    return rows[-1] if rows else None


def _told(run: Row[Any]) -> dict[str, Any]:
    return {key: run.settings[key] for key in ("profile", "book", "fragile", "changed") if key in run.settings}


def _seconds(seconds: int) -> int:
    if not _LIMITS[0] <= seconds <= _LIMITS[1]:
        raise Invalid(what="seconds", value=seconds)
    return seconds
