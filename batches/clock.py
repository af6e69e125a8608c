"""The one clock of the records: Vietnam's time, to the millisecond."""

from datetime import datetime, timedelta, timezone

VIETNAM = timezone(timedelta(hours=7))


def now() -> str:
    """ISO 8601 with offset, e.g. ``2026-11-22T10:29:00.123+07:00``: sorts as text, reads as time."""
    return datetime.now(VIETNAM).isoformat(timespec="milliseconds")


def later(seconds: float) -> str:
    """The time ``seconds`` from now, in the form of :func:`now`."""
    return (datetime.now(VIETNAM) + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
