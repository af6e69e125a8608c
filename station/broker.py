"""The broker owns the devices: it looks for them, and carries out one run a device at a time, each in a thread of its own."""

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row

from batches import devices as device_records
from batches import runs
from batches.errors import RecordsError
from batches.words import RunPurpose, RunState
from scanner.backend import Backend
from scanner.model import FaultKind, Phase, ScanFault
from station import capture, devices, importing
from station.buttons import Buttons, wait_again
from station.house import House
from station.practice import PracticeScanner

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.1
_RETRY_SECONDS = 2.0
_LOOKING_AT_MOST = 30.0
"""s; a run waits no longer for the search for scanners, which may hang on another one"""


class Broker:
    """Runs until closed. ``backends``: name → backend, as devices are recorded."""

    def __init__(self, house: House, backends: Mapping[str, Backend], practice: PracticeScanner | None) -> None:
        self._house, self._backends, self._practice = house, dict(backends), practice
        self._over = threading.Event()
        self._busy: dict[int, threading.Thread] = {}
        self._imports: set[int] = set()
        """those of the busy that need no scanner"""
        self._looking: threading.Thread | None = None
        self._looking_since = 0.0
        self._devices: dict[int, str] = {}
        """run → its scanner, of the busy"""
        self._buttons = Buttons(house, self._backends)
        self._thread = threading.Thread(target=self._serve, name="broker")

    def start(self) -> None:
        with self._house.store.write() as connection:
            device_records.ask_refresh(connection)
            runs.nothing_is_watched(connection)
        self._thread.start()

    def close(self) -> None:
        """Ask every run to stop between sheets and wait for it."""
        self._over.set()
        self._thread.join()
        self._buttons.close()
        with self._house.store.write() as connection:
            for run_id in self._busy.keys() - self._imports:  # those see by themselves that the station ends
                runs.ask_stop(connection, "sohoa", run_id)
        for thread in self._busy.values():
            thread.join()
        if self._looking is not None:
            self._looking.join()

    def _serve(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            try:
                self._look_around()
            except RecordsError:  # busy records: the next look sees the same
                log.exception("broker")

    def _look_around(self) -> None:
        self._busy = {run_id: thread for run_id, thread in self._busy.items() if thread.is_alive()}
        with self._house.store.read() as connection:
            requested = runs.in_state(connection, RunState.REQUESTED)
            paused = runs.in_state(connection, RunState.PAUSED)
            wanted = device_records.refresh_wanted(connection)
        for run in requested:
            if run.id not in self._busy and not runs.waits(run):
                self._begin(run)
        if wanted and not self._busy.keys() - self._imports and not self._is_looking():
            self._buttons.close()  # looking opens every scanner
            self._looking = threading.Thread(target=self._look_for_devices, name="devices")
            self._looking_since = time.monotonic()
            self._looking.start()
        if not self._is_looking():
            self._buttons.attend([*requested, *paused], {self._devices.get(run_id, "") for run_id in self._busy})

    def _is_looking(self) -> bool:
        return self._looking is not None and self._looking.is_alive()

    def _begin(self, run: Row[Any]) -> None:
        """On its own thread; at the next look where the search for scanners, which opens every one, has this one just now."""
        imported = run.purpose == RunPurpose.IMPORT.value
        if not imported and self._is_looking() and time.monotonic() < self._looking_since + _LOOKING_AT_MOST:
            return
        self._buttons.let_go(run.device)
        self._devices[run.id] = run.device
        if imported:
            self._imports.add(run.id)
        self._busy[run.id] = threading.Thread(target=self._carry_out, args=(run.id,), name=f"run-{run.id}")
        self._busy[run.id].start()

    def _carry_out(self, run_id: int) -> None:
        try:
            if run_id in self._imports:
                importing.carry_out(self._house, run_id, self._over)
                return
            capture.carry_out(self._house, self._backends, run_id, self._lay_paper)
            wait_again(self._house, run_id)
        except Exception as error:  # the run's border: it is paused with what happened, the broker lives on
            log.exception("run %s", run_id)
            self._pause_in_the_end(run_id, f"{type(error).__name__}: {error}")

    def _lay_paper(self, run: Row[Any], first_sheet: int) -> None:
        with self._house.store.read() as connection:
            device = device_records.get(connection, run.device)
        if self._practice is not None and device.backend == devices.PRACTICE:
            self._practice.lay_paper(run, first_sheet)

    def _pause_in_the_end(self, run_id: int, why: str) -> None:
        """A full disk can refuse the records too: keep trying, so that the desk learns of it as soon as there is room."""
        fault = ScanFault(FaultKind.IO_ERROR, Phase.STORE, why)
        while not self._over.is_set():
            try:
                with self._house.store.read() as connection:
                    run = runs.get(connection, run_id)
                if run.state == RunState.RUNNING.value and run_id in self._imports:
                    importing.pause(self._house, run, fault.kind, why)
                elif run.state == RunState.RUNNING.value:
                    capture.pause(self._house, run, fault)
                return
            except RecordsError:
                time.sleep(_RETRY_SECONDS)

    def _look_for_devices(self) -> None:
        try:
            count = devices.look(self._house, self._backends)
            log.info("%s devices", count)
        except RecordsError:
            log.exception("devices")
