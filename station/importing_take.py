"""Taking one file in: a private copy, its digest, its pages as masters, its row in the records. Safe to repeat at any point."""

import errno
import hashlib
import logging
import os
import shutil
import stat
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import items, pages, runs, sheets, sources
from batches.clock import VIETNAM
from batches.errors import Exists
from batches.sources import NewSource
from batches.words import RunRequest, SourceState
from scanner.model import FaultKind
from scanner.spool import sync_folder
from station.capture import RESERVE_BYTES
from station.house import House
from station.importing_layout import Layout, Slot
from station.importing_page import MIMES, PageMade, PageWish, Seen, examine, make
from station.importing_plan import Entry
from station.spooled import new_side
from station.workers import Executor, WorkerLost

log = logging.getLogger(__name__)

_CHUNK = 1 << 20
_EXAMINE_SECONDS = 60.0
_HOUSE_FAULTS = {FaultKind.DISK_FULL.value: FaultKind.DISK_FULL, FaultKind.IO_ERROR.value: FaultKind.IO_ERROR}
_OURS = (errno.ENOSPC, errno.EDQUOT)


class Stopped(Exception):
    """The import ends here for now; everything before is on record."""

    def __init__(self, fault: FaultKind, detail: str = "") -> None:
        super().__init__(fault.value)
        self.fault, self.detail = fault, detail


class Refused(Exception):
    """This file gives no page; the next one follows."""

    def __init__(self, reason: str, detail: str = "", **facts: Any) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, {**({"detail": detail} if detail else {}), **facts}


@dataclass(frozen=True, slots=True)
class Copy:
    """Our private copy of a file: what happens to the original from here on changes nothing."""

    path: Path
    sha256: str
    bytes: int


class Taker:
    """Takes the files of one run. One thread; pages are made in a worker process."""

    def __init__(self, house: House, run: Row[Any], pool: Executor, over: threading.Event) -> None:
        self.house, self.run, self._pool, self._over = house, run, pool, over
        self.whole_files = False
        """a person's stop waits for the end of a file"""
        with house.store.read() as connection:
            self._batch = batch_records.get(connection, run.batch_id)
            self._rows = {row.facts["index"]: row for row in sources.of_run(connection, run.id)}
            self._known = {_mark(row.facts): row.id for row in pages.of_run(connection, run.id)}
        self._spool = house.folders.run(self._batch.uid, run.uid) / f"{run.attempts:03d}"
        self._kept = house.folders.sources / self._batch.uid / run.uid
        settings = run.settings
        self._layout = Layout(settings["faces"] == "pairs", settings["documents"] == "file")
        done = [row for row in self._rows.values() if not _waits(row)]
        if done:
            self._layout.sheet, self._layout.half = max(done, key=lambda row: row.facts["index"]).facts["next"]

    @property
    def next_index(self) -> int:
        """For a run whose files are not known beforehand."""
        return 1 + max(self._rows, default=-1)

    @property
    def rows(self) -> list[Row[Any]]:
        return [row for row in self._rows.values() if not _waits(row)]

    def rest(self, seconds: float) -> None:
        """Until the time is over or the station ends."""
        self._over.wait(seconds)

    def unfinished(self) -> Row[Any] | None:
        """The file that was being taken in when the station stopped."""
        return next((row for row in self._rows.values() if _waits(row)), None)

    def heed(self, *, within_file: bool = False) -> None:
        """Raises Stopped where the station ends or a person asks to stop."""
        if self._over.is_set():
            raise Stopped(FaultKind.INTERRUPTED)
        with self.house.store.write() as connection:
            asked = runs.beat(connection, self.run.id, "store")
        if asked is RunRequest.STOP and not (within_file and self.whole_files):
            raise Stopped(FaultKind.OPERATOR_STOP)

    def take(self, index: int, entry: Entry) -> Row[Any]:
        """Bring one file in, or refuse it with its reason; returns its row. Raises Stopped between pages."""
        row = self._rows.get(index)
        if row is not None and not _waits(row):
            return row
        self.heed(within_file=True)
        self._require_room(entry.bytes)
        copy: Copy | None = None
        try:
            copy = self._bring(index, entry)
            self._take_copy(index, entry, copy, row)
        except Refused as refused:
            self._refuse(index, entry, copy, refused)
        return self._rows[index]

    def tidy(self) -> None:
        """At the end: private copies that are no longer wanted, also those a power cut left."""
        wanted = {row.facts.get("kept") for row in self._rows.values()}
        for path in self._kept.iterdir() if self._kept.is_dir() else []:
            if path.relative_to(self.house.folders.root).as_posix() not in wanted:
                path.unlink()

    # -- the file --------------------------------------------------------------------------------------------------

    def _bring(self, index: int, entry: Entry) -> Copy:
        if entry.reason:
            raise Refused(entry.reason)
        target = self._kept / f"f{index + 1:06d}{Path(entry.name).suffix.lower()[:5]}"
        if target.exists() and self._is_of(index, entry):  # whole: it got its name only when it was durable
            return Copy(target, _digest(target), target.stat().st_size)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        with _opened(Path(entry.path)) as origin:
            digest, size = self._pour(origin, part)
        part.rename(target)
        sync_folder(target.parent)
        if entry.ours:
            Path(entry.path).unlink(missing_ok=True)
        return Copy(target, digest, size)

    def _is_of(self, index: int, entry: Entry) -> bool:
        """Whether a copy that lies there is this file's: begun already, or brought before its origin was let go. One of a file
        that was cut off before it was on record may be another's, where nothing says which file comes next."""
        return index in self._rows or (entry.ours and not Path(entry.path).exists())

    def _pour(self, origin: BinaryIO, part: Path) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        with part.open("wb") as file:
            while piece := _read(origin):
                _write(file, piece)
                digest.update(piece)
                size += len(piece)
            _write(file, b"")
        return digest.hexdigest(), size

    def _take_copy(self, index: int, entry: Entry, copy: Copy, row: Row[Any] | None) -> None:
        if row is None and not self.run.settings["again"]:
            self._refuse_known(copy)
        seen: Seen = self._worked(examine, str(copy.path), _EXAMINE_SECONDS, lambda why: Seen(reason=why))
        if seen.reason:
            raise Refused(seen.reason, seen.detail)
        provenance = _provenance(index, entry, copy)
        slots = self._layout.place(seen.pages)
        source_id = row.id if row is not None else self._begin(index, entry, copy, seen)
        bad = self._take_pages(source_id, copy, seen, slots, provenance)
        stored = [number for number in range(1, seen.pages + 1) if number not in bad]
        facts: dict[str, Any] = {"bad_pages": {str(number): why for number, why in bad.items()}, "expected": seen.pages}
        if not stored:
            raise Refused(bad[1], pages=seen.pages, row=source_id)
        self._finish(index, source_id, copy, seen, stored, facts)

    def _refuse_known(self, copy: Copy) -> None:
        with self.house.store.read() as connection:
            stored = sources.stored(connection, copy.sha256)
        if stored is not None:
            raise Refused("duplicate", stored=asdict(stored))

    def _begin(self, index: int, entry: Entry, copy: Copy, seen: Seen) -> int:
        source = self._source(index, entry, copy, {"file": seen.facts or {}, "kind": seen.kind, "expected": seen.pages})
        with self.house.store.write() as connection:
            return sources.begin(connection, self.run, source)

    def _finish(self, index: int, source_id: int, copy: Copy, seen: Seen, stored: list[int], facts: dict[str, Any]) -> None:
        keeps = not (seen.pages == 1 and seen.kind in MIMES)  # a single picture is its own master
        if keeps:
            facts["kept"] = copy.path.relative_to(self.house.folders.root).as_posix()
        facts["next"] = [self._layout.sheet, self._layout.half]
        with self.house.store.write() as connection:
            sources.finish(connection, self.run, source_id, len(stored), facts)
            if self.run.settings["documents"] == "file":
                self._begin_document(connection, self._known[index, stored[0]])
        self._reload(index)
        if not keeps:
            copy.path.unlink(missing_ok=True)

    def _begin_document(self, connection: Connection, page_id: int) -> None:
        if pages.in_order(connection, self.run.batch_id)[0].id == page_id:
            return  # the first document begins with the batch
        try:
            items.split(connection, self.run.operator, page_id)
        except Exists:
            return

    def _refuse(self, index: int, entry: Entry, copy: Copy | None, refused: Refused) -> None:
        before = self._rows.get(index)
        begun = refused.facts.pop("row", before.id if before is not None else None)
        if begun is None and refused.reason != "duplicate":
            self._layout.pass_over(entry)
        facts = {**refused.facts, "next": [self._layout.sheet, self._layout.half]}
        with self.house.store.write() as connection:
            if begun is not None:
                sources.turn_down(connection, self.run, begun, refused.reason, facts)
            else:
                sources.refuse(connection, self.run, self._source(index, entry, copy, facts), refused.reason)
        self._reload(index)
        if copy is not None:
            copy.path.unlink(missing_ok=True)

    def _source(self, index: int, entry: Entry, copy: Copy | None, facts: dict[str, Any]) -> NewSource:
        where = {} if entry.ours else {"path": _clean(entry.path)}
        digest, size = (copy.sha256, copy.bytes) if copy is not None else ("", entry.bytes)
        return NewSource(
            index,
            entry.name,
            digest,
            size,
            self.run.settings["origin"],
            {**where, "modified": moment(entry.modified_ns), "stamp": [entry.bytes, entry.modified_ns], **facts},
        )

    def _reload(self, index: int) -> None:
        with self.house.store.read() as connection:
            self._rows |= {row.facts["index"]: row for row in sources.of_run(connection, self.run.id)}
        assert index in self._rows

    # -- its pages -------------------------------------------------------------------------------------------------

    def _take_pages(
        self, source_id: int, copy: Copy, seen: Seen, slots: list[Slot], provenance: dict[str, Any]
    ) -> dict[int, str]:
        """Every page that is not on record yet; returns the bad ones with their reasons."""
        bad: dict[int, str] = {}
        index = provenance["index"]
        for number, slot in enumerate(slots, start=1):
            if (index, number) in self._known:
                continue
            self.heed(within_file=True)
            self._require_room(0)
            wish = PageWish(
                str(copy.path), seen.kind, seen.pages, number, str(self._spool), slot.sheet, slot.face, provenance,
                self.run.settings["dpi"], os.getpid(),
            )  # fmt: skip
            seconds = self.house.settings.processing.page_seconds
            made: PageMade = self._worked(make, wish, seconds, lambda why: PageMade(reason=why))
            if made.side is None:
                bad[number] = self._page_lost(slot, made)
            else:
                self._record(source_id, (index, number), made)
        return bad

    def _record(self, source_id: int, mark: tuple[int, int], made: PageMade) -> None:
        assert made.side is not None
        with self.house.store.write() as connection:
            page_id = pages.record(connection, self.run, new_side(self.house, self.run, made.side))
            turn_as_told(connection, self.house, page_id, made.side.facts)
            self._known[mark] = page_id
            sources.advance(connection, source_id, sum(index == mark[0] for index, _ in self._known))

    def _page_lost(self, slot: Slot, made: PageMade) -> str:
        """A page inside a file that cannot be had keeps its sheet's number, as a sheet lost in a feeder does."""
        if made.reason in _HOUSE_FAULTS:
            raise Stopped(_HOUSE_FAULTS[made.reason], made.detail)
        with self.house.store.write() as connection:
            sheets.lost(connection, self.run, slot.sheet, made.reason[:30])
        return made.reason

    def _worked(self, function: Callable[[Any], Any], task: Any, seconds: float, lost: Callable[[str], Any]) -> Any:
        """The worker's answer; what a file did to its worker is the file's reason."""
        future = self._pool.submit(function, task, seconds)
        try:
            return future.result()
        except TimeoutError:
            return lost("too_slow")
        except WorkerLost:
            return lost("crashed")
        except OSError:
            raise  # our own disk, not the file
        except Exception:  # this file's border: whatever it did to its decoder, the next file follows
            log.exception("import %s", self.run.id)
            return lost("damaged")

    def _require_room(self, wanted: int) -> None:
        free = shutil.disk_usage(self.house.folders.root).free
        if free < RESERVE_BYTES + 2 * wanted:
            raise Stopped(FaultKind.DISK_FULL, f"{free} bytes left")


def turn_as_told(connection: Connection, house: House, page_id: int, facts: dict[str, Any]) -> None:
    """Where a PDF shows a page's bytes turned, that is its maker's word, and stands over a machine's."""
    turn = facts.get("source", {}).get("turn")
    known = pages.values(connection, page_id).get("orientation")
    if turn and not (known and known.by_person):
        pages.set_person_value(connection, house.machine.login, page_id, "orientation", turn)


def _waits(row: Row[Any]) -> bool:
    return row.state == SourceState.STORED.value and not row.facts.get("complete")


def _mark(facts: dict[str, Any]) -> tuple[int, int]:
    return facts["source"]["index"], facts["source"]["page"]


def _provenance(index: int, entry: Entry, copy: Copy) -> dict[str, Any]:
    """What each page says of the file it came from."""
    return {
        "index": index,
        "name": entry.name,
        "sha256": copy.sha256,
        "bytes": copy.bytes,
        "modified": moment(entry.modified_ns),
    }


def moment(ns: int) -> str:
    """ISO 8601 with offset; empty where nothing is known."""
    try:
        return datetime.fromtimestamp(ns / 1e9, VIETNAM).isoformat(timespec="seconds") if ns else ""
    except (ValueError, OverflowError, OSError):  # a clock gone mad: no calendar has that day
        return ""


def _clean(path: str) -> str:
    return path.encode("utf-8", "replace").decode("utf-8")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _opened(path: Path) -> BinaryIO:
    """The file itself, never where a link leads, never a pipe that would wait. Raises Refused."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        raise Refused("symlink" if error.errno == errno.ELOOP else "unreadable", error.strerror or "") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Refused("not_a_file")
    return os.fdopen(handle, "rb")


def _read(origin: BinaryIO) -> bytes:
    try:
        return origin.read(_CHUNK)
    except OSError as error:
        raise Refused("unreadable", error.strerror or "") from error


def _write(file: BinaryIO, piece: bytes) -> None:
    """An empty piece makes what was written durable. Raises Stopped: our disk failed, not the file."""
    try:
        if piece:
            file.write(piece)
            return
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
        raise Stopped(FaultKind.DISK_FULL if error.errno in _OURS else FaultKind.IO_ERROR, str(error)) from error
