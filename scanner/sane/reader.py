"""Image bytes from libsane as they come, on the handle python-sane opened.

python-sane's own ``snap`` hands out a side only when it is complete, ignores padding at the end of lines, and trusts sizes that
overflow its buffer. Reading through ``sane_read`` itself lets a side be encoded while it is still arriving. See
docs/decisions/0011-lines-are-read-as-they-come.md."""

import ctypes
from typing import Any

import _sane

from scanner.model import FaultKind, Phase, ScanFault

GOOD, EOF = 0, 5
LIBRARY = "libsane.so.1"


class LineReader:
    """Raises ``_sane.error`` with libsane's text, like python-sane. The device must not be closed while this is used."""

    def __init__(self, dev: Any) -> None:
        handle_at = object.__basicsize__
        if type(dev).__basicsize__ != handle_at + ctypes.sizeof(ctypes.c_void_p):
            raise ScanFault(FaultKind.UNSUPPORTED, Phase.OPEN, "this python-sane keeps its handle elsewhere")
        # The same shared library that python-sane is linked with, so the handle means the same.
        self._library = ctypes.CDLL(LIBRARY)
        self._library.sane_strstatus.restype = ctypes.c_char_p
        self._handle = ctypes.c_void_p.from_address(id(dev) + handle_at)
        self._dev = dev  # the address above lives as long as this does

    def fill(self, buffer: bytearray, start: int) -> int:
        """Read once into ``buffer`` from ``start``. Returns the number of bytes, -1 at the end of the side."""
        room = (ctypes.c_char * (len(buffer) - start)).from_buffer(buffer, start)
        got = ctypes.c_int(0)
        status = self._library.sane_read(self._handle, room, len(room), ctypes.byref(got))
        if status == EOF:
            return -1
        if status != GOOD:
            raise _sane.error(self._library.sane_strstatus(status).decode())
        return got.value
