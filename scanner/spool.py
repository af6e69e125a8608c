"""Where a run's masters land: written once, synced, hashed, named by us, found again after a crash.

A side is two files: ``s000012-front.tif`` and the facts beside it, ``s000012-front.json``. The facts are durable before the
image gets its name, so an image under its final name always has its facts; facts without an image are an interrupted write."""

import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from scanner.model import Face, FaultKind, Phase, ScanFault, StoredSide
from scanner.wire import side_from_json, side_to_json

SUFFIXES = {"image/tiff": ".tif", "image/jpeg": ".jpg", "image/png": ".png"}
"""What scanners deliver is TIFF or JPEG; PNG comes with files from outside, whose bytes are kept."""
PART = ".part"
FACES = (Face.FRONT, Face.BACK)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
Buffer = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What stands in a run's folder: whole sides in order, images whose bytes no longer match their facts, remains of an
    interrupted write."""

    sides: tuple[StoredSide, ...]
    damaged: tuple[Path, ...]
    leftovers: tuple[Path, ...]


def side_name(sheet: int, face: Face) -> str:
    """``s000012-front``"""
    return f"s{sheet:06d}-{face.value}"


def store(folder: Path, side: StoredSide, pieces: Iterable[Buffer]) -> StoredSide:
    """Make one side durable. ``side`` says everything but path, digest and size, which are filled in.

    Raises ScanFault DISK_FULL or IO_ERROR (phase STORE); the temporary files are then gone and earlier sides untouched."""
    image = folder / f"{side_name(side.sheet, side.face)}{SUFFIXES[side.format]}"
    facts = image.with_suffix(".json")
    try:
        _refuse_overwrite(image)
        with _part(image).open("wb") as file:
            digest, size = _pour(file, pieces)
            done = replace(side, path=image, sha256=digest, size=size)
            with _syncing(file):
                _write_facts(_part(facts), done)
        _settle(facts, image)
    except OSError as error:
        _discard(image, facts)
        raise _store_fault(error) from error
    return done


def examine(folder: Path) -> SpoolState:
    """Read a run's folder after a crash, verifying every digest. A folder that does not exist is empty."""
    sides: list[StoredSide] = []
    damaged: list[Path] = []
    leftovers: list[Path] = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        if path.suffix == PART or (path.suffix == ".json" and not _image_of(path)):
            leftovers.append(path)
        elif path.suffix in SUFFIXES.values():
            side = _read_side(path)
            damaged.append(path) if side is None else sides.append(side)
    sides.sort(key=lambda side: (side.sheet, FACES.index(side.face)))
    return SpoolState(tuple(sides), tuple(damaged), tuple(leftovers))


def read_spooled(folder: Path) -> list[StoredSide]:
    """Every whole, verified side in the order of the device. Damaged images are in ``examine(folder).damaged``."""
    return list(examine(folder).sides)


def leftovers(folder: Path) -> list[Path]:
    """Temporary files, and facts without an image, of an interrupted write. Safe to delete: the side was never reported."""
    return list(examine(folder).leftovers)


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}{PART}")


def _refuse_overwrite(image: Path) -> None:
    if image.exists():
        raise FileExistsError(errno.EEXIST, "a master is written once", str(image))


def _pour(file: BinaryIO, pieces: Iterable[Buffer]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        file.write(piece)
        digest.update(piece)
        size += len(piece)
    file.flush()
    return digest.hexdigest(), size


def _write_facts(path: Path, side: StoredSide) -> None:
    with path.open("wb") as file:
        file.write(json.dumps(side_to_json(side), ensure_ascii=False, indent=1).encode())
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def _syncing(file: BinaryIO) -> Iterator[None]:
    """Sync ``file`` while something else is written; the disk is waited for once instead of twice. Raises OSError."""
    synced: Future[None] = Future()
    thread = threading.Thread(target=_sync, args=(file, synced), name="sync")
    thread.start()
    try:
        yield
    finally:
        thread.join()
    synced.result()


def _sync(file: BinaryIO, synced: "Future[None]") -> None:
    try:
        os.fsync(file.fileno())
        synced.set_result(None)
    except OSError as error:
        synced.set_exception(error)


def _settle(facts: Path, image: Path) -> None:
    """Give both files their names, the facts first, and make the names durable.

    One sync is enough: journalling file systems bring names to disk in the order they were given."""
    _part(facts).rename(facts)
    _part(image).rename(image)
    sync_folder(image.parent)


def sync_folder(folder: Path) -> None:
    """Make names in ``folder`` durable. Windows has no such call and its file systems journal names themselves."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _discard(image: Path, facts: Path) -> None:
    for path in (_part(image), _part(facts)):
        path.unlink(missing_ok=True)
    if not image.exists():
        facts.unlink(missing_ok=True)


def _store_fault(error: OSError) -> ScanFault:
    kind = FaultKind.DISK_FULL if error.errno in FULL else FaultKind.IO_ERROR
    return ScanFault(kind, Phase.STORE, str(error))


def _image_of(facts: Path) -> Path | None:
    return next((image for suffix in SUFFIXES.values() if (image := facts.with_suffix(suffix)).exists()), None)


def _read_side(image: Path) -> StoredSide | None:
    """None when the facts are missing or unreadable, or the bytes are not those that were hashed."""
    try:
        value: dict[str, Any] = json.loads(image.with_suffix(".json").read_text(encoding="utf-8"))
        side = side_from_json(value, image.parent)
        with image.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return side if digest == side.sha256 and image == side.path else None
