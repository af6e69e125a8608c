"""A package as one ZIP that is never stored: members uncompressed, every offset known from the records, any byte range read
straight from the files. The same bytes every time (APPNOTE 6.3.10; ZIP64 where sizes ask for it)."""

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from batches.bag import PackedFile

_CHUNK = 1 << 18
_MAX32 = 0xFFFFFFFF
_MAX16 = 0xFFFF
_UTF8 = 0x0800
_DOS_TIME, _DOS_DATE = 0, 0x0021  # 1 January 1980: a package's bytes do not depend on a clock
_NEEDS_ZIP64 = 45


@dataclass(frozen=True, slots=True)
class _Piece:
    """A run of bytes: given, or ``length`` bytes of a file."""

    start: int
    length: int
    content: bytes | Path


class VirtualZip:
    """``files`` of the bag at ``root``, under the folder ``name`` inside the ZIP. ``size``: bytes of the whole."""

    def __init__(self, root: Path, name: str, files: Iterable[PackedFile]) -> None:
        self._pieces: list[_Piece] = []
        self.size = 0
        directory: list[bytes] = []
        count = 0
        for file in files:
            member = f"{name}/{file.path}".encode()
            directory.append(_central(member, file, self.size))
            self._add(_local(member, file))
            self._add(root / file.path, file.bytes)
            count += 1
        start = self.size
        listing = b"".join(directory)
        self._add(listing)
        self._add(_end(count, start, len(listing)))
        self._starts = [piece.start for piece in self._pieces]

    def read(self, first: int = 0, last: int | None = None) -> Iterator[bytes]:
        """The bytes ``first`` to ``last`` (inclusive, as in a Range header; None = the end), in chunks."""
        end = self.size if last is None else last + 1
        position = bisect_right(self._starts, first) - 1
        while position < len(self._pieces) and self._pieces[position].start < end:
            piece = self._pieces[position]
            begin = max(0, first - piece.start)
            yield from _slice(piece, begin, min(piece.length, end - piece.start))
            position += 1

    def _add(self, content: bytes | Path, length: int | None = None) -> None:
        size = len(content) if isinstance(content, bytes) else (length or 0)
        if size:
            self._pieces.append(_Piece(self.size, size, content))
        self.size += size


def _slice(piece: _Piece, begin: int, end: int) -> Iterator[bytes]:
    if isinstance(piece.content, bytes):
        yield piece.content[begin:end]
        return
    with piece.content.open("rb") as file:
        file.seek(begin)
        left = end - begin
        while left > 0 and (chunk := file.read(min(_CHUNK, left))):
            left -= len(chunk)
            yield chunk
    if left:
        raise OSError(f"{piece.content.name} is shorter than its record")


def _local(name: bytes, file: PackedFile) -> bytes:
    big = file.bytes >= _MAX32
    extra = struct.pack("<HHQQ", 1, 16, file.bytes, file.bytes) if big else b""
    size = _MAX32 if big else file.bytes
    head = struct.pack(
        "<IHHHHHIIIHH", 0x04034B50, _NEEDS_ZIP64 if big else 20, _UTF8, 0, _DOS_TIME, _DOS_DATE, file.crc32, size, size,
        len(name), len(extra),
    )  # fmt: skip
    return head + name + extra


def _central(name: bytes, file: PackedFile, offset: int) -> bytes:
    wide = [value for value in (file.bytes, file.bytes, offset) if value >= _MAX32]
    extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
    clip: Callable[[int], int] = lambda value: min(value, _MAX32)  # noqa: E731
    head = struct.pack(
        "<IHHHHHHIIIHHHHHII", 0x02014B50, _NEEDS_ZIP64, _NEEDS_ZIP64 if wide else 20, _UTF8, 0, _DOS_TIME, _DOS_DATE,
        file.crc32, clip(file.bytes), clip(file.bytes), len(name), len(extra), 0, 0, 0, 0, clip(offset),
    )  # fmt: skip
    return head + name + extra


def _end(count: int, start: int, length: int) -> bytes:
    end64 = b""
    if count > _MAX16 or start >= _MAX32 or length >= _MAX32:
        end64 = struct.pack(
            "<IQHHIIQQQQ", 0x06064B50, 44, _NEEDS_ZIP64, _NEEDS_ZIP64, 0, 0, count, count, length, start
        ) + struct.pack("<IIQI", 0x07064B50, 0, start + length, 1)
    short = min(count, _MAX16)
    return end64 + struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, short, short, min(length, _MAX32), min(start, _MAX32), 0)
