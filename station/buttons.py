"""The scanner's own button and its paper sensor begin a run that waits for them, and go on with one that was paused.

Whoever begins a run, it is the same request under the same lease: here the request is already on record (batches.runs.hold)
and only its waiting is ended. A scanner is watched while a run waits for it and nothing else uses it."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Row

from batches import batch as batch_records
from batches import devices, ledger, runs
from batches.errors import DeviceHeld, RecordsError, Stale
from batches.words import BatchState, Role, RunPurpose, RunState, WaitFor
from scanner.model import ScanFault, Source
from scanner.worker.backend import Watcher
from station.house import House

log = logging.getLogger(__name__)

SENSOR = {WaitFor.BUTTON: "button_scan", WaitFor.PAPER: "page_loaded"}
"""What a scanner must have for a run to wait for it."""
_LOOK_SECONDS = 0.2
_RETRY_SECONDS = 3.0
_LET_GO_SECONDS = 8.0
_REQUEST_LEASE_SECONDS = 60.0


class Sign(StrEnum):
    """What a look at the sensors means. ``busy`` and ``no_paper`` are presses that begin nothing."""

    BUTTON = "button"
    PAPER = "paper"
    BUSY = "busy"
    NO_PAPER = "no_paper"


@dataclass
class Attention:
    """Makes sense of one look after the other. ``settle``: seconds for which paper must lie still.

    After a fault paper alone says nothing, the rest of the stack still lies there: the operator's hand must have been seen, by
    the feeder empty or the cover open in between."""

    for_paper: bool
    from_feeder: bool
    after_fault: bool
    settle: float
    _pressed: bool | None = None
    _loaded_since: float | None = None
    _hand_seen: bool = field(init=False)

    def __post_init__(self) -> None:
        self._hand_seen = not self.after_fault

    def look(self, at: float, sensors: Mapping[str, Any]) -> Sign | None:
        """``at``: seconds on any clock; ``sensors`` by normalised name."""
        pressed = self._press(bool(sensors.get(SENSOR[WaitFor.BUTTON])), sensors)
        return pressed or (Sign.PAPER if self._settled(at, sensors) else None)

    def interrupted(self) -> None:
        """The scanner could not be asked for a while: a press meanwhile counts, paper has to lie still anew."""
        self._loaded_since = None

    def _press(self, down: bool, sensors: Mapping[str, Any]) -> Sign | None:
        before, self._pressed = self._pressed, down
        if not down or before:
            return None
        if before is None:  # scanners remember a press until they are asked: this one is from before
            return Sign.BUSY
        empty = not sensors.get(SENSOR[WaitFor.PAPER], True)
        return Sign.NO_PAPER if self.from_feeder and empty else Sign.BUTTON

    def _settled(self, at: float, sensors: Mapping[str, Any]) -> bool:
        lies, is_open = bool(sensors.get(SENSOR[WaitFor.PAPER])), bool(sensors.get("cover_open"))
        if not lies or is_open:
            self._loaded_since, self._hand_seen = None, True
            return False
        if self._loaded_since is None:
            self._loaded_since = at
        return self.for_paper and self._hand_seen and at - self._loaded_since >= self.settle


class Watched(Protocol):
    """A backend whose idle devices can be held open and polled."""

    def watch(self, address: str) -> Watcher: ...


class Buttons:
    """Owned by the broker, called from its thread only."""

    def __init__(self, house: House, backends: Mapping[str, Any]) -> None:
        self._house, self._backends = house, backends
        self._watches: dict[str, _Watch] = {}

    def attend(self, runs_there: Iterable[Row[Any]], in_use: set[str]) -> None:
        """Watch the scanners for which a run waits (``runs_there``: requested and paused ones), except those ``in_use``."""
        wanted = {run.device: run for run in runs_there if runs.wait_for(run) and _waits_or_rests(run)}
        for device, watch in list(self._watches.items()):
            run = wanted.get(device)
            if device in in_use or run is None or run.id != watch.run_id:
                watch.over.set()
            if not watch.thread.is_alive():
                del self._watches[device]
        for device, run in wanted.items():
            if device not in in_use and device not in self._watches:
                self._begin(device, run)

    def let_go(self, device: str) -> None:
        """Before the scanner is used: nobody else holds it open."""
        watch = self._watches.pop(device, None)
        if watch is not None:
            watch.over.set()
            watch.thread.join(_LET_GO_SECONDS)

    def close(self) -> None:
        for device in list(self._watches):
            self.let_go(device)

    def _begin(self, device: str, run: Row[Any]) -> None:
        with self._house.store.read() as connection:
            known = devices.get(connection, device)
        backend = self._backends.get(known.backend)
        if backend is not None and hasattr(backend, "watch") and known.present:
            self._watches[device] = _Watch(self._house, backend, known.address, run)


class _Watch:
    """One scanner held open and asked for its sensors until they mean something."""

    def __init__(self, house: House, backend: Watched, address: str, run: Row[Any]) -> None:
        self._house, self._backend, self._address, self._run = house, backend, address, run
        self.run_id, self.over, self._told = int(run.id), threading.Event(), run.phase == runs.WATCHED
        self.thread = threading.Thread(target=self._serve, name=f"buttons-{run.id}", daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        attention = self._attention()
        while not self.over.is_set():
            try:
                self._tell(False)
                with self._backend.watch(self._address) as scanner:
                    sign = self._wait(scanner, attention)
                if sign is not None and self._start(sign):
                    return
            except (ScanFault, RecordsError) as error:
                log.warning("buttons of %s: %s", self._address, error)
                attention.interrupted()
                self.over.wait(_RETRY_SECONDS)
        with contextlib.suppress(RecordsError):
            self._tell(False)

    def _attention(self) -> Attention:
        return Attention(
            for_paper=runs.wait_for(self._run) is WaitFor.PAPER,
            from_feeder=self._run.settings["source"] != Source.FLATBED.value,
            after_fault=self._run.state == RunState.PAUSED.value,
            settle=self._house.settings.scanning.paper_settle_seconds,
        )

    def _wait(self, scanner: Watcher, attention: Attention) -> Sign | None:
        """The sign that begins the run; None when the watching is to end."""
        while not self.over.wait(_LOOK_SECONDS):
            sensors = scanner.sensors()
            self._tell(True)
            sign = attention.look(time.monotonic(), sensors)
            if sign in (Sign.BUTTON, Sign.PAPER):
                return sign
            if sign is not None:
                self._say(sign.value)
        return None

    def _tell(self, on: bool) -> None:
        """The desk says that the scanner is being watched, or that it is not."""
        if on is not self._told:
            self._told = on
            with self._house.store.write() as connection:
                runs.watched(connection, self.run_id, on)

    def _start(self, sign: Sign) -> bool:
        run = self._run
        try:
            with self._house.store.write() as connection:
                devices.take(connection, run.device, run.uid, run.operator, _REQUEST_LEASE_SECONDS)
                runs.signal(connection, run.operator, run.id, sign.value)
        except DeviceHeld:
            self._say("held")
            return False
        except Stale:  # the console was quicker
            log.info("run %s began otherwise", run.id)
        return True

    def _say(self, why: str) -> None:
        with self._house.store.write() as connection:
            runs.not_heeded(connection, self.run_id, why)


def wait_again(house: House, run_id: int) -> None:
    """After a run that began at the scanner has ended well: the next stack may come the same way, while sheets are left."""
    with house.store.write() as connection:
        run = runs.get(connection, run_id)
        chosen, batch = runs.wait_for(run), batch_records.get(connection, run.batch_id)
        ended_well = run.state == RunState.FINISHED.value and run.phase == "done"
        if chosen is None or not ended_well or run.purpose != RunPurpose.CAPTURE.value:
            return
        if batch.state != BatchState.CAPTURING.value or ledger.of(connection, batch.id).left == 0:
            return
        if runs.active(connection, batch.id) is None and runs.waiting_on(connection, run.device) is None:
            again = runs.request(connection, run.operator, batch.id, run.device, run.settings, role=Role.OPERATOR)
            runs.hold(connection, run.operator, again)


def _waits_or_rests(run: Row[Any]) -> bool:
    return runs.waits(run) or bool(run.state == RunState.PAUSED.value)
