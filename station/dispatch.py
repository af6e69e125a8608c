"""Page jobs: leased from the records, carried out in workers, results written back. The truth is in the records; this
dispatcher can die at any moment and the next one goes on."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import findings, jobs, pages, text_mends, texts
from batches.errors import DatabaseBusy
from batches.words import JobKind, PageState
from qc.finding import Finding, Level
from station import double_feed, mending_text, overlaps, secrecy, separating, vocabulary
from station.health import keep_sample
from station.house import House
from station.looking import LookResult, LookTask, Unreadable, finding_row, look
from station.reading import ReadResult, ReadTask, read_page, without_text
from station.workers import Executor, WorkerLost

log = logging.getLogger(__name__)

Question = Callable[[House, int], None]
"""What is asked about a page and its neighbours once it was looked at."""


@dataclass(slots=True)
class Line:
    """One kind of work with its workers: at most ``at_once`` of its jobs are under way."""

    kind: JobKind
    executor: Executor
    at_once: int
    under_way: dict[int, "Future[Any]"] = field(default_factory=dict)


class Dispatcher:
    """Step it often; it never blocks on a page."""

    def __init__(self, house: House, live: Executor, text: Executor, *, at_once: tuple[int, int], name: str = "engine") -> None:
        self._house, self._name = house, name
        self._lines = (Line(JobKind.LIVE, live, at_once[0]), Line(JobKind.TEXT, text, at_once[1]))
        self._settings = house.settings.processing
        self._changed = threading.Event()
        self._unasked: list[tuple[Question, int]] = []

    def step(self) -> bool:
        """Collect what is done, hand out what waits; True when anything moved."""
        unasked, self._unasked = self._unasked, []
        for question, page_id in unasked:
            self._ask(question, page_id)
        moved = [self._collect(line) | self._hand_out(line) for line in self._lines]
        return any(moved)

    def wait(self, seconds: float) -> None:
        """Until a job ends or the time is over."""
        self._changed.wait(seconds)
        self._changed.clear()

    # -- out -------------------------------------------------------------------------------------------------------

    def _hand_out(self, line: Line) -> bool:
        room = line.at_once - len(line.under_way)
        if room <= 0:
            return False
        with self._house.store.read() as connection:
            if not jobs.waiting(connection, line.kind) or self._must_wait(connection, line):
                return False
        lease = self._settings.page_seconds + self._house.settings.jobs.lease_seconds
        with self._house.store.write() as connection:
            rows = [row for row in jobs.lease(connection, line.kind, self._name, lease, room) if row.id not in line.under_way]
            tasks = [(row, self._task(connection, line.kind, row)) for row in rows]
        for row, (function, task) in tasks:
            future = line.executor.submit(function, task, self._settings.page_seconds)
            future.add_done_callback(lambda _: self._changed.set())
            line.under_way[row.id] = future
        return bool(tasks)

    def _must_wait(self, connection: Connection, line: Line) -> bool:
        """Reading begins no page while one waits to be looked at: an operator's eyes come first, two cores are few."""
        looking = self._lines[0]
        return line is not looking and (bool(looking.under_way) or jobs.waiting(connection, looking.kind))

    def _task(self, connection: Connection, kind: JobKind, job: Row[Any]) -> tuple[Callable[..., Any], Any]:
        page = pages.get(connection, job.page_id)
        batch = batch_records.get(connection, page.batch_id)
        folder = self._house.folders.page(batch.uid, page.uid)
        master = self._house.folders.master(page.master)
        values = pages.values(connection, page.id)
        if kind is JobKind.LIVE:
            person = {name: value.value for name, value in values.items() if value.by_person}
            partner = _partner(connection, page)
            return look, LookTask(
                master=str(master),
                folder=str(folder),
                person=person,
                warnings=tuple(page.warnings),
                partner=str(self._house.folders.master(partner)) if partner else None,
                dpi=(page.dpi_x, page.dpi_y),
                limits=self._house.settings.qc.limits,
                language=self._settings.ocr_language,
            )
        blank = values.get("blank")
        return read_page, ReadTask(
            master=str(master),
            folder=str(folder),
            values=values,
            blank=bool(blank and blank.value),
            attempt=job.attempt,
            seconds=self._settings.page_seconds * 0.8,  # the engine gives up before the worker is killed
            limits=self._house.settings.qc.limits,
            language=self._settings.ocr_language,
            dpi=(page.dpi_x, page.dpi_y),
            vocabulary=str(vocabulary.path_of(self._house)),
        )

    # -- back ------------------------------------------------------------------------------------------------------

    def _collect(self, line: Line) -> bool:
        ended = [(job_id, future) for job_id, future in line.under_way.items() if future.done()]
        for job_id, future in ended:
            self._settle(line.kind, job_id, future)
            del line.under_way[job_id]
        return bool(ended)

    def _settle(self, kind: JobKind, job_id: int, future: "Future[Any]") -> None:
        try:
            page_id = self._kept_whole(job_id, future.result())
        except TimeoutError:
            self._failed(kind, job_id, "timeout")
        except WorkerLost as error:
            self._failed(kind, job_id, f"crashed: {error}")
        except Unreadable as error:
            self._failed(kind, job_id, error.reason, final=True)
        except DatabaseBusy:
            raise  # not the page's doing: its lease runs out, and it is done again
        except Exception as error:  # the job's border: whatever a page did to its worker fails this job only
            log.exception("job %s", job_id)
            self._failed(kind, job_id, f"{type(error).__name__}: {error}")
        else:
            if kind is JobKind.LIVE:
                self._compare(page_id)

    def _kept_whole(self, job_id: int, result: LookResult | ReadResult) -> int:
        """What came of a job and that it is done, in one transaction; returns its page."""
        with self._house.store.write() as connection:
            page_id = jobs.page_of(connection, job_id)
            self._store(connection, page_id, result)
            jobs.done(connection, job_id)
        return page_id

    def _compare(self, page_id: int) -> None:
        """Has its sheet come before, or two at once?"""
        for question in (overlaps.consider, double_feed.consider):
            self._ask(question, page_id)

    def _ask(self, question: Question, page_id: int) -> None:
        """What is wrong with a question never harms the page; where the records are busy it is asked again."""
        try:
            question(self._house, page_id)
        except DatabaseBusy:
            self._unasked.append((question, page_id))
        except Exception:
            log.exception("page %s among its neighbours", page_id)

    def _failed(self, kind: JobKind, job_id: int, why: str, *, final: bool = False) -> None:
        log.warning("job %s (%s) failed: %s", job_id, kind.value, why)
        with self._house.store.write() as connection:
            over = jobs.fail(connection, job_id, why, final=final)
            page_id = jobs.page_of(connection, job_id)
            if not over:
                return
            if kind is JobKind.LIVE:
                self._unjudged(connection, page_id, "unreadable" if final else "not_judged")
                return
            job = jobs.of_page(connection, page_id)[kind.value]
            task = self._task(connection, kind, job)[1]
        result = without_text(task, "timeout" if why == "timeout" else "failed")
        with self._house.store.write() as connection:
            self._store(connection, page_id, result)

    def _store(self, connection: Connection, page_id: int, result: LookResult | ReadResult) -> None:
        _kept(connection, page_id, result)
        if isinstance(result, LookResult):
            separating.looked(connection, self._house, page_id)
        elif text_mends.of_page(connection, page_id):
            mending_text.refresh(connection, self._house, page_id)
        separating.quiet(connection, page_id)

    def _unjudged(self, connection: Connection, page_id: int, hint: str) -> None:
        """A page nobody could look at is an error on the desk, never a gap."""
        row = finding_row(Finding("file.master", Level.ERROR, hint=hint))
        page = pages.get(connection, page_id)
        findings.replace(connection, page.batch_id, page_id, "live", [row])
        pages.changed(connection, page_id)


def _kept(connection: Connection, page_id: int, result: LookResult | ReadResult) -> None:
    page = pages.get(connection, page_id)
    if isinstance(result, LookResult):
        pages.set_machine_values(connection, page_id, "live", result.values)
        findings.replace(connection, page.batch_id, page_id, "live", result.findings)
        keep_sample(connection, page_id, result.device)
        if page.state == PageState.KEPT.value:
            jobs.queue(connection, page_id, JobKind.TEXT)
    else:
        texts.store(
            connection,
            page_id,
            plain=result.plain,
            words=result.words,
            confidence=result.confidence,
            engine=result.engine,
            note=result.note,
        )
        findings.replace(connection, page.batch_id, page_id, "text", result.findings)
        secrecy.raise_alarm(connection, page, pages.values(connection, page_id), result.marks)
    pages.changed(connection, page_id)


def _partner(connection: Connection, page: Row[Any]) -> str | None:
    """The master of the sheet's other side, where it has come."""
    for row in pages.versions(connection, page.sheet_id):
        if row.face != page.face and row.state == PageState.KEPT.value:
            return str(row.master)
    return None
