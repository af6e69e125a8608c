"""What every worker process on pages shares: one resident engine, its word on which way is up, and a clock of stages."""

from functools import cache
from time import perf_counter

from imaging.ocr import Engine, EngineFault, open_engine
from imaging.ocr.net_file import NotReadable
from imaging.ocr.upright import find_upright
from imaging.orientation import Answer, Osd, Ways
from imaging.prepare import Prepared

LEAST_OSD = 5.0
"""Below this the engine's guess is not heard (QUALITY 3.3: correct answers start near 7)."""
LEAST_UNREAD = 9.0
"""The same for a page that does not read clearly any way: another script has 9.9 to 34, mirrored letters and the finest print
a wrong 7.7."""
_SURE_OSD = 14.0
"""Usual for right answers, without a unit; half of it counts as 0.5 here."""


@cache
def resident(language: str) -> Engine:
    """One resident engine a process, its model loaded when first asked for. Raises EngineFault."""
    return open_engine(language=language)


def ask_engine(language: str) -> Osd:
    """Which way is up for a page whose lines do not say: the way its lines read best, else Tesseract's opinion; None where
    neither is clear or Tesseract is not installed."""

    def ask(prepared: Prepared, ways: Ways) -> Answer:
        try:
            return _asked(language, prepared, ways)
        except EngineFault:
            return None

    return ask


def _asked(language: str, prepared: Prepared, ways: Ways) -> Answer:
    least = LEAST_UNREAD
    try:
        read = find_upright(prepared.plain, prepared.dpi, ways, language)
    except NotReadable:
        read, least = None, LEAST_OSD
    if read is not None:
        return read
    turn, figure = resident(language).orientation(prepared.half_gray, prepared.dpi)
    return (turn, min(1.0, figure / _SURE_OSD)) if figure >= least else None


class Clock:
    """Milliseconds a stage, in order."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = perf_counter()

    def stage(self, name: str) -> None:
        now = perf_counter()
        self.ms[name] = round((now - self._last) * 1000, 1)
        self._last = now
