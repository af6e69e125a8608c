"""Taking files from outside into a batch: one after the other, page by page, each page durable and on record before the next.

An import is a capture run without a scanner. What stops it (a person, a full disk, a power cut) pauses it; going on takes up
the file and page where it stopped. The originals are only read. docs/decisions/0015-files-from-outside.md says what is kept."""

import logging
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import pages, runs
from batches.errors import NotAllowed, Stale
from batches.words import RunPurpose, RunState
from scanner.model import FaultKind, Phase
from station.house import Actor, House
from station.importing_plan import Choice, Entry, discard, keep, kept, sweep
from station.importing_take import Stopped, Taker, turn_as_told
from station.spooled import settle
from station.workers import Executor, LocalPool

log = logging.getLogger(__name__)

FILES, HOT_FOLDER = "import:files", "import:hot-folder"
"""What stands for the device of such a run: no scanner of ours is claimed."""
MOST_ATTEMPTS = 20
"""An import that was cut off this often waits for a person."""

MakePool = Callable[[], Executor]


def request(house: House, actor: Actor, batch_id: int, entries: list[Entry], choice: Choice, origin: str, *,
            token: str | None = None, sheets_prepared: int | None = None) -> int:  # fmt: skip
    """Ask for an import in the order of ``entries``; ``origin``: folder, upload or command. Raises NotAllowed, Invalid."""
    token = keep(house, entries, token)
    settings = {"source": "import", "origin": origin, "plan": token, "files": len(entries), **asdict(choice)}
    with house.store.write() as connection:
        if sheets_prepared is not None:
            batch_records.set_prepared(connection, actor.login, batch_id, sheets_prepared)
        return _request(connection, actor, batch_id, FILES, settings)


def request_hot(house: House, actor: Actor, batch_id: int, choice: Choice) -> int:
    """Let this batch receive what comes into the hot folder, until a person ends it. One batch at a time.

    Raises NotAllowed(what="hot_folder", number=…) while another one receives."""
    settings = {"source": "import", "origin": "hot-folder", **asdict(choice)}
    with house.store.write() as connection:
        other = receiving(connection)
        run_id = _request(connection, actor, batch_id, HOT_FOLDER, settings) if other is None else 0
        other = other or receiving(connection)  # asked again behind the journal's lock: two asked at once on PostgreSQL
        if other is not None and other.id != run_id:
            raise NotAllowed(what="hot_folder", number=batch_records.get(connection, other.batch_id).number)
        return run_id


def receiving(connection: Connection) -> Row[Any] | None:
    """The run that receives from the hot folder, paused ones too."""
    unfinished = (RunState.REQUESTED, RunState.RUNNING, RunState.PAUSED)
    found = [run for state in unfinished for run in runs.in_state(connection, state) if run.device == HOT_FOLDER]
    return found[0] if found else None


def _request(connection: Connection, actor: Actor, batch_id: int, device: str, settings: dict[str, Any]) -> int:
    return runs.request(connection, actor.login, batch_id, device, settings, role=actor.role, purpose=RunPurpose.IMPORT)


def carry_out(house: House, run_id: int, over: threading.Event, make_pool: MakePool | None = None) -> None:
    """One session of a requested import, to its end or its pause. ``over``: the station stops; the next start goes on."""
    try:
        with house.store.write() as connection:
            run = runs.claim(connection, run_id)
    except Stale:  # withdrawn meanwhile, or another hand was quicker
        return
    pool = (make_pool or _one_worker)()
    try:
        settle_all(house, run)
        _take_all(house, run, Taker(house, run, pool, over))
    except Stopped as stopped:
        pause(house, run, stopped.fault, stopped.detail)
    except OSError as error:  # our own side of the work: what a file did wrong was told in its own line
        log.exception("import %s", run_id)
        pause(house, run, FaultKind.IO_ERROR, str(error))
    else:
        with house.store.write() as connection:
            runs.finish(connection, run_id)
        if plan := run.settings.get("plan"):
            discard(house, plan)
    finally:
        pool.close()


def _one_worker() -> Executor:
    return LocalPool(1, nice=True, ready=("station.importing_page",))


def _take_all(house: House, run: Row[Any], taker: Taker) -> None:
    with house.store.write() as connection:
        runs.started(connection, run.id, {})
    if run.device == HOT_FOLDER:
        from station.hot_folder import receive  # noqa: PLC0415  it stands on this module

        receive(house, taker)
        return
    for index, entry in enumerate(kept(house, run.settings["plan"])):
        taker.take(index, entry)
    taker.tidy()


def pause(house: House, run: Row[Any], fault: FaultKind, detail: str) -> None:
    """Put a running import on hold with its reason."""
    with house.store.write() as connection:
        runs.pause(connection, run.id, fault.value, Phase.STORE.value, detail)
    log.warning("import %s paused: %s: %s", run.id, fault.value, detail)


# -- at start ------------------------------------------------------------------------------------------------------


def settle_all(house: House, run: Row[Any]) -> None:
    """Pages that were durable and not yet on record are recorded; half-written ones are named and removed."""
    with house.store.read() as connection:
        batch = batch_records.get(connection, run.batch_id)
    folder = house.folders.run(batch.uid, run.uid)
    for session in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []:
        settle(house, run, session)
    with house.store.write() as connection:
        for page in pages.of_run(connection, run.id):
            turn_as_told(connection, house, page.id, page.facts)


def go_on(house: House) -> int:
    """Ask again for every import that a stop of the station cut off; returns how many. Nobody need stand by for that."""
    with house.store.write() as connection:
        paused = [run for run in runs.in_state(connection, RunState.PAUSED) if run.purpose == RunPurpose.IMPORT.value]
        cut_off = [run for run in paused if run.fault == FaultKind.INTERRUPTED.value and run.attempts < MOST_ATTEMPTS]
        for run in cut_off:
            runs.resume(connection, run.operator, run.id)
        waiting = [run for run in runs.in_state(connection, RunState.REQUESTED) if run.purpose == RunPurpose.IMPORT.value]
    sweep(house, {str(run.settings.get("plan")) for run in [*paused, *waiting]})
    return len(cut_off)
