"""Every state of the records, one enum a thing. The console's words for them live in station/words."""

from enum import StrEnum


class BatchState(StrEnum):
    OPEN = "open"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    PROCESSED = "processed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SEALED = "sealed"
    ACKNOWLEDGED = "acknowledged"
    WITHDRAWN = "withdrawn"
    QUARANTINED = "quarantined"


class RunState(StrEnum):
    """``paused`` waits for the operator after a fault or a stop; ``requested`` waits for the broker."""

    REQUESTED = "requested"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"


class RunRequest(StrEnum):
    """What a person asks of a running run; it acts between sheets."""

    NONE = "none"
    STOP = "stop"


class WaitFor(StrEnum):
    """What begins a run instead of the console: the scanner's button, or paper laid in its feeder (the button does too)."""

    BUTTON = "button"
    PAPER = "paper"


class RunPurpose(StrEnum):
    CAPTURE = "capture"
    RESCAN = "rescan"
    INSERT = "insert"
    IMPORT = "import"


class SheetState(StrEnum):
    """``superseded``: on record, not delivered (a sheet scanned twice, say)."""

    LIVE = "live"
    SEPARATOR = "separator"
    SUPERSEDED = "superseded"


class PageState(StrEnum):
    KEPT = "kept"
    SUPERSEDED = "superseded"


class FindingState(StrEnum):
    OPEN = "open"
    ORIGINAL = "original"
    """A person said: the original is so."""


class OverlapState(StrEnum):
    """A sheet that came twice after a run was gone on with: which of the two is kept, or that they are two sheets after all."""

    OPEN = "open"
    KEPT_EARLIER = "kept_earlier"
    KEPT_LATER = "kept_later"
    BOTH = "both"


class SourceState(StrEnum):
    """A file that came from outside. ``refused``: it cannot be read; it stays where it was."""

    STORED = "stored"
    REFUSED = "refused"


class CareKind(StrEnum):
    """What was done to a scanner: cleaned, or shown its target sheet."""

    CLEANING = "cleaning"
    QUALIFICATION = "qualification"


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105
    RETURN = "return"
    ORIGINAL = "original"


class JobKind(StrEnum):
    LIVE = "live"
    TEXT = "text"


class BatchJobKind(StrEnum):
    """Work on a batch as a whole: the checks over all its pages; packing and offering it."""

    CHECK = "check"
    RELEASE = "release"


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class PackageState(StrEnum):
    OFFERED = "offered"
    ACKNOWLEDGED = "acknowledged"


class Role(StrEnum):
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    ADMINISTRATOR = "administrator"
