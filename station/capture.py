"""Carrying out a capture run: lease the device, feed, record each side before the next is asked for, end with a reason.

A fault pauses the run and never touches a page. What a kill leaves behind is adopted at the next start (station/recovery)."""

import logging
import shutil
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row

from batches import batch as batch_records
from batches import devices, ledger, pages, runs, schema, sheets
from batches.errors import DatabaseBusy, DeviceHeld, NotFound, Stale
from batches.words import RunPurpose, RunRequest
from scanner.backend import Backend, Run
from scanner.model import Face, FaultKind, Phase, ScanFault, Source, StoredSide
from station.house import House
from station.scan_settings import settings_from_json
from station.spooled import new_side, settle

log = logging.getLogger(__name__)

PAUSED_LEASE_SECONDS = 1800.0
"""An operator who clears a jam keeps the scanner this long without touching the console."""
RESERVE_BYTES = 512 * 1024 * 1024
"""Capture pauses when less is free: an A4 colour side is 26 MB before compression, and the records must still be written."""
SCAN_BUTTON = "button_scan"
_BEAT_SECONDS = 1.0
_LOSES_A_SHEET = frozenset(
    {
        FaultKind.JAM,
        FaultKind.DOUBLE_FEED,
        FaultKind.IO_ERROR,
        FaultKind.DAMAGED_IMAGE,
        FaultKind.SHORT_PAGE,
        FaultKind.HUNG,
        FaultKind.NO_MEMORY,
        FaultKind.CRASHED,
        FaultKind.INTERRUPTED,
    }
)
_IN_MOTION = frozenset({Phase.FEED, Phase.READ, Phase.STORE})


LayPaper = Callable[[Row[Any], int], None]
"""Told the run and its first sheet before the device is opened; the practice scanner has its paper laid this way."""


def carry_out(house: House, backends: Mapping[str, Backend], run_id: int, lay_paper: LayPaper | None = None) -> None:
    """One session of a requested run, to its end or its pause. Faults end in the records, not in the caller."""
    try:
        session = _claim(house, run_id)
    except Stale:  # withdrawn meanwhile, or another broker was quicker
        return
    fault: ScanFault | None = None
    felt: dict[str, Any] = {}
    try:
        if lay_paper is not None:
            lay_paper(session.run, session.first_sheet)
        felt = _feed(house, _backend(backends, session.device.backend), session)
    except ScanFault as found:
        fault = found
    except OSError as error:
        fault = ScanFault(FaultKind.DISK_FULL, Phase.STORE, str(error))
    if fault is None:
        _finish(house, session.run, felt)
        return
    settle(house, session.run, session.folder)
    if fault.kind is FaultKind.FEEDER_EMPTY and _stack_is_through(house, session):
        _finish(house, session.run, fault.sensors)
    else:
        pause(house, session.run, fault)


def _stack_is_through(house: House, session: "Session") -> bool:
    """Gone on after an interruption that came behind the last sheet: the feeder is empty and every counted sheet is there.

    A sheet that lacks its back is among the stored ones and is the one to put back: then the stack is not through."""
    with house.store.read() as connection:
        stored = {row.run_sheet for row in _sides(connection, session.run.id)}
        met = ledger.of(connection, session.run.batch_id).difference == 0
    return bool(stored) and session.first_sheet not in stored and met


@dataclass(slots=True)
class Session:
    """One pass of a run: after a pause the next session goes on with the sheet that did not come."""

    run: Row[Any]
    device: Row[Any]
    folder: Path
    first_sheet: int
    phase: str = field(default=Phase.OPEN.value)


def next_sheet(house: House, run: Row[Any]) -> int:
    """The sheet of this run (1…) to put back first: the one whose sides are not all on record."""
    with house.store.read() as connection:
        stored: dict[int, set[str]] = {}
        for row in _sides(connection, run.id):
            stored.setdefault(row.run_sheet, set()).add(row.face)
    if not stored:
        return 1
    last = max(stored)
    wanted = {Face.FRONT.value, Face.BACK.value} if run.settings["source"] == Source.DUPLEX.value else stored[last]
    return last if wanted - stored[last] else last + 1


def pause(house: House, run: Row[Any], fault: ScanFault) -> None:
    """Put a running run on hold with its reason; the operator keeps the scanner while mending."""
    lost = next_sheet(house, run)
    with house.store.write() as connection:
        runs.pause(connection, run.id, fault.kind.value, fault.phase.value, fault.detail, fault.sensors)
        if fault.kind in _LOSES_A_SHEET and fault.phase in _IN_MOTION:
            sheets.lost(connection, run, lost, fault.kind.value)
        devices.take(connection, run.device, run.uid, run.operator, PAUSED_LEASE_SECONDS)
    log.warning("run %s paused: %s while %s: %s", run.id, fault.kind.value, fault.phase.value, fault.detail)


def _backend(backends: Mapping[str, Backend], name: str) -> Backend:
    if name not in backends:
        raise ScanFault(FaultKind.UNKNOWN_DEVICE, Phase.OPEN, f"no backend named {name}")
    return backends[name]


def _claim(house: House, run_id: int) -> Session:
    with house.store.write() as connection:
        run = runs.claim(connection, run_id)
        device = devices.get(connection, run.device)
        batch = batch_records.get(connection, run.batch_id)
    # each session spools into a folder of its own, so that no file name is ever used twice
    folder = house.folders.run(batch.uid, run.uid) / f"{run.attempts:03d}"
    return Session(run, device, folder, next_sheet(house, run))


def _feed(house: House, backend: Backend, session: Session) -> dict[str, Any]:
    """Returns the sensors as they were in the end."""
    run = session.run
    with house.store.write() as connection:
        try:
            devices.take(connection, run.device, run.uid, run.operator)
        except DeviceHeld as held:
            raise ScanFault(FaultKind.BUSY, Phase.OPEN, f"held by {held.facts['holder']}") from held
    settings = settings_from_json(run.settings)
    opened = backend.open_run(session.device.address, settings, session.folder, first_sheet=session.first_sheet)
    with opened as feeding, _Heartbeat(house, session, feeding):
        with house.store.write() as connection:
            runs.started(connection, run.id, feeding.effective)
        session.phase = Phase.FEED.value
        _require_room(house)
        for side in feeding:
            with house.store.write() as connection:
                pages.record(connection, run, new_side(house, run, side))
            if run.purpose == RunPurpose.RESCAN.value and _sheet_complete(run, side):
                break  # one sheet was asked for, whatever else lies in the feeder
            _require_room(house)
        return feeding.felt


def _sheet_complete(run: Row[Any], side: StoredSide) -> bool:
    return run.settings["source"] != Source.DUPLEX.value or side.face is Face.BACK


def _require_room(house: House) -> None:
    """Stop while there is still room to say so: the records need some too."""
    free = shutil.disk_usage(house.folders.root).free
    if free < RESERVE_BYTES:
        raise ScanFault(FaultKind.DISK_FULL, Phase.STORE, f"{free} bytes left")


def _finish(house: House, run: Row[Any], felt: dict[str, Any]) -> None:
    with house.store.write() as connection:
        runs.finish(connection, run.id)
        if felt.get(SCAN_BUTTON):
            runs.not_heeded(connection, run.id, "busy")
        devices.release(connection, run.device, run.uid)


def _sides(connection: Any, run_id: int) -> list[Row[Any]]:
    p, f = schema.page, schema.feed
    query = p.join(f, f.c.id == p.c.feed_id).select().with_only_columns(f.c.run_sheet, p.c.face).where(f.c.run_id == run_id)
    return list(connection.execute(query))


class _Heartbeat:
    """While paper runs: renews the lease, says the run lives, and carries a person's stop to the scanner."""

    def __init__(self, house: House, session: Session, feeding: Run) -> None:
        self._house, self._session, self._feeding = house, session, feeding
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{session.run.id}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        run = self._session.run
        while not self._over.wait(_BEAT_SECONDS):
            try:
                with self._house.store.write() as connection:
                    asked = runs.beat(connection, run.id, self._session.phase)
                    devices.take(connection, run.device, run.uid, run.operator)
            except DatabaseBusy:  # the lease lasts many beats
                continue
            except (DeviceHeld, NotFound):
                self._feeding.stop()
                return
            if asked is RunRequest.STOP:
                self._feeding.stop()
                return
