"""The mechanics of the virtual scanner: paper, jobs, faults, pace, and an honest record of what left the feeder. No HTTP here.

A sheet counts as fed when it leaves the stack, whether or not its picture ever arrives: clients fetch ahead and die, as they do
with real paper. ``reload_from`` is what an operator does then."""

import threading
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scanner.escl.hostile import Hostile
from scanner.escl.messages import JobView, ScanRequest
from scanner.escl.script import Fault, FaultScript, VirtualFault
from scanner.escl.tray import PageTray, Sheet
from scanner.model import Face, Source

ABANDONED_AFTER = 1.0
"""Seconds a job may lie untouched before another client's job takes its place (the first client has died)."""
SETTLE = 0.5
"""Seconds a request waits for the picture before it to be off: a client may have its last byte before we know it."""
PICK = 0.15
"""Seconds a feeder tries before it says that no sheet comes. Real ones take longer; without it sane-airscan 0.99.27 forgets the
pages it has fetched when a whole job ends before its frontend has woken (12 of 330 short runs on a busy computer)."""
LOG_LENGTH = 50_000

ADF_STATES = {
    VirtualFault.JAM: "ScannerAdfJam",
    VirtualFault.COVER: "ScannerAdfDoorOpen",
    VirtualFault.EMPTY: "ScannerAdfEmpty",
    VirtualFault.DOUBLE_FEED: "ScannerAdfMultipickDetected",
}
_REFUSALS = {
    VirtualFault.JAM: 409,
    VirtualFault.COVER: 409,
    VirtualFault.EMPTY: 409,
    VirtualFault.DOUBLE_FEED: 409,
    VirtualFault.BUSY: 503,
    VirtualFault.HTTP500: 500,
    VirtualFault.SILENT_END: 404,
}


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the log. ``what``: loaded, job, fed, sent, lost, fault, put_back, cleared, end."""

    at: float
    """Unix time, seconds"""
    what: str
    sheet: int = 0
    face: str = ""
    job: str = ""
    detail: str = ""


class Refusal(Exception):
    """The machine will not. ``status`` is the HTTP answer."""

    def __init__(self, status: int, reason: str, *, picking: bool = False) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.picking = picking
        """The feeder tried first, which takes PICK seconds"""


@dataclass(slots=True)
class Job:
    id: str
    request: ScanRequest
    began: float
    touched: float
    state: str = "Processing"
    images: int = 0
    current: "Side | None" = None
    """The side on its way to the client"""
    ready_at: float = 0.0
    """Monotonic time before which the next side cannot be there"""
    pending_back: int = 0
    """Sheet whose back comes next, 0 = none"""
    put_back_to: int = 0
    """Sheet from which the operator will put back when the job is over, 0 = none"""


@dataclass(frozen=True, slots=True)
class Side:
    """One side on its way to a client."""

    job: Job
    number: int
    sheet: Sheet
    face: Face
    fault: Fault | None
    ready_at: float


@dataclass(slots=True)
class Machine:
    """All methods may be called from any thread. ``ipm`` images a minute, 0 = as fast as asked."""

    tray: PageTray
    script: FaultScript
    ipm: float = 0.0
    counters: Counter[str] = field(default_factory=Counter)
    log: deque[Event] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _settled: threading.Condition = field(init=False)
    _job: Job | None = None
    _stuck: Fault | None = None
    _glass: int = 0
    _jobs: int = 0
    _noted: int = 0

    def __post_init__(self) -> None:
        self._settled = threading.Condition(self._lock)

    # The client's side

    def start_job(self, request: ScanRequest) -> Job:
        """Raises Refusal: 503 another client's job, 409 no paper or a scripted fault."""
        with self._lock:
            self._make_room()
            if self._stuck and not self._stuck.stays:
                self._stuck = None
            if request.source is not Source.FLATBED:
                self._check_feeder(request)
            self._jobs += 1
            now = time.monotonic()
            self._job = Job(f"{self._jobs:06d}", request, began=now, touched=now, ready_at=now)
            self._note("job", detail=f"{request.source} {request.mode} {request.dpi[0]} {request.format}")
            return self._job

    def next_side(self, job_id: str) -> Side:
        """Feeds when a new sheet is due. Raises Refusal. Call ``delivered`` afterwards, whatever happened."""
        with self._lock:
            job = self._open_job(job_id)
            side = self._from_glass(job) if job.request.source is Source.FLATBED else self._from_feeder(job)
            job.current = side
            return side

    def delivered(self, side: Side, *, complete: bool) -> None:
        """The picture's bytes went out (``complete``) or the connection broke on the way, which ends the job."""
        with self._lock:
            job = side.job
            job.images += complete
            self.counters["sent" if complete else "lost"] += 1
            self._note("sent" if complete else "lost", side.number, side.face)
            if self._job is job:
                self._settle_side(job, complete=complete)

    def end_job(self, job_id: str) -> None:
        """The client has deleted its job. Raises Refusal 404."""
        with self._lock:
            self._settle()
            if self._job is None or self._job.id != job_id:
                raise Refusal(404, "no such job")
            self._finish(self._job, "Canceled" if self._job.state == "Processing" else self._job.state)

    def status(self) -> tuple[str, str, tuple[JobView, ...]]:
        """(State, AdfState, jobs) in eSCL's words."""
        with self._lock:
            job = self._job
            busy = job is not None and job.state == "Processing"
            adf = ADF_STATES.get(self._stuck.fault, "") if self._stuck else ""
            adf = adf or ("ScannerAdfLoaded" if self.tray.left else "ScannerAdfEmpty")
            views = (JobView(job.id, job.state, job.images, time.monotonic() - job.began),) if job else ()
            return ("Processing" if busy else "Idle"), adf, views

    @staticmethod
    def is_over(job: Job) -> bool:
        """Whether the client has given the job up."""
        return job.state in ("Aborted", "Canceled")

    # The operator's side

    def load(self, tray: PageTray) -> None:
        with self._lock:
            self.tray = tray
            self._glass = 0
            self._note("loaded", detail=str(len(tray)))

    def reload_from(self, number: int) -> None:
        """Sheet ``number`` and all after it are laid in again. Raises ValueError when there is no such sheet."""
        with self._lock:
            self.tray.put_back_from(number)
            if self._job:
                self._job.pending_back = self._job.put_back_to = 0
            self._note("put_back", number)

    def settle(self) -> None:
        """Waits until the picture on its way is booked, at most SETTLE: who has its last byte may ask before that."""
        with self._lock:
            self._settle()

    def clear(self) -> None:
        """The jam is out, the cover shut."""
        with self._lock:
            self._stuck = None
            self._note("cleared")

    def set_faults(self, script: FaultScript) -> None:
        with self._lock:
            self.script = script

    def place(self, number: int) -> None:
        """Lays sheet ``number`` on the glass. Raises ValueError."""
        with self._lock:
            if not 1 <= number <= len(self.tray):
                raise ValueError(f"the stack has sheets 1 to {len(self.tray)}, not {number}")
            self._glass = number - 1

    def snapshot(self, *, events: int = 100) -> dict[str, Any]:
        with self._lock:
            state, adf, _ = self.status()
            return {
                "state": state, "adf_state": adf, "sheets": len(self.tray), "sheets_left": self.tray.left,
                "next_sheet": self.tray.next_number, "job": self._job.id if self._job else None,
                "fault": self._stuck.fault if self._stuck else None, "ipm": self.ipm, "counters": dict(self.counters),
                "pending_faults": [{"sheet": fault.sheet, "fault": fault.fault} for fault in self.script.pending()],
                "log": [event_as_json(event) for event in list(self.log)[-events:]],
            }  # fmt: skip

    def events_after(self, seen: int) -> tuple[int, list[Event]]:
        """Events since the ``seen``-th (0 = from the start), and the new count to ask with next."""
        with self._lock:
            new = min(self._noted - seen, len(self.log))
            return self._noted, list(self.log)[len(self.log) - new :]

    # Inside, the lock held

    def _settle(self) -> None:
        """Waits a moment for a picture on its way; a hanging one is not waited for."""
        self._settled.wait_for(lambda: self._job is None or self._job.current is None, timeout=SETTLE)

    def _settle_side(self, job: Job, *, complete: bool) -> None:
        self._remember_return(job)
        job.current, job.touched = None, time.monotonic()
        if not complete:
            self._finish(job, "Aborted")
        self._settled.notify_all()

    def _remember_return(self, job: Job) -> None:
        """The sheet of a spoiled picture comes back when the job is over, and all that left after it."""
        side = job.current
        if side and side.fault and side.fault.returns and job.request.source is not Source.FLATBED:
            job.put_back_to = job.put_back_to or side.number

    def _make_room(self) -> None:
        """A job whose client has gone gives way; a living one does not."""
        self._settle()
        job = self._job
        if job is None:
            return
        alive = job.current is not None or time.monotonic() - job.touched < ABANDONED_AFTER
        if job.state == "Processing" and alive:
            raise Refusal(503, "busy with another job")
        self._finish(job, "Aborted" if job.state == "Processing" else job.state)

    def _check_feeder(self, request: ScanRequest) -> None:
        self.tray.arrange(duplex=request.source is Source.DUPLEX)
        if self._stuck:
            raise Refusal(_REFUSALS.get(self._stuck.fault, 409), self._stuck.fault)
        if not self.tray.left:
            raise Refusal(409, "feeder empty")
        if fault := self.script.take(self.tray.next_number, Face.FRONT, on_job=True):
            self._refuse(fault, self.tray.next_number)

    def _open_job(self, job_id: str) -> Job:
        self._settle()
        job = self._job
        if job is None or job.id != job_id:
            raise Refusal(404, "no such job")
        if self._stuck:
            raise Refusal(_REFUSALS.get(self._stuck.fault, 409), self._stuck.fault)
        if job.current is not None:
            raise Refusal(503, "one picture at a time")
        if job.state != "Processing":
            raise Refusal(404, "job is over")
        job.touched = time.monotonic()
        return job

    def _from_glass(self, job: Job) -> Side:
        if job.images:
            job.state = "Completed"
            raise Refusal(404, "the glass has one picture")
        number = self._glass % len(self.tray) + 1
        if fault := self.script.take(number, Face.FRONT):
            self._fault_note(fault, number, Face.FRONT)
        if fault and fault.fault in _REFUSALS:
            raise Refusal(_REFUSALS[fault.fault], fault.fault)
        self._glass = number
        return Side(job, number, self.tray.sheet(number), Face.FRONT, fault, self._pace(job))

    def _from_feeder(self, job: Job) -> Side:
        if Hostile.PAGE_FOREVER in self.script.hostile and not self.tray.left:
            self.tray.put_back_from(1)
        if job.pending_back:
            number, face = job.pending_back, Face.BACK
        elif self.tray.left:
            number, face = self.tray.next_number, Face.FRONT
        else:
            job.state = "Completed"
            raise Refusal(404, "no more paper", picking=True)
        fault = self.script.take(number, face)
        if fault and self._stops_feeder(fault):
            self._refuse(fault, number, job)
        if face is Face.FRONT:
            self._feed(2 if fault and fault.fault is VirtualFault.DOUBLE_FEED else 1)
        job.pending_back = number if face is Face.FRONT and job.request.source is Source.DUPLEX else 0
        if fault:
            self._fault_note(fault, number, face)
        return Side(job, number, self.tray.sheet(number), face, fault, self._pace(job))

    def _stops_feeder(self, fault: Fault) -> bool:
        return fault.fault in _REFUSALS and not (fault.fault is VirtualFault.DOUBLE_FEED and not fault.detected)

    def _feed(self, count: int) -> None:
        for number in range(self.tray.next_number, self.tray.next_number + min(count, self.tray.left)):
            self.counters["fed"] += 1
            self._note("fed", number)
        self.tray.feed(count)

    def _pace(self, job: Job) -> float:
        """A side is ready one interval after the one before, however late the client asked for it (the device scans ahead)."""
        job.ready_at += 60.0 / self.ipm if self.ipm else 0.0
        return job.ready_at

    def _refuse(self, fault: Fault, number: int, job: Job | None = None) -> None:
        """A fault that stops the feeder: the sheet stays in the stack when it returns, else it is gone without a picture."""
        self._fault_note(fault, number, fault.side)
        if fault.fault is not VirtualFault.BUSY:
            self._stop(fault, number, job)
        raise Refusal(_REFUSALS[fault.fault], fault.fault, picking=job is not None)

    def _stop(self, fault: Fault, number: int, job: Job | None) -> None:
        if fault.fault in ADF_STATES:
            self._stuck = fault
        if fault.fault is VirtualFault.DOUBLE_FEED and job is not None:
            self._feed(2)
        stays_in_tray = fault.returns or fault.fault in (VirtualFault.SILENT_END, VirtualFault.EMPTY)
        if stays_in_tray and self.tray.next_number > number:
            self.tray.put_back_from(number)  # the sheet was under way: its front had gone out
            self._note("put_back", number)
        elif not stays_in_tray and self.tray.next_number == number and job is not None:
            self._feed(1)
        if job is not None:
            job.state, job.pending_back = "Aborted", 0

    def _finish(self, job: Job, state: str) -> None:
        """The job is over: what the operator puts back lies in the tray again."""
        job.state = state
        self._remember_return(job)
        if job.put_back_to and job.put_back_to < self.tray.next_number:
            self.tray.put_back_from(job.put_back_to)
            self._note("put_back", job.put_back_to)
        self._note("end", detail=state)
        if self._job is job:
            self._job = None

    def _fault_note(self, fault: Fault, number: int, face: Face) -> None:
        self.counters["faults"] += 1
        self._note("fault", number, face, fault.fault)

    def _note(self, what: str, sheet: int = 0, face: str = "", detail: str = "") -> None:
        self._noted += 1
        self.log.append(Event(time.time(), what, sheet, str(face), self._job.id if self._job else "", str(detail)))


def event_as_json(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in ("at", "what", "sheet", "face", "job", "detail")}


def fed_sheets(log: Iterable[Event]) -> list[int]:
    """Numbers of the sheets that left the feeder, in order, again when fed again."""
    return [event.sheet for event in log if event.what == "fed"]
