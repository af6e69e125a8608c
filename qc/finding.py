"""What a check returns. It never raises, never fixes, and its words live in station/words, keyed by ``check``."""

from dataclasses import dataclass
from enum import StrEnum

Box = tuple[int, int, int, int]


class Level(StrEnum):
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """``check``: stable id e.g. ``page.blur``. ``value`` and ``limit`` in the check's own unit.
    ``box``: place in px of the image as given; None = the whole page."""

    check: str
    level: Level
    value: float | None = None
    limit: float | None = None
    box: Box | None = None
    hint: str = ""
    """A stable sub-key for the likely cause, e.g. ``lifted_paper``; words in the catalogue."""
