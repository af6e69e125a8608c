"""What the capture child left in a session's folder, made to agree with the records: whole sides are recorded, half-written
ones are named in the journal and removed, damaged ones are named and left."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from batches import journal, pages
from batches.pages import NewSide
from scanner.model import StoredSide
from scanner.spool import examine
from station.house import House

_TOLD = ("profile", "book")
"""What a run knows and each of its sides keeps: the scan profile it was scanned with, two pages on one picture."""


@dataclass(frozen=True, slots=True)
class Settled:
    adopted: int = 0
    removed: int = 0
    damaged: int = 0

    def __add__(self, other: "Settled") -> "Settled":
        return Settled(self.adopted + other.adopted, self.removed + other.removed, self.damaged + other.damaged)


def settle(house: House, run: Row[Any], folder: Path) -> Settled:
    """After the child of this session has ended, well or not. A side can be durable and yet unreported: it died in between."""
    if not _anything_unknown(house, run, folder):
        return Settled()
    state = examine(folder)  # reads every side again: only where there is a reason to
    return Settled(_adopt(house, run, state.sides), _remove(house, run, state.leftovers), _report(house, run, state.damaged))


def new_side(house: House, run: Row[Any], side: StoredSide) -> NewSide:
    """A spooled side as the records know it."""
    return NewSide(
        run_sheet=side.sheet,
        face=run.settings.get("as_face") or side.face.value,
        master=side.path.relative_to(house.folders.root).as_posix(),
        sha256=side.sha256,
        bytes=side.size,
        mime=side.format,
        width=side.width,
        height=side.height,
        dpi=side.dpi,
        mode=side.mode.value,
        captured_at=side.captured_at,
        warnings=side.warnings,
        facts={**side.facts, **{name: run.settings[name] for name in _TOLD if name in run.settings}},
    )


def _adopt(house: House, run: Row[Any], sides: Iterable[StoredSide]) -> int:
    """Record what is durable and not on record; recording is idempotent by the master's name."""
    known = _masters(house, run.id)
    fresh = [side for side in (new_side(house, run, stored) for stored in sides) if side.master not in known]
    for side in fresh:
        with house.store.write() as connection:
            page_id = pages.record(connection, run, side)
            subject = f"batch:{run.batch_id}/page:{page_id}"
            journal.append(connection, "sohoa", "page.adopted", subject, None, side.master, sha256=side.sha256)
    return len(fresh)


def _anything_unknown(house: House, run: Row[Any], folder: Path) -> bool:
    """Whether a file lies there that belongs to no side on record: an image, a facts file, or a half-written one."""
    if not folder.is_dir():
        return False
    known = {Path(master).with_suffix("") for master in _masters(house, run.id)}
    there = {path.relative_to(house.folders.root).with_suffix("") for path in folder.iterdir()}
    return bool(there - known)


def _masters(house: House, run_id: int) -> set[str]:
    with house.store.read() as connection:
        return pages.masters_of_run(connection, run_id)


def _remove(house: House, run: Row[Any], leftovers: tuple[Path, ...]) -> int:
    """Half-written files: their side was never reported, its paper is fed again."""
    for path in leftovers:
        with house.store.write() as connection:
            detail = {"file": path.relative_to(house.folders.root).as_posix(), "bytes": path.stat().st_size}
            journal.append(connection, "sohoa", "spool.removed", f"batch:{run.batch_id}/run:{run.id}", detail, None)
        path.unlink()
    return len(leftovers)


def _report(house: House, run: Row[Any], damaged: tuple[Path, ...]) -> int:
    """Files whose bytes are not those that were hashed stay where they are and are named; sohoa doctor repeats it."""
    for path in damaged:
        with house.store.write() as connection:
            name = path.relative_to(house.folders.root).as_posix()
            journal.append(connection, "sohoa", "spool.damaged", f"batch:{run.batch_id}/run:{run.id}", None, name)
    return len(damaged)
