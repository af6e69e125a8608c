"""What the machine proposes for a batch's documents; a person confirms."""

from typing import Any

from sqlalchemy import Connection, Row

from batches import batch as batch_records
from batches import items, pages, text_mends
from imaging.fields import Proposal, find_documents, propose
from imaging.values import PageText
from station import mended, page_text
from station.house import House

FIELDS = {
    "typeName": "type_name",
    "codeNumber": "number",
    "codeNotation": "notation",
    "issuedDate": "date",
    "organName": "issuer",
    "subject": "subject",
    "signer": "signer",
    "secrecy": "secrecy",
    "urgency": "urgency",
}
"""Name in the archive's field table (and two marks beside it) → name in imaging.fields."""


def propose_fields(connection: Connection, house: House, batch: Row[Any]) -> None:
    """Proposals for every document of the batch, and where documents seem to begin, from what was read on its pages."""
    listed = items.listing(connection, batch.id)
    texts = _texts(connection, house, batch.uid, [page for item in listed for page in item.pages])
    order = list(texts)
    starts = [order[span.first] for span in find_documents([texts[page_id] for page_id in order])] if order else []
    for item in listed:
        mine = {page.id for page in item.pages[1:]}
        told = _told(item, texts)
        items.set_proposals(connection, item.id, {**told, "starts": [start for start in starts if start in mine]})


def propose_again(connection: Connection, house: House, batch_id: int, item: items.Item) -> None:
    """One document's proposals after a word of it was put right; where others seem to begin stays as it was."""
    texts = _texts(connection, house, batch_records.get(connection, batch_id).uid, list(item.pages))
    items.set_proposals(connection, item.id, {**item.proposals, **_told(item, texts)})


def _told(item: items.Item, texts: dict[int, PageText]) -> dict[str, Any]:
    found = propose([texts[page.id] for page in item.pages])
    return {name: as_json(found.get(source), item) for name, source in FIELDS.items()}  # type: ignore[arg-type]


def as_json(found: Proposal, item: items.Item) -> dict[str, Any]:
    """``value`` in the archive's own form, ``page`` the page's id, ``box`` in px of the page as read."""
    value = archive_date(found.value) if found.name == "date" else found.value
    page = item.pages[found.page].id if found.page < len(item.pages) else None
    return {"value": value, "confidence": round(found.confidence, 3), "sure": found.sure, "page": page, "box": found.box}


def archive_date(iso: str) -> str:
    """``2025-02-07`` → ``07/02/2025``; partial dates stay partial."""
    return "/".join(reversed(iso.split("-"))) if iso else ""


def _texts(connection: Connection, house: House, batch_uid: str, rows: list[Row[Any]]) -> dict[int, PageText]:
    """page id → its words as they count; a page without a reading is an empty page, so that every page keeps its place."""
    ids = [row.id for row in rows]
    mends, values = text_mends.of_pages(connection, ids), pages.values_of(connection, ids)
    found = {}
    for row in rows:
        read = page_text.load(house.folders.page(batch_uid, row.uid))
        text = read or PageText((), (row.width, row.height), row.dpi_x, "")
        size, dpi = (row.width, row.height), (row.dpi_x, row.dpi_y)
        found[row.id] = mended.apply(text, mends.get(row.id, ()), values.get(row.id, {}), size, dpi)
    return found
