"""python-sane in the only way that was found safe: the raw device, the option table, one cancel at the end."""

from typing import Any

import _sane
import sane

from scanner.sane.options import Option, OptionTable, table_of
from scanner.sane.reader import LineReader


class SaneDevice:
    """One handle. Raises ``_sane.error`` with libsane's text; translate with ``scanner.sane.status``."""

    def __init__(self, address: str) -> None:
        # sane.SaneDev is left aside: attribute access there turns a mistyped option into a silent new attribute,
        # hides options named like its methods, and a reference cycle keeps the device open.
        self._dev: Any = _sane._open(address)
        self.table: OptionTable = table_of(self._dev.get_options())

    def reload(self) -> OptionTable:
        """The table anew: setting one option may change, hide or show others."""
        self.table = table_of(self._dev.get_options())
        return self.table

    def get(self, option: Option) -> Any:
        return self._dev.get_option(option.index)

    def set(self, option: Option, value: Any) -> None:
        self._dev.set_option(option.index, option.coerce(value))
        self.reload()

    def start(self) -> None:
        self._dev.start()

    def parameters(self) -> tuple[str, int, int, int, int]:
        """(frame, pixels a line, lines or -1, bits a sample, bytes a line)"""
        frame, _, (width, lines), depth, line_bytes = self._dev.get_parameters()
        return frame, width, lines, depth, line_bytes

    def line_reader(self) -> LineReader:
        return LineReader(self._dev)

    def cancel(self) -> None:
        self._dev.cancel()

    def close(self) -> None:
        self._dev.close()


def init() -> None:
    """Once per process: a second init leaves some drivers in a broken state."""
    sane.init()


def devices() -> list[tuple[str, str, str, str]]:
    """(address, vendor, model, type)"""
    return list(_sane.get_devices(0))


Error = _sane.error
