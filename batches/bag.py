"""Writing a package: a BagIt 1.0 bag (RFC 8493) with SHA-256 manifests, hashed while written, read back before it counts.

Nothing is moved: files come in as bytes or by copy. Made beside its place and renamed, so a half-made bag has no name."""

import hashlib
import json
import mimetypes
import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from batches.errors import RecordsError

_CHUNK = 1 << 20
_MIMES = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".txt": "text/plain; charset=utf-8",
    ".pdf": "application/pdf",
}


class DamagedPackage(RecordsError):
    """What was written is not what is read back: facts name the file."""

    key = "damaged_package"


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One file of a package. ``path`` relative to the bag, with forward slashes, ASCII."""

    path: str
    bytes: int
    sha256: str
    crc32: int
    mime: str


@dataclass(frozen=True, slots=True)
class Payload:
    """A file on its way into a bag: ``path`` below ``data/``, ``content`` the bytes or the file to copy."""

    path: str
    content: bytes | Path


def write(
    bag: Path, payload: Iterable[Payload], info: Mapping[str, str], said: Callable[[int], None] = lambda _: None
) -> list[PackedFile]:
    """Write a bag at ``bag`` (which must not exist); returns every file in it, sorted by path. ``said``: told the number of
    payload files written so far.

    Raises FileExistsError, OSError; nothing of that name is then left."""
    if bag.exists():
        raise FileExistsError(bag)
    part = bag.with_name(bag.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    data = []
    for number, entry in enumerate(payload, start=1):
        data.append(_put(part, f"data/{entry.path}", entry.content))
        said(number)
    total = sum(file.bytes for file in data)
    tags = [
        _put(part, "bagit.txt", b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"),
        _put(part, "bag-info.txt", _info({**info, "Payload-Oxum": f"{total}.{len(data)}"})),
        _put(part, "manifest-sha256.txt", _manifest(data)),
    ]
    tags.append(_put(part, "tagmanifest-sha256.txt", _manifest(tags)))
    _sync_tree(part)
    part.rename(bag)
    _sync(bag.parent)
    return sorted([*data, *tags], key=lambda file: file.path)


def read_back(bag: Path, files: Iterable[PackedFile]) -> int:
    """Read every file again from disk and compare; returns how many. Raises DamagedPackage naming the first that differs,
    is missing, or is there without being listed."""
    expected = {file.path: file for file in files}
    there = {path.relative_to(bag).as_posix() for path in bag.rglob("*") if path.is_file()}
    if stray := sorted(there ^ expected.keys()):
        raise DamagedPackage(what="count", path=stray[0], listed=len(expected), found=len(there))
    for path, file in expected.items():
        if _digest(bag / path) != (file.bytes, file.sha256):
            raise DamagedPackage(what="content", path=path)
    if not expected:
        raise DamagedPackage(what="empty", path=bag.name)
    return len(expected)


def manifest_json(uid: str, files: Iterable[PackedFile]) -> bytes:
    """The list an archive pulls by: canonical, so that its digest names the package."""
    rows = [
        {"path": file.path, "size": file.bytes, "sha256": file.sha256, "mime": file.mime, "url": f"files/{file.path}"}
        for file in files
    ]
    return json.dumps({"id": uid, "files": rows}, ensure_ascii=False, sort_keys=True, indent=1).encode()


def _put(root: Path, name: str, content: bytes | Path) -> PackedFile:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "//" in name or not name.isascii():
        raise ValueError(f"not a name for a package: {name!r}")
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    digest, crc, size = hashlib.sha256(), 0, 0
    with target.open("wb") as out:
        for chunk in _chunks(content):
            out.write(chunk)
            digest.update(chunk)
            crc = zlib.crc32(chunk, crc)
            size += len(chunk)
        out.flush()
        os.fsync(out.fileno())
    return PackedFile(name, size, digest.hexdigest(), crc, _mime(path.suffix))


def _chunks(content: bytes | Path) -> Iterable[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as source:
        while chunk := source.read(_CHUNK):
            yield chunk


def _mime(suffix: str) -> str:
    return _MIMES.get(suffix) or mimetypes.types_map.get(suffix, "application/octet-stream")


def _info(info: Mapping[str, str]) -> bytes:
    lines = [f"{name}: {' '.join(value.split())}" for name, value in info.items() if value]
    return ("\n".join(lines) + "\n").encode()


def _manifest(files: Iterable[PackedFile]) -> bytes:
    return "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path)).encode()


def _digest(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest()


def _sync_tree(root: Path) -> None:
    for folder in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        _sync(folder)


def _sync(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
