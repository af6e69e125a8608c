"""A backend whose every act happens in a fresh, killable child process."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scanner.backend import MOST_SHEETS
from scanner.model import DeviceCapabilities, DeviceInfo, Face, FaultKind, Phase, ScanFault, ScanSettings, Source, StoredSide
from scanner.wire import capabilities_from_json, device_from_json, settings_to_json, side_from_json
from scanner.worker.process import MEMORY_LIMIT, Child
from scanner.worker.timeouts import Timeouts


class ProcessBackend:
    """``module`` is run with ``python -m`` and speaks the protocol of ``scanner.worker.child``."""

    def __init__(
        self,
        name: str,
        module: str,
        *,
        arguments: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        timeouts: Timeouts | None = None,
        memory: int = MEMORY_LIMIT,
    ) -> None:
        self.name = name
        self._memory = memory
        self._module, self._arguments = module, tuple(arguments)
        self._env = dict(env or {})
        self._timeouts = timeouts or Timeouts()

    def list_devices(self) -> list[DeviceInfo]:
        answer = self._ask_once({"verb": "list"}, "start")
        return [device_from_json(one) for one in answer["devices"]]

    def capabilities(self, address: str) -> DeviceCapabilities:
        return capabilities_from_json(_body(self._ask_once({"verb": "capabilities", "address": address}, "start")))

    def sensors(self, address: str) -> dict[str, Any]:
        with self.watch(address) as watcher:
            return watcher.sensors()

    def watch(self, address: str) -> "Watcher":
        """Hold the idle device open to poll its buttons and sensors cheaply. Give it back before a run."""
        child = self._child()
        return Watcher(child, address)

    def open_run(
        self, address: str, settings: ScanSettings, spool: Path, *, first_sheet: int = 1, most_sheets: int = MOST_SHEETS
    ) -> "ProcessRun":
        spool.mkdir(parents=True, exist_ok=True)
        return ProcessRun(self._child(), address, settings, spool.resolve(), first_sheet, most_sheets)

    def _child(self) -> Child:
        return Child(self._module, self._arguments, self._env, self._timeouts, self._memory)

    def _ask_once(self, request: dict[str, Any], phase: str) -> dict[str, Any]:
        child = self._child()
        try:
            return child.ask(request, phase)
        finally:
            child.close()


def _body(answer: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "at"}


class Watcher:
    """An idle device held open for polling; a context manager."""

    def __init__(self, child: Child, address: str) -> None:
        self._child = child
        try:
            child.ask({"verb": "watch", "address": address}, "start")
        except BaseException:
            child.close()
            raise

    def sensors(self) -> dict[str, Any]:
        """Sensors and buttons by normalised name. Raises ScanFault."""
        return dict(self._child.ask({"verb": "sensors"}, "sensors")["sensors"])

    def close(self) -> None:
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class ProcessRun:
    """See ``scanner.backend.Run``."""

    def __init__(
        self, child: Child, address: str, settings: ScanSettings, spool: Path, first_sheet: int, most_sheets: int
    ) -> None:
        self._child, self._spool = child, spool
        self._duplex = settings.source is Source.DUPLEX
        self._stop, self._killed, self._over = threading.Event(), False, False
        self._last: StoredSide | None = None
        self._last_sheet = first_sheet + most_sheets - 1
        request = {"address": address, "settings": settings_to_json(settings), "spool": str(spool), "first_sheet": first_sheet}
        try:
            answer = child.ask({"verb": "open", **request}, "start")
        except BaseException:
            child.close()
            raise
        self.effective: dict[str, dict[str, Any]] = answer["effective"]
        self.process_id = child.process_id
        self.felt: dict[str, Any] = {}

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> StoredSide:
        if self._over:
            raise StopIteration
        if self._stop.is_set() and self._between_sheets():
            self._over = True
            raise ScanFault(FaultKind.OPERATOR_STOP, Phase.DONE, "stopped between two sheets")
        if self._last is not None and self._last.sheet >= self._last_sheet and self._between_sheets():
            self._over = True
            raise ScanFault(FaultKind.ENDLESS_FEED, Phase.DONE, f"sheet {self._last.sheet} and no end")
        answer = self._ask_next()
        if answer["at"] == "end":
            self._over, self.felt = True, answer.get("sensors", {})
            raise StopIteration
        self._last = side_from_json(answer["side"], self._spool)
        return self._last

    def stop(self) -> None:
        self._stop.set()

    def kill(self) -> None:
        self._killed = True
        self._child.kill()

    def sensors(self) -> dict[str, Any]:
        if self._over:
            return {}
        return dict(self._child.ask({"verb": "sensors"}, "sensors")["sensors"])

    def close(self) -> None:
        self._over = True
        self._child.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _between_sheets(self) -> bool:
        return not self._duplex or self._last is None or self._last.face is Face.BACK

    def _ask_next(self) -> dict[str, Any]:
        # behind a front the child is already reading the back, and is watched for that
        phase = "feed" if self._between_sheets() else self._child.phase
        try:
            return self._child.ask({"verb": "next"}, phase)
        except ScanFault as fault:
            self._over = True
            if self._killed:
                raise ScanFault(FaultKind.OPERATOR_STOP, fault.phase, "killed by the operator") from fault
            raise
