"""How long a device may stay silent in each phase before it counts as hung."""

from dataclasses import dataclass

from scanner.model import Phase

PHASES = {
    "start": Phase.OPEN,
    "listing": Phase.OPEN,
    "open": Phase.OPEN,
    "set": Phase.SET,
    "feed": Phase.FEED,
    "first_line": Phase.READ,
    "lines": Phase.READ,
    "store": Phase.STORE,
    "sensors": Phase.FEED,
    "close": Phase.DONE,
}
"""Phases of the pipe → the phases a fault names."""


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds without any sign of progress, per phase. A sign is a phase reached or lines received.

    ``feed`` is long because a driver may load the whole image inside its start call, and a lamp may warm up."""

    start: float = 20.0
    """From starting the child process to its first word."""
    listing: float = 30.0
    open: float = 30.0
    set: float = 20.0
    feed: float = 90.0
    first_line: float = 45.0
    lines: float = 20.0
    store: float = 60.0
    sensors: float = 10.0
    cancel: float = 1.0
    """How long a hung driver is given to let go of the device before its process is killed."""
    close: float = 5.0

    def limit(self, phase: str) -> float:
        """Seconds for ``phase``; the longest one for a phase this table does not name."""
        return float(getattr(self, phase, self.feed))
