"""What a package says of files from outside: the list of them, and for each page the file and page it came from."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from batches.words import SourceState


def files(rows: Iterable[Row[Any]]) -> list[dict[str, Any]]:
    """Every file that was laid before an import into the batch, refused ones with their reason. Where it lay on this
    station's disks stays here."""
    return [
        {
            "name": row.name,
            "sha256": row.sha256,
            "bytes": row.bytes,
            "modified": row.facts.get("modified", ""),
            "origin": row.origin,
            "import": row.run_uid,
            "at": row.at,
            "state": row.state,
            "reason": row.reason,
            "pages": row.pages,
            "bad_pages": row.facts.get("bad_pages", {}),
            "said": row.facts.get("file", {}),
        }
        for row in rows
        if row.state == SourceState.REFUSED.value or row.pages
    ]


def page(facts: dict[str, Any] | None) -> dict[str, Any]:
    """What a page's entry gains where it came from a file: no scanner is claimed for it."""
    source = (facts or {}).get("source")
    return {"source": source} if source else {}
