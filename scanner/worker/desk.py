"""What the child does with each request: list, look, open, next side, sensors. Spooling happens here, before the answer."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from scanner.model import Face, FaultKind, Phase, ScanFault, ScanSettings, Source, StoredSide
from scanner.spool import store
from scanner.wire import capabilities_to_json, fault_to_json, settings_from_json, side_to_json
from scanner.worker.driver import Driver, Frame, Session
from scanner.worker.lock import DeviceLock
from scanner.worker.timeouts import PHASES

Message = dict[str, Any]
FACES = {
    Source.FLATBED: (Face.FRONT,),
    Source.FEEDER: (Face.FRONT,),
    Source.FEEDER_BACK: (Face.BACK,),
    Source.DUPLEX: (Face.FRONT, Face.BACK),
}
TOLD_BY_SENSOR = {
    "double_feed": FaultKind.DOUBLE_FEED,
    "cover_open": FaultKind.COVER_OPEN,
    "jam": FaultKind.JAM,
}
SENSOR_LOOKS, SENSOR_PAUSE = 4, 0.25
"""How often, and seconds apart, a paper sensor is read before a run counts as ended early."""
SPARE_BYTES = 64 << 20
"""Room kept free on the disk besides the side itself, so that the database can still write why the run paused."""


class Desk:
    """One driver, at most one open session. ``say`` sends a message to the parent, from any thread; ``progress`` names the
    phase just reached."""

    def __init__(self, driver: Driver, say: Callable[[Message], None], progress: Callable[[str], None]) -> None:
        self._driver = driver
        self._say, self._report = say, progress
        self._phase = "start"
        self._session: Session | None = None
        self._run: _Feeding | None = None
        self._verbs: dict[str, Callable[[Message], Message | None]] = {
            "list": self._list,
            "capabilities": self._capabilities,
            "open": self._open,
            "next": self._next,
            "watch": self._watch,
            "sensors": self._sensors,
        }

    def answer(self, request: Message) -> None:
        """The job border: exactly one answer to each request, and whatever goes wrong inside becomes a named fault."""
        try:
            answer = self._verbs[request["verb"]](request)
        except Exception as error:  # noqa: BLE001 - the parent must learn of every end
            answer = {"at": "fault", **fault_to_json(self._named(error))}
        if answer is not None:
            self._say(answer)

    def _named(self, error: Exception) -> ScanFault:
        if isinstance(error, ScanFault):
            return error
        if isinstance(error, MemoryError):
            return ScanFault(FaultKind.NO_MEMORY, self._where(), str(error))
        return self._driver.fault(error, self._phase)

    def cancel(self) -> None:
        if self._session is not None:
            self._session.cancel()

    def close(self) -> None:
        if self._run is not None:
            self._run.close()
        if self._session is not None:
            self._session.cancel()
            self._session.close()

    def progress(self, phase: str) -> None:
        self._phase = phase
        self._report(phase)

    def _where(self) -> Phase:
        return PHASES.get(self._phase, Phase.OPEN)

    def _list(self, _: Message) -> Message:
        self.progress("listing")
        return {"at": "devices", "devices": [asdict(device) for device in self._driver.list_devices()]}

    def _capabilities(self, request: Message) -> Message:
        self.progress("open")
        DeviceLock(request["address"]).hold()
        return {"at": "capabilities", **capabilities_to_json(self._driver.capabilities(request["address"], self.progress))}

    def _open(self, request: Message) -> Message:
        self.progress("open")
        DeviceLock(request["address"]).hold()
        settings = settings_from_json(request["settings"])
        self._session = self._driver.open(request["address"], settings, self.progress)
        folder = Path(request["spool"])
        self._run = _Feeding(self._session, settings, folder, request["first_sheet"], self._named)
        return {"at": "opened", "effective": self._session.effective}

    def _next(self, _: Message) -> Message | None:
        assert self._run is not None
        return self._run.next(self.progress, self._say)

    def _watch(self, request: Message) -> Message:
        self.progress("open")
        DeviceLock(request["address"]).hold()
        self._session = self._driver.watch(request["address"], self.progress)
        return {"at": "watching"}

    def _sensors(self, _: Message) -> Message:
        return {"at": "sensors", "sensors": self._session.sensors() if self._session else {}}


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What reading ahead came to: a side, the end, or the fault to be told when the side is asked for."""

    frame: Frame | None = None
    fault: ScanFault | None = None

    def take(self) -> Frame | None:
        if self.fault is not None:
            raise self.fault
        return self.frame


class _Feeding:
    """Numbers the sides in the device's order and makes each durable before it is reported.

    The back of a sheet is read while its front is made durable: both are of the sheet that is in the machine. The next sheet
    is fed only when it is asked for, and it is asked for when this one is safe."""

    def __init__(
        self, session: Session, settings: ScanSettings, folder: Path, first_sheet: int, named: Callable[[Exception], ScanFault]
    ) -> None:
        self._session, self._settings, self._folder, self._named = session, settings, folder, named
        self._sheet, self._faces = first_sheet, FACES[settings.source]
        self._count = 0
        self._ahead: _Ahead | None = None
        self._felt: dict[str, Any] = {}
        self._keeper = ThreadPoolExecutor(1, thread_name_prefix="keeper")

    def next(self, progress: Callable[[str], None], say: Callable[[Message], None]) -> Message | None:
        """The answer to the request for a side; None when it was already said, by the thread that made the side durable."""
        if self._settings.source is Source.FLATBED and self._count:
            return {"at": "end", "sensors": self._felt}
        if self._at_front():
            self._refuse_full_disk()
        frame = self._read(progress) if self._ahead is None else self._ahead.take()
        self._ahead = None
        if frame is None:
            return {"at": "end", "sensors": self._felt}
        count, self._count = self._count, self._count + 1
        if self._at_front():
            progress("store")
            return self._stored(frame, count)
        keeping = self._keeper.submit(lambda: say(self._kept(frame, count)))
        self._ahead = self._read_ahead(progress)
        progress("store")
        keeping.result()
        return None

    def close(self) -> None:
        self._keeper.shutdown()

    def _at_front(self) -> bool:
        """The next side begins a sheet."""
        return self._count % len(self._faces) == 0

    def _read_ahead(self, progress: Callable[[str], None]) -> _Ahead:
        try:
            return _Ahead(self._read(progress))
        except Exception as error:  # noqa: BLE001 - told when the side is asked for
            return _Ahead(fault=self._named(error))

    def _kept(self, frame: Frame, count: int) -> Message:
        try:
            return self._stored(frame, count)
        except Exception as error:  # noqa: BLE001 - this thread's border
            return {"at": "fault", **fault_to_json(self._named(error))}

    def _read(self, progress: Callable[[str], None]) -> Frame | None:
        progress("feed")
        try:
            frame = self._session.next_side(self._faces[self._count % len(self._faces)], progress)
        except ScanFault as fault:
            progress("sensors")
            raise self._explained(fault) from fault
        if frame is None:
            progress("sensors")
            self._refuse_early_end()
        return frame

    def _refuse_full_disk(self) -> None:
        """Before the sheet is fed: a sheet that cannot be kept must stay in the feeder."""
        free = shutil.disk_usage(self._folder).free
        needed = self._session.side_bytes() * len(self._faces) + SPARE_BYTES
        if free < needed:
            raise ScanFault(FaultKind.DISK_FULL, Phase.FEED, f"{free} bytes free, {needed} needed for the next sheet")

    def _explained(self, fault: ScanFault) -> ScanFault:
        """With what the sensors say. Drivers say jam or I/O error where the device knows better: fujitsu and canon_dr report a
        double feed as a jam, sane-airscan any feeder trouble it has no word for as an I/O error."""
        if fault.kind not in (FaultKind.JAM, FaultKind.IO_ERROR, FaultKind.COVER_OPEN):
            return fault
        sensors = fault.sensors = self._feel()
        for name, kind in TOLD_BY_SENSOR.items():
            if fault.kind is not FaultKind.COVER_OPEN and sensors.get(name) and kind is not fault.kind:
                return ScanFault(kind, fault.phase, f"sensor {name} set; {fault.detail}", sensors=sensors)
        return fault

    def _feel(self) -> dict[str, Any]:
        """The sensors now. Scanners forget a press once they are asked, so it is remembered here."""
        pressed = {name: True for name, value in self._felt.items() if name.startswith("button_") and value}
        self._felt = {**self._session.sensors(), **pressed}
        return self._felt

    def _refuse_early_end(self) -> None:
        """The normal end, unless nothing came at all, a back is missing, or paper is still lying there (fujitsu: the stop
        button, which may be pressed while the last sheet runs)."""
        if self._paper_left():
            raise self._ended(FaultKind.OPERATOR_STOP, "the device ended the run with paper left in the feeder")
        if self._count % len(self._faces):
            raise self._ended(FaultKind.IO_ERROR, "the device ended the run between a front and its back")
        if not self._count:
            raise self._ended(FaultKind.FEEDER_EMPTY, "no paper")

    def _ended(self, kind: FaultKind, detail: str) -> ScanFault:
        return ScanFault(kind, Phase.FEED, detail, sensors=self._felt)

    def _paper_left(self) -> bool:
        """Asked again before it is believed: the sensor of a network scanner may lag behind its last sheet."""
        for _ in range(SENSOR_LOOKS - 1):
            if not self._feel().get("page_loaded"):
                return False
            time.sleep(SENSOR_PAUSE)
        return bool(self._feel().get("page_loaded"))

    def _stored(self, frame: Frame, count: int) -> Message:
        """Make the ``count``-th side of this run (0…) durable; the message that says so. Raises ScanFault."""
        face = self._faces[count % len(self._faces)]
        mismatch = ("mode_differs",) if frame.mode is not self._settings.mode else ()
        side = StoredSide(
            path=self._folder,
            sha256="",
            size=0,
            sheet=self._sheet + count // len(self._faces),
            face=face,
            format=frame.format,
            width=frame.width,
            height=frame.height,
            dpi=frame.dpi,
            mode=frame.mode,
            captured_at=datetime.now(UTC).astimezone().isoformat(timespec="milliseconds"),
            warnings=(*frame.warnings, *mismatch),
            facts={"effective": self._session.effective, **frame.facts},
        )
        return {"at": "side", "side": side_to_json(store(self._folder, side, frame.pieces))}
