"""Places on a page between the picture a person sees and the master it was made from."""

from typing import Any

from sqlalchemy import Connection

from batches import pages
from imaging import render
from station.geometry import geometry_of

Fractions = tuple[float, float, float, float]
Box = tuple[int, int, int, int]


def on_master(connection: Connection, page_id: int, box: Fractions) -> Box:
    """A region dragged on the proof (fractions) as pixels of the master."""
    geometry, size, dpi = _of(connection, page_id)
    width, height = render.placement(geometry, size, dpi).size
    x0, y0, x1, y1 = (round(part * side) for part, side in zip(box, (width, height, width, height), strict=True))
    return render.box_to_master(geometry, size, (x0, y0, x1, y1), dpi)


def on_proof(connection: Connection, page_id: int, box: Box) -> Fractions:
    """Pixels of the master as fractions of the proof."""
    geometry, size, dpi = _of(connection, page_id)
    width, height = render.placement(geometry, size, dpi).size
    x0, y0, x1, y1 = render.box_to_render(geometry, size, box, dpi)
    return x0 / width, y0 / height, x1 / width, y1 / height


def _of(connection: Connection, page_id: int) -> tuple[Any, tuple[int, int], tuple[float, float]]:
    row = pages.get(connection, page_id)
    size = (row.width, row.height)
    return geometry_of(size, pages.values(connection, page_id)), size, (row.dpi_x, row.dpi_y)
