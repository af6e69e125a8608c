"""Two sheets that went in as one, where the device has no sensor for it: told by the length of the image as soon as the page
has been looked at. What only the whole batch tells (numbers, likeness, counts) is the batch check's."""

from typing import Any

from sqlalchemy import Row

from batches import findings, pages
from batches.pages import Value
from qc.batch import too_long, usual_length
from qc.limits import Limits
from station.house import House
from station.looking import finding_row

STAGE = "feed"
_BEFORE = 40
"""Sides before this one that tell how long this batch's sheets are."""
_SURE = 0.5
"""Confidence from which the sheet's own edges say how long it is, and not the window it was scanned in."""
MM_PER_INCH = 25.4


def consider(house: House, page_id: int) -> None:
    """After the live path of a page: is it longer than the sheets before it?"""
    with house.store.read() as connection:
        page = pages.get(connection, page_id)
        rows = pages.before(connection, page, _BEFORE)
        values = pages.values_of(connection, [page_id, *(row.id for row in rows)])
        known = [row for row in findings.of_pages(connection, [page_id])[page_id] if row.stage == STAGE]
    lengths = [length_mm(row, values.get(row.id, {})) for row in rows]
    limits = Limits.from_mapping(house.settings.qc.limits)
    found = too_long(length_mm(page, values.get(page_id, {})), usual_length(lengths), limits)
    if found is None and not known:
        return
    with house.store.write() as connection:
        findings.replace(connection, page.batch_id, page_id, STAGE, [finding_row(found)] if found else [])
        pages.changed(connection, page_id)


def length_mm(page: Row[Any], values: dict[str, Value]) -> float:
    """Along the feed: the sheet's, where its edges were seen in a longer window, else the image's."""
    turned = "orientation" in values and values["orientation"].value in (90, 270)
    width, height = page.width, page.height
    crop = values.get("crop")
    if crop is not None and not crop.by_person and crop.confidence >= _SURE and crop.value:
        x0, y0, x1, y1 = crop.value["box"]
        width, height = x1 - x0, y1 - y0
    return float((width / page.dpi_x if turned else height / page.dpi_y) * MM_PER_INCH)
