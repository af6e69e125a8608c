"""``sohoa convert`` into a folder: each file its own PDF/A; and the folder that is watched for more.

What was done is written down in the output folder, a line a file, so that no file is done twice and a restart goes on where
it stopped: by name, size and time where they are as they were, else by digest. A file that changed is done again under a new
name; nothing that stands in the output folder is overwritten."""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from station.arrivals import Memory, finished, forget, listing
from station.convert import Options, convert, write_report
from station.errors import SohoaError, UsageError
from station.workers import Executor

STATE = ".sohoa-watch"
DONE = "done.jsonl"
PAUSE = 1.0
"""Seconds between two looks at the folder."""


class Stopped(Exception):
    """Asked to end; the page in hand is done, the file goes on next time."""


@dataclass(frozen=True, slots=True)
class Said:
    """One file's end. ``status``: ``done``; ``trouble``: some page is a placeholder or without its text (``report`` says
    which); ``refused``: nothing came of it (``problem`` says why)."""

    file: Path
    status: Literal["done", "trouble", "refused"]
    out: Path | None = None
    pages: int = 0
    words: int = 0
    seconds: float = 0.0
    problem: str = ""
    report: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """For ``--json``, a line a file."""
        return {
            "file": str(self.file), "status": self.status, "out": str(self.out) if self.out else None, "pages": self.pages,
            "words": self.words, "seconds": self.seconds, "problem": self.problem,
            "report": str(self.report) if self.report else None,
        }  # fmt: skip


Tell = Callable[[Said], None]
Stop = Callable[[], bool]


class Folder:
    """An output folder and what was done into it. One process at a time."""

    def __init__(self, out: Path) -> None:
        """Makes the folder. Raises UsageError where it cannot be one, or another process works into it."""
        if out.exists() and not out.is_dir():
            raise _usage("convert.out_not_folder", path=out)
        (out / STATE).mkdir(parents=True, exist_ok=True)
        self.out, self._log, self._lock = out, out / STATE / DONE, out / STATE / "lock"
        self._take()
        self._done = {entry["name"]: entry for entry in self._read()}

    def close(self) -> None:
        """Let another process work here."""
        self._lock.unlink(missing_ok=True)

    def _take(self) -> None:
        try:
            holder = int(self._lock.read_text())
            os.kill(holder, 0)
        except (OSError, ValueError):
            holder = 0
        if holder not in (0, os.getpid()):
            raise _usage("convert.busy", path=self.out, folder=self._lock)
        self._lock.write_text(str(os.getpid()))

    def _read(self) -> Iterator[dict[str, Any]]:
        """Lines cut off by a power cut are as if never written."""
        if not self._log.exists():
            return
        for line in self._log.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue
            if isinstance(entry, dict) and "name" in entry:
                yield entry

    def has(self, name: str, path: Path) -> bool:
        """Whether this very file is done. Raises OSError where it cannot be read."""
        before, seen = self._done.get(name), path.stat()
        if before is None:
            return False
        if (before["size"], before["changed"]) == (seen.st_size, seen.st_mtime_ns):
            return True
        if before["size"] != seen.st_size or before["sha256"] != digest(path):
            return False
        self._note(before | {"changed": seen.st_mtime_ns})  # only touched
        return True

    def place(self, name: str) -> Path:
        """A path in the folder that nobody has yet."""
        wanted = (self.out / name).with_suffix(".pdf")
        wanted.parent.mkdir(parents=True, exist_ok=True)
        path, number = wanted, 2
        while path.exists():
            path, number = wanted.with_stem(f"{wanted.stem}-{number}"), number + 1
        return path

    def note(self, name: str, path: Path, said: Said) -> None:
        """Write down that a file is done, synced to disk."""
        seen = path.stat()
        self._note({
            "name": name, "size": seen.st_size, "changed": seen.st_mtime_ns, "sha256": digest(path), "status": said.status,
            "out": said.out.name if said.out else None, "at": datetime.now(UTC).isoformat(timespec="seconds"),
        })  # fmt: skip

    def _note(self, entry: dict[str, Any]) -> None:
        with self._log.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        self._done[entry["name"]] = entry


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def each(files: Sequence[Path], folder: Folder, options: Options, pool: Executor, *, tell: Tell,
         stop: Stop = lambda: False) -> bool:  # fmt: skip
    """Every file to its own PDF/A in ``folder``; folders' files keep their folders. Files done before are passed over.
    True if all came out without trouble. Raises Stopped, OSError (disk)."""
    fine = True
    for root, path in _named(files):
        said = _one(root, path, folder, options, pool, stop)
        if said is not None:
            tell(said)
            fine &= said.status == "done"
    return fine


def _named(files: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """(what names are relative to, file)."""
    for given in files:
        if given.is_dir():
            yield from ((given, path) for path in listing(given, deep=True))
        else:
            yield given.parent, given


def watch(source: Path, folder: Folder, options: Options, pool: Executor, *, tell: Tell, stop: Stop,
          clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:  # fmt: skip
    """Does every file that is laid into ``source``, once it is whole, until ``stop()``. A bad file is told and passed over.

    Raises Stopped in the middle of a file, UsageError for folders that cannot be, OSError (disk full: nothing is lost, the
    next start goes on)."""
    check_source(source, folder.out)
    memory: Memory = {}
    while not stop():
        there = [path for path in listing(source, deep=True) if not path.is_relative_to(folder.out)]
        forget(memory, there)
        whole = [path for path in there if finished(path, clock(), memory)]
        for path in whole:
            if stop():
                return
            said = _one(source, path, folder, options, pool, stop)
            if said is not None:
                tell(said)
        sleep(PAUSE)


def check_source(source: Path, out: Path) -> None:
    """Raises UsageError where ``source`` is no folder, or what is written there would be taken for new."""
    if not source.is_dir():
        raise _usage("convert.watch_no_folder", path=source)
    if source.resolve() == out.resolve():
        raise _usage("convert.watch_same_folder", path=source)


def _one(root: Path, path: Path, folder: Folder, options: Options, pool: Executor, stop: Stop) -> Said | None:
    """None for a file done before, or gone."""
    name = path.relative_to(root).as_posix()
    try:
        if folder.has(name, path):
            return None
    except OSError:
        return None
    said = _converted(path, folder.place(_kept_apart(root, path)), options, pool, stop)
    with suppress(FileNotFoundError):  # taken away while it was read: what came of it stays
        folder.note(name, path, said)
    return said


def _kept_apart(root: Path, path: Path) -> str:
    """The name to write under: a.jpg beside a.png does not become the same a.pdf."""
    name = path.relative_to(root)
    alike = [other for other in listing(path.parent) if other.stem == path.stem and other != path]
    return str(name.with_name(name.name.replace(".", "-") + ".pdf") if alike else name)


def _converted(path: Path, out: Path, options: Options, pool: Executor, stop: Stop) -> Said:
    def between(_done: int, _all: int) -> None:
        if stop():
            raise Stopped

    begun = time.perf_counter()
    try:
        outcome = convert([path], out, replace(options, title=options.title or path.stem), progress=between, pool=pool)
    except SohoaError as refusal:
        return Said(path, "refused", problem=str(refusal), seconds=round(time.perf_counter() - begun, 2))
    made = outcome.report["output"]
    done = Said(path, "done", out, made["pages"], made["words"], outcome.report["seconds"])
    if outcome.ok:
        return done
    report = out.with_suffix(".report.json")
    write_report(report, outcome.report)
    first = outcome.report["problems"][0]
    return replace(done, status="trouble", problem=f"{first['page']}: {first['what']}", report=report)


def _usage(key: str, **values: Any) -> UsageError:
    told = SohoaError.of(key, **values)
    return UsageError(told.what, told.why, told.next)
