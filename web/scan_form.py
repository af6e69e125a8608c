"""The scanner chosen on the desk, as its form sends it."""

from batches.errors import Invalid
from scanner.model import Source
from station import scan_asked
from station.scan_asked import AskedScan
from web import asked, identity


def asked_scanner() -> AskedScan:
    """Device and profile, and what the person said beside them. Raises Invalid naming the field."""
    try:
        source = Source(asked.text("source")) if asked.text("source") else None
    except ValueError:
        raise Invalid(what="source", value=asked.text("source")) from None
    return scan_asked.of(
        identity.house(),
        asked.text("device"),
        asked.text("profile"),
        source=source,
        nearest=asked.flag("nearest"),
        fragile=asked.flag("fragile"),
    )
