"""A device that lies: answers made to break a careless client. Never on unless scripted."""

import itertools
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Hostile(StrEnum):
    """What the device does. The name says which answer is poisoned."""

    CAPS_HUGE = "caps_huge"
    """Areas of 2³¹-1: numbers that fit their type and no memory."""
    CAPS_OVERFLOW = "caps_overflow"
    """Thirty digits where an integer belongs."""
    CAPS_WRONG_TYPES = "caps_wrong_types"
    """Words where numbers belong, numbers where words belong."""
    CAPS_NOT_XML = "caps_not_xml"
    CAPS_ENDLESS = "caps_endless"
    CAPS_BOMB = "caps_bomb"
    """Entities that double thirty times."""
    CAPS_DEEP = "caps_deep"
    """100,000 nested elements."""
    STATUS_ENDLESS = "status_endless"
    STATUS_NOT_XML = "status_not_xml"
    JOB_BAD_LOCATION = "job_bad_location"
    """The job's address points to another host's closed port."""
    JOB_NO_LOCATION = "job_no_location"
    PAGE_ENDLESS = "page_endless"
    PAGE_LENGTH_LONG = "page_length_long"
    """Content-Length promises more than comes."""
    PAGE_LENGTH_SHORT = "page_length_short"
    PAGE_LENGTH_NEGATIVE = "page_length_negative"
    PAGE_WRONG_TYPE = "page_wrong_type"
    """HTML where the picture belongs."""
    PAGE_BOMB = "page_bomb"
    """A PNG of a few kilobytes that claims 60,000 x 60,000 pixels."""
    PAGE_FOREVER = "page_forever"
    """The feeder never ends: the same picture again and again."""


@dataclass(frozen=True, slots=True)
class Lie:
    """One poisoned answer. ``length`` None = chunked. ``body`` may have no end."""

    body: Iterator[bytes]
    kind: str = "text/xml"
    length: int | None = None


def capabilities_lie(kinds: frozenset[Hostile], honest: str) -> Lie | None:
    """The capabilities lie among ``kinds``, or None."""
    if Hostile.CAPS_ENDLESS in kinds:
        return Lie(itertools.chain([b"<?xml version='1.0'?><a>"], itertools.repeat(b"<b>paper</b>" * 1000)))
    made: dict[Hostile, Callable[[str], str]] = {
        Hostile.CAPS_HUGE: _huge,
        Hostile.CAPS_OVERFLOW: lambda text: _huge(text, 10**30 - 1),
        Hostile.CAPS_WRONG_TYPES: _wrong_types,
        Hostile.CAPS_NOT_XML: lambda _: "<html><body>404 – printer asleep",
        Hostile.CAPS_BOMB: lambda _: _bomb(),
        Hostile.CAPS_DEEP: lambda _: "<a>" * 100_000 + "</a>" * 100_000,
    }
    return next((_text(make(honest)) for kind, make in made.items() if kind in kinds), None)


def status_lie(kinds: frozenset[Hostile]) -> Lie | None:
    if Hostile.STATUS_ENDLESS in kinds:
        return Lie(itertools.chain([b"<scan:ScannerStatus>"], itertools.repeat(b" " * 8192)))
    if Hostile.STATUS_NOT_XML in kinds:
        return _text("\x00\x01 not a status")
    return None


def page_lie(kinds: frozenset[Hostile], honest: bytes, kind: str) -> Lie | None:
    """``honest`` are the picture's true bytes, ``kind`` their media type."""
    if Hostile.PAGE_ENDLESS in kinds:
        return Lie(itertools.chain([honest], itertools.repeat(bytes(65536))), kind)
    if Hostile.PAGE_WRONG_TYPE in kinds:
        return Lie(iter([b"<html>please log in</html>"]), "text/html", 26)
    if Hostile.PAGE_BOMB in kinds:
        return Lie(iter([_png_bomb()]), "image/png")
    lengths = {
        Hostile.PAGE_LENGTH_LONG: len(honest) + 1_000_000,
        Hostile.PAGE_LENGTH_SHORT: len(honest) // 2,
        Hostile.PAGE_LENGTH_NEGATIVE: -1,
    }
    return next((Lie(iter([honest]), kind, length) for name, length in lengths.items() if name in kinds), None)


def _text(text: str) -> Lie:
    body = text.encode()
    return Lie(iter([body]), length=len(body))


def _huge(honest: str, number: int = 2**31 - 1) -> str:
    return re.sub(r"<scan:(Max(?:Width|Height))>\d+<", rf"<scan:\1>{number}<", honest)


def _wrong_types(honest: str) -> str:
    words = {"<scan:MaxWidth>": "wide", "<scan:XResolution>": "-"}
    for name, word in words.items():
        honest = honest.replace(name, name + word)
    return honest


def _bomb() -> str:
    entities = "".join(f'<!ENTITY e{n} "&e{n - 1};&e{n - 1};">' for n in range(1, 31))
    return f'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e0 "paper">{entities}]><a>&e30;</a>'


def _png_bomb(side: int = 60_000) -> bytes:
    """A PNG that claims ``side`` x ``side`` grey pixels (3.6 GB) and holds its first 200 rows."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(side + 1) * 200, 9)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
