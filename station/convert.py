"""Files to one searchable PDF/A-2b: the pages go to worker processes, results wait in a work folder beside the output, and
the file is bound by the first worker that has no page left. A page that hangs or dies is tried in other ways, and a bad one
becomes a placeholder.

Nothing heavy is imported here but where a page is lost: the workers have it all, and a short run is mostly waiting for them."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from time import perf_counter
from typing import Any

import pebble

from imaging.ocr.tessdata import LanguageMissing, find_tessdata
from station import convert_task
from station.convert_pages import Page, find_pages
from station.convert_task import BindTask, Bound, Options, PageTask, Refused, TryAgain, stored
from station.errors import SohoaError, UsageError
from station.words import words
from station.workers import Executor, LocalPool, WorkerLost

READY = ("station.convert_ready",)
BIND_SECONDS = 3600.0
LOOKS = {"working": 0.1, "ending": 0.005}
"""Seconds between Pebble's looks at its workers, of which each costs: few while pages are read, many where a run waits for
the last look to end."""

USUAL = Options()
Progress = Callable[[int, int], None]
Work = Callable[[PageTask], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """``report``: everything, ready for JSON. ``ok``: every page is there with its picture, and was read if asked for."""

    report: dict[str, Any]
    ok: bool


@dataclass(slots=True)
class _Job:
    """One run: its pages, its work folder, and what happened on the way."""

    out: Path
    folder: Path
    options: Options
    work: Work
    pages: list[Page]
    done: int = 0
    resumed: int = 0
    notes: dict[str, list[str]] = field(default_factory=dict)

    @property
    def wanted(self) -> Path:
        """Stands as long as the file is to be bound."""
        return self.folder / "wanted"


def convert(inputs: Sequence[Path], out: Path, options: Options = USUAL, *, progress: Progress | None = None,
            text: Path | None = None, work: Work = convert_task.work, pool: Executor | None = None) -> Outcome:  # fmt: skip
    """Convert ``inputs`` (files, or folders taken in natural order) to ``out``; plain text to ``text`` if given.

    ``progress(done, all)`` is told after each page. ``work`` does one page in a worker process. ``pool``: workers to use
    and leave open; else ``options.jobs`` are started and stopped. Raises UsageError for what cannot start, SohoaError
    where no page or no conforming file comes of it, OSError for a full disk. Interrupted, it leaves its work folder, and
    the next call with the same inputs and options goes on."""
    begun = perf_counter()
    _check(inputs, out, options)
    crew = pool or workers(options)
    try:
        job = _Job(out, out.parent / f".{out.name}.sohoa", options, work, find_pages(inputs, out, options, crew))
        with _held(job.folder, out):
            bound = _run(job, crew, progress or (lambda _done, _all: None))
            report = _report(job, bound, perf_counter() - begun)
            if text is not None:
                _write(text, _plain(job))
    finally:
        if pool is None:
            crew.close()
    shutil.rmtree(job.folder, ignore_errors=True)
    return Outcome(report, not report["problems"])


# --- what goes in ----------------------------------------------------------------------------------------------------


def _check(inputs: Sequence[Path], out: Path, options: Options) -> None:
    if not out.parent.is_dir():
        raise _usage("convert.out_folder", path=out.parent)
    if any(path.exists() and out.exists() and path.samefile(out) for path in inputs):
        raise _usage("convert.out_is_input", path=out)
    if options.language:
        try:
            find_tessdata((options.language,))
        except LanguageMissing as missing:
            raise _usage("convert.language", detail=str(missing), packages=" ".join(missing.packages)) from missing


def _usage(key: str, **values: Any) -> UsageError:
    told = SohoaError.of(key, **values)
    return UsageError(told.what, told.why, told.next)


class _held:  # noqa: N801 - reads as a word: with _held(folder, out)
    """The work folder belongs to one run at a time; a lock left by a dead process is taken over."""

    def __init__(self, folder: Path, out: Path) -> None:
        self._lock, self._folder, self._out = folder / "lock", folder, out

    def __enter__(self) -> None:
        self._folder.mkdir(exist_ok=True)
        holder = self._holder()
        if holder and _alive(holder):
            raise _usage("convert.busy", path=self._out, folder=self._folder)
        self._lock.write_text(str(os.getpid()))

    def __exit__(self, *_: object) -> None:
        self._lock.unlink(missing_ok=True)

    def _holder(self) -> int:
        try:
            return int(self._lock.read_text())
        except (OSError, ValueError):
            return 0


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError as fault:
        return fault.errno == errno.EPERM
    return pid != os.getpid()


# --- the run ---------------------------------------------------------------------------------------------------------


def _run(job: _Job, crew: Executor, progress: Progress) -> Bound:
    try:
        return _bound(_work_through(job, crew, progress))
    finally:
        job.wanted.unlink(missing_ok=True)


def _at_a_time(options: Options) -> int:
    return options.jobs or os.cpu_count() or 1


def workers(options: Options) -> LocalPool:
    """Processes for ``convert`` to use again and again."""
    return LocalPool(_at_a_time(options), ready=READY, forked=True)


def _work_through(job: _Job, pool: Executor, progress: Progress) -> "Future[Bound]":
    """Every page to a stored result, in whatever order they come. Returns the file to come."""
    running: dict[Future[Any], Page] = {}
    for page in _unfinished(job):
        running[pool.submit(job.work, _task(job, page), job.options.seconds)] = page
    pebble.CONSTS.sleep_unit = LOOKS["working"]
    bound: Future[Bound] | None = None
    try:
        progress(job.done, len(job.pages))
        while running:
            if bound is None and len(running) < _at_a_time(job.options):
                bound = _bind(job, pool)  # by the worker that has no page left: it takes the last ones as they come
            ready, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ready:
                page = running.pop(future)
                if not _settled(job, page, future):
                    running[pool.submit(job.work, _task(job, page), job.options.seconds)] = page
                    _given_up(job, bound)  # its worker may be the one that this page needs
                    bound = None
                    continue
                job.done += 1
                progress(job.done, len(job.pages))
    except Exception:
        _given_up(job, bound)
        _let_end(running)
        if bound is None or bound.exception() is not None:
            raise  # else the file was made in the last moment
    return bound or _bind(job, pool)


def _let_end(running: Iterable[Future[Any]]) -> None:
    """The pages in hand end before the run does: else they would be done again beside themselves by the next run on the same
    workers. Those not begun are not begun."""
    begun = [future for future in running if future.running() or not future.cancel()]
    wait(begun)


def _unfinished(job: _Job) -> list[Page]:
    """Pages still to do; of the same page given twice only the first."""
    todo, seen = [], set()
    for page in job.pages:
        if page.error is not None:
            _lost(job, page, page.error)
        elif stored(job.folder, page.name) is not None:
            job.resumed += 1
        elif page.name not in seen:
            seen.add(page.name)
            todo.append(page)
            continue
        job.done += 1
    return todo


def _task(job: _Job, page: Page) -> PageTask:
    told = job.options
    return PageTask(
        str(page.source), page.number, str(job.folder), page.name, quality=told.quality, dpi=told.dpi,
        language=told.language, seconds=told.seconds, attempt=convert_task.ladder(told.language)[page.rung],
        compact=told.compact,
    )  # fmt: skip


def _settled(job: _Job, page: Page, future: "Future[Any]") -> bool:
    """Whether the page has its result; else the next rung is due. A full disk ends the run, with what is done kept."""
    try:
        future.result()
    except TimeoutError:
        return _next_rung(job, page, "timeout")
    except WorkerLost:
        return _next_rung(job, page, "crashed")
    except OSError:
        raise
    except TryAgain as why:
        return _next_rung(job, page, str(why.args[0]))
    except Exception as error:  # noqa: BLE001 - the border of a job: the page is marked, the rest goes on
        return _failed(job, page, error)
    return True


def _failed(job: _Job, page: Page, error: Exception) -> bool:
    from imaging.load import LoadError  # noqa: PLC0415

    if not isinstance(error, LoadError):
        return _next_rung(job, page, "failed")
    _lost(job, page, error)
    return True


def _next_rung(job: _Job, page: Page, why: str) -> bool:
    job.notes.setdefault(page.name, []).append(why)
    page.rung += 1
    if page.rung < len(convert_task.ladder(job.options.language)):
        return False
    from imaging.load import Damaged  # noqa: PLC0415

    _lost(job, page, Damaged(page.source, why, page.number))
    return True


def _lost(job: _Job, page: Page, error: Exception) -> None:
    """A placeholder keeps the page's place. No word of it enters the text layer: it is not the document's."""
    from imaging import pdfa  # noqa: PLC0415
    from station import convert_page  # noqa: PLC0415
    from station.inspecting import bad_page  # noqa: PLC0415
    from station.placeholder import placeholder  # noqa: PLC0415

    told = bad_page(page.source, page.number, error)
    picture = pdfa.encode(placeholder(page.source.name, page.number, told["message"]), job.options.quality)
    convert_page.store(_task_of_lost(job, page), picture, None, told, "placeholder")


def _task_of_lost(job: _Job, page: Page) -> PageTask:
    return PageTask(str(page.source), page.number, str(job.folder), page.name)


# --- binding ---------------------------------------------------------------------------------------------------------


def _bind(job: _Job, pool: Executor) -> "Future[Bound]":
    """The file is begun, by one worker; pages that are not there yet are waited for as long as ``job.wanted`` stands."""
    pebble.CONSTS.sleep_unit = LOOKS["ending"]
    job.wanted.touch()
    names, title = tuple(page.name for page in job.pages), job.options.title or job.out.stem
    task = BindTask(str(job.folder), names, str(job.out), title, _now(), str(job.wanted))
    waiting = job.options.seconds * len(convert_task.ladder(job.options.language))
    return pool.submit(convert_task.bind, task, BIND_SECONDS + waiting)


def _given_up(job: _Job, bound: "Future[Bound] | None") -> None:
    """Who waits for the last pages waits no more."""
    job.wanted.unlink(missing_ok=True)
    if bound is not None:
        wait([bound])


def _now() -> datetime:
    """The present, or SOURCE_DATE_EPOCH (reproducible-builds.org) where a run must give the same bytes again."""
    fixed = os.environ.get("SOURCE_DATE_EPOCH", "")
    return (datetime.fromtimestamp(int(fixed)) if fixed.isdigit() else datetime.now()).astimezone()


def _bound(future: "Future[Bound]") -> Bound:
    try:
        return future.result()
    except Refused as refusal:
        raise SohoaError.of("convert.not_conforming", detail="; ".join(refusal.args[0][:3])) from refusal


# --- what comes out --------------------------------------------------------------------------------------------------


def _report(job: _Job, bound: Bound, seconds: float) -> dict[str, Any]:
    pages = [_page_report(job, page) for page in job.pages]
    problems = [{"file": page["file"], "page": page["page"], "what": page["trouble"]} for page in pages if page["trouble"]]
    output = {"file": str(job.out), "pages": bound.pages, "words": bound.words, "bytes": bound.bytes,
              "sha256": bound.sha256, "conformance": bound.conformance}  # fmt: skip
    return {"output": output, "seconds": round(seconds, 2), "resumed": job.resumed, "problems": problems, "pages": pages}


def _page_report(job: _Job, page: Page) -> dict[str, Any]:
    record = stored(job.folder, page.name)
    assert record is not None, "a bound page is stored"
    attempts = job.notes.get(page.name, [])
    page_said: dict[str, Any] = record["page"]
    return page_said | {"status": record["status"], "attempts": attempts, "trouble": _trouble(record, attempts)}


def _trouble(record: dict[str, Any], attempts: Sequence[str]) -> str:
    """One line for a page that is not as it should be, empty for the others."""
    if record["status"] == "placeholder":
        return str(record["page"]["message"])
    if record["status"] == "as_it_is":
        return words("convert.as_it_is")
    if record["status"] == "without_text":
        return words("convert.without_text", note=words(f"convert.note.{attempts[-1] if attempts else 'failed'}"))
    return ""


def _plain(job: _Job) -> str:
    """The pages' text, parted by form feeds, as pdftotext gives it."""
    from station import convert_page  # noqa: PLC0415

    said = []
    for page in job.pages:
        text = convert_page.pdf_page(job.folder, page.name).text
        said.append(text.plain() + "\n" if text is not None and text.lines else "")
    return "\f".join(said)


def _write(path: Path, content: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(content, encoding="utf-8")
    part.replace(path)


def write_report(path: Path, report: dict[str, Any]) -> None:
    """The report as JSON; whole or not at all. Raises OSError."""
    _write(path, json.dumps(report, ensure_ascii=False, indent=1) + "\n")


__all__ = ["Options", "Outcome", "convert", "write_report"]
