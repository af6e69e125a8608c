"""What an import will take, in which order: folders and files looked over before anything is stored.

Nothing is read but names, sizes and times; whether a file is what it says is found out when its turn comes. A plan is kept
as a file, so that an import goes on after a power cut with the order the operator saw."""

import json
import os
import re
import shutil
import stat
import time
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from batches.errors import Invalid
from imaging.load import SUFFIXES
from scanner.spool import sync_folder
from station.errors import SohoaError
from station.house import House
from station.natural import order

Faces = Literal["single", "pairs"]
Documents = Literal["whole", "file"]
MOST_FILES = 20_000
"""A folder with more is not one stack of paper; somebody chose the wrong one."""
_KEEP_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to take. ``name``: as shown, relative to what was chosen; ``path``: where it lies; ``reason``: why it is
    refused already; ``ours``: an uploaded copy that is ours to move."""

    name: str
    path: str
    bytes: int
    modified_ns: int
    reason: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """``faces``: every page a sheet, or front and back in turn. ``documents``: ``file`` begins a document with each file.
    ``dpi``: for files that do not say. ``again``: take files whose bytes are stored already."""

    faces: Faces = "single"
    documents: Documents = "whole"
    dpi: float | None = None
    again: bool = False

    def __post_init__(self) -> None:
        if self.faces not in ("single", "pairs"):
            raise Invalid(what="faces", value=self.faces)
        if self.documents not in ("whole", "file"):
            raise Invalid(what="documents", value=self.documents)
        if self.dpi is not None and not 50 <= self.dpi <= 1200:
            raise Invalid(what="dpi", value=self.dpi)


def look(chosen: Sequence[Path], *, deep: bool = True) -> list[Entry]:
    """The files of what was chosen, each folder in natural order. Hidden and half-written files are passed over; links,
    special files and other types are listed with their reason. Raises SohoaError for a path that is not there."""
    found: list[Entry] = []
    for path in chosen:
        if path.is_dir():
            found += _folder(path, deep=deep)
        elif os.path.lexists(path):
            found.append(_entry(path, path.name))
        else:
            raise SohoaError.of("no_file", path=path)
        if len(found) > MOST_FILES:
            raise SohoaError.of("import_too_many", limit=MOST_FILES, path=path)
    return found


def passed_over(name: str) -> bool:
    """Hidden, half-written or a system's own litter."""
    low = name.lower()
    return (
        low.startswith((".", "~")) or low.endswith((".tmp", ".part", ".crdownload", "~")) or low in ("thumbs.db", "desktop.ini")
    )


def _folder(folder: Path, *, deep: bool) -> list[Entry]:
    found: list[Entry] = []

    def unreadable(error: OSError) -> None:
        where = Path(error.filename or folder)
        found.append(Entry(_name(where, folder), str(where), 0, 0, "unreadable"))

    for here, folders, names in os.walk(folder, onerror=unreadable, followlinks=False):
        folders[:] = [name for name in folders if deep and not passed_over(name)]
        linked = [name for name in folders if (Path(here) / name).is_symlink()]
        for name in [*names, *linked]:
            if not passed_over(name):
                path = Path(here) / name
                found.append(_entry(path, _name(path, folder)))
        if len(found) > MOST_FILES:
            break
    return sorted(found, key=lambda entry: order(entry.name))


def _name(path: Path, folder: Path) -> str:
    """The name shown: NFC, and never undecodable."""
    shown = path.relative_to(folder).as_posix().encode("utf-8", "replace").decode("utf-8")
    return unicodedata.normalize("NFC", shown)


def _entry(path: Path, name: str) -> Entry:
    try:
        seen = path.lstat()
    except OSError:
        return Entry(name, str(path), 0, 0, "unreadable")
    reason = ""
    if stat.S_ISLNK(seen.st_mode):
        reason = "symlink"
    elif not stat.S_ISREG(seen.st_mode):
        reason = "not_a_file"
    elif path.suffix.lower() not in SUFFIXES:
        reason = "wrong_type"
    elif not seen.st_size:
        reason = "empty"
    return Entry(name, str(path), seen.st_size, seen.st_mtime_ns, reason)


# -- kept for the run ----------------------------------------------------------------------------------------------


def folder_of(house: House, token: str) -> Path:
    """Where the plan and uploaded files of an import wait. Raises Invalid for what is no token of ours."""
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise Invalid(what="upload", value=token[:50])
    return house.folders.root / "imports" / token


def keep(house: House, entries: Iterable[Entry], token: str | None = None) -> str:
    """Write the plan down, durable; returns its token."""
    token = token or uuid.uuid4().hex
    folder = folder_of(house, token)
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / "plan.part"
    with part.open("w", encoding="utf-8") as file:
        json.dump([asdict(entry) for entry in entries], file)  # ASCII: a name may hold bytes that are no letters
        file.flush()
        os.fsync(file.fileno())
    part.rename(folder / "plan.json")
    sync_folder(folder)
    return token


def kept(house: House, token: str) -> list[Entry]:
    """The plan as it was written. Raises SohoaError where it is gone."""
    path = folder_of(house, token) / "plan.json"
    try:
        return [Entry(**values) for values in json.loads(path.read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise SohoaError.of("import_plan_lost", path=path) from error


def discard(house: House, token: str) -> None:
    """The import is over: the plan and what is left of its uploads go."""
    shutil.rmtree(folder_of(house, token), ignore_errors=True)


def sweep(house: House, wanted: set[str]) -> None:
    """Uploads nobody went on with, after a day."""
    root = house.folders.root / "imports"
    for folder in root.iterdir() if root.is_dir() else []:
        if folder.name not in wanted and time.time() - folder.stat().st_mtime > _KEEP_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)
