"""At start: put right what a kill or a power cut left. Sides on disk without a record are adopted; a half-written one is
named in the journal and removed; runs that ran are paused with their reason; leases and jobs of the dead are freed."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from batches import batch as batch_records
from batches import batch_jobs, jobs, runs
from batches.words import RunPurpose, RunState
from scanner.model import FaultKind, Phase, ScanFault
from station import importing
from station.capture import pause
from station.house import House
from station.spooled import Settled, settle

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recovered:
    runs: int
    settled: Settled


def recover(house: House) -> Recovered:
    """Run once before the broker starts; nothing else may be capturing into this house."""
    with house.store.write() as connection:
        interrupted = runs.in_state(connection, RunState.RUNNING)
        jobs.release_all(connection)
        batch_jobs.release_all(connection)
    total = Recovered(len(interrupted), sum((_recover_run(house, run) for run in interrupted), Settled()))
    importing.go_on(house)
    if total.runs:
        log.warning("recovered %s", total)
    return total


def _recover_run(house: House, run: Row[Any]) -> Settled:
    with house.store.read() as connection:
        batch = batch_records.get(connection, run.batch_id)
    if run.purpose == RunPurpose.IMPORT.value:
        importing.settle_all(house, run)
        importing.pause(house, run, FaultKind.INTERRUPTED, "the station was stopped while files came in")
        return Settled()
    settled = Settled()
    for folder in _sessions(house.folders.run(batch.uid, run.uid)):
        settled += settle(house, run, folder)
    pause(house, run, ScanFault(FaultKind.INTERRUPTED, Phase.READ, "the station was stopped while the paper ran"))
    return settled


def _sessions(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
