"""The hot folder: what another maker's capture program lays there goes into the batch that receives.

Only whole files are taken, the oldest first; each is moved away once its pages are durable and on record: to ``da-nhan``,
to ``da-co`` where the same bytes were stored before, to ``khong-doc-duoc`` where it gives no page, with a line saying why.
The folder is looked at again and again rather than watched, for network shares tell nobody of changes."""

import logging
import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from batches import batch as batch_records
from batches.words import SourceState
from imaging.load import SUFFIXES
from scanner.model import FaultKind
from station.arrivals import Memory, finished, forget
from station.house import House
from station.importing_plan import Entry, passed_over
from station.importing_take import Stopped, Taker
from station.importing_view import reason_line
from station.natural import order
from station.words import speaking

log = logging.getLogger(__name__)

TAKEN, KNOWN, UNREADABLE = "da-nhan", "da-co", "khong-doc-duoc"
LOOK_SECONDS = 1.0
Inode = tuple[int, int]


@dataclass(frozen=True, slots=True)
class HotView:
    """``waiting``: files that lie there; ``reachable``: the folder can be read; ``batch``: the number of the one that
    receives, with its id; None = nobody does and files wait."""

    folder: Path
    reachable: bool
    waiting: int
    batch: int | None = None
    batch_id: int | None = None


def view(house: House) -> HotView | None:
    """The hot folder as the desk shows it; None where none is set up."""
    from station.importing import receiving  # noqa: PLC0415  it hands its runs to this module

    folder = house.settings.scanning.hot_folder
    if folder is None:
        return None
    with house.store.read() as connection:
        run = receiving(connection)
        batch = batch_records.get(connection, run.batch_id) if run is not None else None
    reachable, waiting = True, 0
    try:
        waiting = len(_lying(folder))
    except OSError:
        reachable = False
    return HotView(folder, reachable, waiting, batch.number if batch else None, batch.id if batch else None)


def receive(house: House, taker: Taker) -> None:
    """Take files as they come until a person ends it. Raises Stopped where the station ends or the disk is full."""
    folder = house.settings.scanning.hot_folder
    if folder is None:
        raise Stopped(FaultKind.OFFLINE, "no hot folder is set up")
    taker.whole_files = True
    receiver = _Receiver(house, folder, taker)
    receiver.catch_up()
    while True:
        try:
            taker.heed()
        except Stopped as stopped:
            if stopped.fault is FaultKind.OPERATOR_STOP:
                return
            raise
        receiver.look()
        taker.rest(LOOK_SECONDS)


class _Receiver:
    def __init__(self, house: House, folder: Path, taker: Taker) -> None:
        self._house, self._folder, self._taker = house, folder, taker
        self._memory: Memory = {}
        self._stuck: set[tuple[Path, int, int]] = set()
        """taken, but its folder does not let us move it"""

    def catch_up(self) -> None:
        """What a power cut left half done: a file half taken in, a file taken in but not moved."""
        half = self._taker.unfinished()
        if half is not None:
            self._take(half.facts["index"], Entry(half.name, half.facts["path"], *half.facts["stamp"]))
        for row in self._taker.rows:
            path = Path(row.facts.get("path") or "-")
            if path.parent == self._folder and path.is_file() and row.facts.get("stamp") == _stamp(path):
                self._put_away(path, row)

    def look(self) -> None:
        try:
            lying = _lying(self._folder)
        except OSError as error:
            log.warning("hot folder: %s", error)  # a share that is away comes back
            return
        forget(self._memory, lying)
        now = time.monotonic()
        whole = [path for path in lying if finished(path, now, self._memory) and self._key(path) not in self._stuck]
        busy = written_to(whole) if whole else set()
        for path in sorted(whole, key=_age):
            with suppress(FileNotFoundError):
                if _inode(path.lstat()) not in busy:
                    self._take(self._taker.next_index, _entry(path))

    def _take(self, index: int, entry: Entry) -> None:
        row = self._taker.take(index, entry)
        path = Path(entry.path)
        if os.path.lexists(path):
            self._put_away(path, row)

    def _put_away(self, path: Path, row: Row[Any]) -> None:
        """Move the file aside, unless it has changed since: then it is another file under the same name."""
        if row.facts.get("stamp") not in (None, _stamp(path)):
            return
        refused = row.state == SourceState.REFUSED.value
        where = TAKEN if not refused else KNOWN if row.reason == "duplicate" else UNREADABLE
        try:
            target = _free_name(self._folder / where / path.name)
            path.rename(target)
            if refused:
                with speaking(self._house.settings.station.language):
                    line = reason_line(row) + "\n"
                with _free_name(target.with_name(target.name + ".txt")).open("x", encoding="utf-8") as note:  # never a link
                    note.write(line)
        except OSError as error:
            log.warning("hot folder: %s stays: %s", path.name, error)
            with suppress(OSError):
                self._stuck.add(self._key(path))

    def _key(self, path: Path) -> tuple[Path, int, int]:
        seen = path.lstat()
        return path, seen.st_size, seen.st_mtime_ns


def _lying(folder: Path) -> list[Path]:
    """Files that wait. Raises OSError where the folder cannot be read."""
    with os.scandir(folder) as entries:
        return [
            Path(entry.path) for entry in entries if not passed_over(entry.name) and not entry.is_dir(follow_symlinks=False)
        ]


def _entry(path: Path) -> Entry:
    seen = path.lstat()
    reason = ""
    if not stat.S_ISREG(seen.st_mode):
        reason = "symlink" if stat.S_ISLNK(seen.st_mode) else "not_a_file"
    elif path.suffix.lower() not in SUFFIXES:
        reason = "wrong_type"
    return replace(Entry(path.name, str(path), seen.st_size, seen.st_mtime_ns), reason=reason)


def _age(path: Path) -> tuple[int, Any]:
    try:
        return path.lstat().st_mtime_ns, order(path.name)
    except OSError:
        return 0, order(path.name)


def _stamp(path: Path) -> list[int]:
    seen = path.lstat()
    return [seen.st_size, seen.st_mtime_ns]


def _free_name(path: Path) -> Path:
    path.parent.mkdir(exist_ok=True)
    names = (path, *(path.with_name(f"{path.stem} ({number}){path.suffix}") for number in range(2, 10_000)))
    return next(name for name in names if not os.path.lexists(name))


# -- who still writes ----------------------------------------------------------------------------------------------


def written_to(paths: list[Path]) -> set[Inode]:
    """Which of these files a process of this machine holds open for writing, as far as the system lets us see (Linux)."""
    wanted: set[Inode] = set()
    for path in paths:
        with suppress(OSError):
            wanted.add(_inode(path.stat()))
    return {inode for inode, flags in _open_files(wanted) if flags & (os.O_WRONLY | os.O_RDWR)}


def _open_files(wanted: set[Inode]) -> Iterator[tuple[Inode, int]]:
    for process in Path("/proc").glob("[0-9]*") if Path("/proc/self/fdinfo").is_dir() else []:
        with suppress(OSError):  # another person's process, or one that has just ended
            for handle in os.scandir(process / "fd"):
                with suppress(OSError):
                    inode = _inode(handle.stat())
                    if inode in wanted:
                        yield inode, _flags(process / "fdinfo" / handle.name)


def _flags(path: Path) -> int:
    line = next(line for line in path.read_text().splitlines() if line.startswith("flags:"))
    return int(line.split()[1], 8)


def _inode(seen: os.stat_result) -> Inode:
    return seen.st_dev, seen.st_ino
