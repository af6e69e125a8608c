"""What the records refuse. ``key`` is stable and has its words in station/words (``records.<key>``); facts fill them."""

from typing import Any


class RecordsError(Exception):
    """A refusal. Nothing was written."""

    key = "records"

    def __init__(self, **facts: Any) -> None:
        super().__init__(f"{self.key}: {facts}")
        self.facts = facts


class NotFound(RecordsError):
    key = "not_found"


class NotAllowed(RecordsError):
    """The state does not permit this move."""

    key = "not_allowed"


class Stale(RecordsError):
    """Someone else moved first; look again."""

    key = "stale"


class Invalid(RecordsError):
    """A value that cannot be."""

    key = "invalid"


class Exists(RecordsError):
    key = "exists"


class DeviceHeld(RecordsError):
    """Another person or run holds the device: facts name the holder."""

    key = "device_held"


class Unexplained(RecordsError):
    """The ledger shows a difference nobody has explained."""

    key = "unexplained"


class Unpaired(RecordsError):
    """Fronts and backs of two passes do not agree in number: facts say how many there are of each."""

    key = "unpaired"


class DatabaseNewer(RecordsError):
    """The database was made by a newer version."""

    key = "database_newer"


class DatabaseOld(RecordsError):
    """The database wants migrating first."""

    key = "database_old"


class DatabaseBusy(RecordsError):
    key = "database_busy"


class DatabaseUnreachable(RecordsError):
    key = "database_unreachable"


class JournalBroken(RecordsError):
    """The chain does not verify at ``seq``."""

    key = "journal_broken"
