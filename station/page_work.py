"""What every worker process on pages shares: one resident engine, its word on which way is up, and a clock of stages."""

from functools import cache
from time import perf_counter

from imaging.ocr import Engine, EngineFault, open_engine
from imaging.orientation import Osd
from imaging.values import Pixels, Turn

LEAST_OSD = 5.0
"""Below this the engine's guess is not heard (QUALITY 3.3: correct answers start near 7)."""
_SURE_OSD = 14.0


@cache
def resident(language: str) -> Engine:
    """One resident engine a process, its model loaded when first asked for. Raises EngineFault."""
    return open_engine(language=language)


def ask_engine(language: str) -> Osd:
    """Tesseract's opinion which way is up, None where it has none or is not installed. Its figure has no unit; half of the
    scale's usual 14 counts as 0.5 here."""

    def ask(picture: Pixels, dpi: float) -> tuple[Turn, float] | None:
        try:
            turn, figure = resident(language).orientation(picture, dpi)
        except EngineFault:
            return None
        return (turn, min(1.0, figure / _SURE_OSD)) if figure >= LEAST_OSD else None

    return ask


class Clock:
    """Milliseconds a stage, in order."""

    def __init__(self) -> None:
        self.ms: dict[str, float] = {}
        self._last = perf_counter()

    def stage(self, name: str) -> None:
        now = perf_counter()
        self.ms[name] = round((now - self._last) * 1000, 1)
        self._last = now
