"""At start: put right what a kill or a power cut left. Sides on disk without a record are adopted; a half-written one is
named in the journal and removed; runs that ran are paused with their reason; leases and jobs of the dead are freed."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from batches import batch as batch_records
from batches import batch_jobs, jobs, journal, pages, runs
from batches.words import RunState
from scanner.model import FaultKind, Phase, ScanFault
from scanner.spool import examine
from station.capture import new_side, pause
from station.house import House

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    runs: int
    adopted: int
    removed: int
    damaged: int


def recover(house: House) -> Recovered:
    """Run once before the broker starts; nothing else may be capturing into this house."""
    with house.store.write() as connection:
        interrupted = runs.in_state(connection, RunState.RUNNING)
        jobs.release_all(connection)
        batch_jobs.release_all(connection)
    counted = [_recover_run(house, run) for run in interrupted]
    total = Recovered(len(counted), *(sum(part) for part in zip(*counted, strict=True))) if counted else Recovered(0, 0, 0, 0)
    if counted:
        log.warning("recovered %s", total)
    return total


def _recover_run(house: House, run: Row[Any]) -> tuple[int, int, int]:
    with house.store.read() as connection:
        batch = batch_records.get(connection, run.batch_id)
    adopted = removed = damaged = 0
    for folder in _sessions(house.folders.run(batch.uid, run.uid)):
        state = examine(folder)
        adopted += _adopt(house, run, state.sides)
        removed += _remove(house, run, state.leftovers)
        damaged += _report(house, run, state.damaged)
    pause(house, run, ScanFault(FaultKind.INTERRUPTED, Phase.READ, "the station was stopped while the paper ran"))
    return adopted, removed, damaged


def _sessions(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def _adopt(house: House, run: Row[Any], sides: Any) -> int:
    """Record what is durable and not on record; recording is idempotent by the master's name."""
    known = _masters(house, run.id)
    fresh = [side for side in (new_side(house, run, stored) for stored in sides) if side.master not in known]
    for side in fresh:
        with house.store.write() as connection:
            page_id = pages.record(connection, run, side)
            subject = f"batch:{run.batch_id}/page:{page_id}"
            journal.append(connection, "sohoa", "page.adopted", subject, None, side.master, sha256=side.sha256)
    return len(fresh)


def _masters(house: House, run_id: int) -> set[str]:
    with house.store.read() as connection:
        return pages.masters_of_run(connection, run_id)


def _remove(house: House, run: Row[Any], leftovers: tuple[Path, ...]) -> int:
    """Half-written files: their side was never reported, its paper is fed again."""
    for path in leftovers:
        with house.store.write() as connection:
            detail = {"file": path.relative_to(house.folders.root).as_posix(), "bytes": path.stat().st_size}
            journal.append(connection, "sohoa", "spool.removed", f"batch:{run.batch_id}/run:{run.id}", detail, None)
        path.unlink()
    return len(leftovers)


def _report(house: House, run: Row[Any], damaged: tuple[Path, ...]) -> int:
    """Files whose bytes are not those that were hashed stay where they are and are named; sohoa doctor repeats it."""
    for path in damaged:
        with house.store.write() as connection:
            name = path.relative_to(house.folders.root).as_posix()
            journal.append(connection, "sohoa", "spool.damaged", f"batch:{run.batch_id}/run:{run.id}", None, name)
    return len(damaged)
