"""Files that other programs lay into a watched folder: which are there, and which are finished.

Nobody says when a file is whole. It counts as finished when its size and time have not changed for a while by our own clock
(the clock of a network share may be off), it can be opened, and its end is an end; a file without an end is given longer,
then handed over as it is, so that it is reported and not waited for without end."""

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from imaging import load
from station.natural import order

QUIET_SECONDS = 2.0
"""Unchanged for this long: a program that copies or scans writes at least every second."""
PATIENCE_SECONDS = 60.0
"""The same for a file that has no proper end, or is empty: a scanner may stop that long between sheets of one file."""
_TAIL = 2048


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A file as last seen: bytes, time of change (ns), and when it was first seen so (s, caller's clock)."""

    size: int
    changed: int
    since: float


Memory = dict[Path, Glimpse]
"""What a watcher remembers between two looks; begins empty."""


def listing(folder: Path, suffixes: Iterable[str] = load.SUFFIXES, *, deep: bool = False) -> list[Path]:
    """Visible files of ``folder`` whose ending is one of ``suffixes`` (lower case, with the dot), in natural order: 2 before
    10. ``deep``: those of its folders too. Raises OSError where the folder cannot be read."""
    wanted = frozenset(suffixes)
    found = folder.rglob("*") if deep else (Path(entry.path) for entry in os.scandir(folder))
    return sorted(
        (path for path in found if _is_wanted(path, folder, wanted)),
        key=lambda path: order(path.relative_to(folder).as_posix()),
    )


def _is_wanted(path: Path, folder: Path, wanted: frozenset[str]) -> bool:
    hidden = any(part.startswith((".", "~")) for part in path.relative_to(folder).parts)
    return not hidden and path.suffix.lower() in wanted and path.is_file()


def finished(path: Path, now: float, memory: Memory) -> bool:
    """Whether ``path`` is whole. ``now``: seconds of a steady clock (``time.monotonic()``); ``memory`` is brought up to
    date, so ask again later with the same one. Never raises: a file that is gone or held by its writer is not finished."""
    try:
        seen = path.stat()
    except OSError:
        memory.pop(path, None)
        return False
    before = memory.get(path)
    if before is None or (before.size, before.changed) != (seen.st_size, seen.st_mtime_ns):
        memory[path] = Glimpse(seen.st_size, seen.st_mtime_ns, now)
        return False
    quiet = now - before.since
    if not stat.S_ISREG(seen.st_mode):  # a pipe has no end, and to open one waits for its writer
        return quiet >= QUIET_SECONDS
    return quiet >= QUIET_SECONDS and _can_be_had(path, patience=quiet >= PATIENCE_SECONDS)


def forget(memory: Memory, there: Iterable[Path]) -> None:
    """Keep only what is still there, so that a watch of years does not grow."""
    kept = set(there)
    for path in [path for path in memory if path not in kept]:
        del memory[path]


def _can_be_had(path: Path, *, patience: bool) -> bool:
    try:
        with path.open("rb") as stream:  # on Windows this fails while the writer holds the file
            start = stream.read(16)
            length = stream.seek(0, os.SEEK_END)
            stream.seek(max(0, length - _TAIL))
            return patience or _has_an_end(start, stream.read(), length)
    except OSError:
        return False


def _has_an_end(start: bytes, tail: bytes, length: int) -> bool:
    """By the formats' own closing marks; formats without one count as ended."""
    if not length:
        return False
    if start.startswith(b"%PDF"):
        return b"%%EOF" in tail
    if start.startswith(b"\xff\xd8"):
        return b"\xff\xd9" in tail
    if start.startswith(b"\x89PNG"):
        return b"IEND" in tail
    if start[:4] in (b"II*\0", b"MM\0*"):  # the first directory is often written last: then its place is still 0
        return 8 <= int.from_bytes(start[4:8], "little" if start[:1] == b"I" else "big") < length
    return True
