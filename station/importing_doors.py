"""What the console may import: folders below the one that was set up, and files sent from a browser. Never a path of theirs."""

import errno
import json
import os
import shutil
import unicodedata
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from imaging.load import SUFFIXES
from station.capture import RESERVE_BYTES
from station.errors import SohoaError
from station.house import House
from station.importing_plan import MOST_FILES, Entry, folder_of, look, passed_over
from station.natural import order

DEEPEST, MOST_FOLDERS = 3, 300
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FolderChoice:
    """``name``: relative to the import folder, "" = itself; ``count``: files in it that may be taken."""

    name: str
    count: int


def folders(house: House) -> list[FolderChoice]:
    """The folders an operator may choose, as people count; empty where none is set up or it is away."""
    root = house.settings.scanning.import_dir
    if root is None or not root.is_dir():
        return []
    found: list[FolderChoice] = []
    for here, below, names in os.walk(root, followlinks=False):
        where = Path(here).relative_to(root)
        below[:] = [] if len(where.parts) >= DEEPEST else [name for name in below if not passed_over(name)]
        count = sum(not passed_over(name) and Path(name).suffix.lower() in SUFFIXES for name in names)
        if count or below:
            found.append(FolderChoice("" if where == Path() else where.as_posix(), count))
        if len(found) >= MOST_FOLDERS:
            break
    return sorted(found, key=lambda choice: order(choice.name))


def of_folder(house: House, name: str, *, deep: bool) -> list[Entry]:
    """The files of a folder chosen by its name below the import folder. Raises SohoaError where it leads elsewhere."""
    root = house.settings.scanning.import_dir
    if root is None:
        raise SohoaError.of("import_no_dir")
    try:
        chosen = (root / name).resolve(strict=True)
    except (OSError, ValueError) as error:
        raise SohoaError.of("import_outside") from error
    if not chosen.is_relative_to(root.resolve()) or not chosen.is_dir():
        raise SohoaError.of("import_outside")
    return look([chosen], deep=deep)


# -- from a browser ------------------------------------------------------------------------------------------------


def new_upload(house: House) -> str:
    """A place for files to be sent to; returns its token."""
    token = uuid.uuid4().hex
    folder_of(house, token).mkdir(parents=True)
    return token


def store_upload(house: House, token: str, name: str, modified_ms: int, length: int, stream: IO[bytes]) -> None:
    """One file, streamed to disk under a name of ours. Raises SohoaError: too big, or cut short; nothing is then kept."""
    folder = folder_of(house, token)
    if not folder.is_dir():
        raise SohoaError.of("import_plan_lost", path=token[:8])
    shown = _shown(name)
    limit = house.settings.scanning.upload_megabytes
    if length > limit << 20:
        raise SohoaError.of("import_too_big", name=shown, limit=limit)
    if shutil.disk_usage(folder).free < RESERVE_BYTES + length:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
    stem = folder / f"u{1 + sum(1 for _ in folder.glob('u*.json')):06d}"
    if len(stem.name) > len("u000000") or int(stem.name[1:]) > MOST_FILES:
        raise SohoaError.of("import_too_many", limit=MOST_FILES, path=shown)
    part = stem.with_suffix(".part")
    try:
        if _pour(stream, part, length) != length:
            raise SohoaError.of("import_cut_short", name=shown)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.rename(stem)
    stem.with_suffix(".json").write_text(json.dumps({"name": shown, "modified_ns": max(0, modified_ms) * 1_000_000}))


def of_upload(house: House, token: str) -> list[Entry]:
    """The files that were sent, as people count."""
    found = []
    for facts in folder_of(house, token).glob("u*.json"):
        said = json.loads(facts.read_text())
        path = facts.with_suffix("")
        size = path.stat().st_size if path.is_file() else 0
        known = Path(said["name"]).suffix.lower() in SUFFIXES
        reason = ("" if size else "empty") if known else "wrong_type"
        found.append(Entry(said["name"], str(path), size, said["modified_ns"], reason, ours=True))
    return sorted(found, key=lambda entry: order(entry.name))


def _pour(stream: IO[bytes], part: Path, length: int) -> int:
    size = 0
    with part.open("wb") as file:
        while size <= length and (piece := stream.read(min(_CHUNK, length + 1 - size))):
            file.write(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def _shown(name: str) -> str:
    """A name to show and keep, never a path."""
    last = unicodedata.normalize("NFC", name.replace("\\", "/").rsplit("/", 1)[-1])
    return "".join(letter for letter in last if letter.isprintable())[-200:].strip() or "?"
