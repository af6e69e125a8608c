"""Lossless masters: baseline TIFF 6.0, little endian, in strips, with the true resolution.

Colour and grey are Deflate strips (TIFF Technical Note 2, code 8) made by ISA-L at level 1; bitonal is CCITT Group 4.
The choice and its figures: docs/decisions/0010-masters-are-deflate-tiff.md."""

import io
import struct
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from fractions import Fraction

from isal import isal_zlib

from scanner.model import ColorMode

STRIP_BYTES = 2 << 20
"""Aim for strips of about 2 MB: large enough to compress well, small enough to share between two threads."""
LEVEL = 1
AHEAD = 8
"""Strips read but not yet compressed: a device quicker than the encoder waits instead of filling the memory."""
SHORT, LONG, RATIONAL = 3, 4, 5
Buffer = bytes | bytearray | memoryview


class TiffWriter:
    """Encodes sides; keeps two threads for the strips, so make one and use it for a whole run."""

    def __init__(self, threads: int = 2) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tiff")

    def page(self, width: int, mode: ColorMode, dpi: tuple[float, float]) -> "TiffPage":
        """Begin a side whose rows are still arriving."""
        return TiffPage(self._pool, width, mode, dpi)

    def encode(self, data: Buffer, width: int, mode: ColorMode, dpi: tuple[float, float]) -> Iterator[Buffer]:
        """A side that is already here. ``data``: rows as ``TiffPage.add`` takes them."""
        page, view = self.page(width, mode, dpi), memoryview(data)
        step = page.rows * page.row_bytes
        for at in range(0, len(view), step):
            page.add(view[at : at + step])
        return page.finish(len(view) // page.row_bytes)

    def close(self) -> None:
        self._pool.shutdown()


class TiffPage:
    """One side: strips in, the finished file out. Strips are compressed while the next ones are read."""

    def __init__(self, pool: ThreadPoolExecutor, width: int, mode: ColorMode, dpi: tuple[float, float]) -> None:
        self._pool, self._width, self._mode, self._dpi = pool, width, mode, dpi
        self._samples = 3 if mode is ColorMode.COLOR else 1
        self.row_bytes = (width + 7) // 8 if mode is ColorMode.BITONAL else width * self._samples
        self.rows = max(1, STRIP_BYTES // self.row_bytes)
        """Rows of every strip but the last."""
        self._strips: list[Future[bytes]] = []
        self._bits = bytearray()

    def add(self, strip: Buffer) -> None:
        """The next ``rows`` rows without padding: R, G, B; or grey; or bits, the highest first, 1 = black. The caller must not
        change them afterwards."""
        if self._mode is ColorMode.BITONAL:
            self._bits += strip
        else:
            if len(self._strips) >= AHEAD:
                self._strips[-AHEAD].result()
            self._strips.append(self._pool.submit(_deflate, strip))

    def finish(self, height: int) -> Iterator[Buffer]:
        """The file in pieces, in order."""
        if self._mode is ColorMode.BITONAL:
            yield group4(self._bits, self._width, height, self._dpi)
            return
        # The directory stands before the strips and TIFF wants absolute offsets, so all strips are needed first.
        encoded = [strip.result() for strip in self._strips]
        yield _directory((self._width, height, self._samples), self.rows, self._dpi, [len(strip) for strip in encoded])
        yield from encoded


def _deflate(strip: Buffer) -> bytes:
    return bytes(isal_zlib.compress(strip, LEVEL))


def _directory(shape: tuple[int, int, int], rows: int, dpi: tuple[float, float], counts: list[int]) -> bytes:
    width, height, samples = shape
    entries: list[tuple[int, int, list[int]]] = [
        (256, LONG, [width]),
        (257, LONG, [height]),
        (258, SHORT, [8] * samples),
        (259, SHORT, [8]),
        (262, SHORT, [2 if samples == 3 else 1]),
        (273, LONG, [0] * len(counts)),
        (274, SHORT, [1]),
        (277, SHORT, [samples]),
        (278, LONG, [rows]),
        (279, LONG, counts),
        (282, RATIONAL, _rational(dpi[0])),
        (283, RATIONAL, _rational(dpi[1])),
        (284, SHORT, [1]),
        (296, SHORT, [2]),
    ]
    end = len(_pack(entries))
    offsets = [end + sum(counts[:index]) for index in range(len(counts))]
    return _pack([(tag, kind, offsets if tag == 273 else values) for tag, kind, values in entries])


def _rational(dpi: float) -> list[int]:
    value = Fraction(dpi).limit_denominator(10_000)
    return [value.numerator, value.denominator]


def _pack(entries: list[tuple[int, int, list[int]]]) -> bytes:
    """Header, directory and the values that do not fit into it; padded so that the strips start on an even byte."""
    table, beyond = b"", b""
    start = 8 + 2 + 12 * len(entries) + 4
    for tag, kind, values in entries:
        packed = struct.pack(f"<{len(values)}{'H' if kind == SHORT else 'I'}", *values)
        count = len(values) // 2 if kind == RATIONAL else len(values)
        if len(packed) > 4:
            place = struct.pack("<I", start + len(beyond))
            beyond += packed + b"\0" * (len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        table += struct.pack("<HHI", tag, kind, count) + place
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + b"\0\0\0\0" + beyond


def group4(bits: Buffer, width: int, height: int, dpi: tuple[float, float]) -> bytes:
    """A 1 bit Group 4 TIFF of packed rows, the highest bit first, 1 = black."""
    from PIL import Image  # noqa: PLC0415 - only bitonal runs pay for it at the start of the child

    out = io.BytesIO()
    Image.frombytes("1", (width, height), bytes(bits), "raw", "1;I").save(out, "TIFF", compression="group4", dpi=dpi)
    return out.getvalue()
