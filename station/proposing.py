"""What the machine proposes for a batch's documents; a person confirms."""

from typing import Any

from sqlalchemy import Connection, Row

from batches import items
from station import page_text
from station.house import House


def propose_fields(connection: Connection, house: House, batch: Row[Any]) -> None:
    """Proposals for every document of the batch, from what was read on its pages."""
    for item in items.listing(connection, batch.id):
        read = [page_text.load(house.folders.page(batch.uid, page.uid)) for page in item.pages]
        items.set_proposals(connection, item.id, {"words": sum(len(text.words) for text in read if text)})
