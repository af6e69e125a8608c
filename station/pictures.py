"""Pictures made on demand: a page at the resolution of its master, for whoever looks closely."""

import uuid
from pathlib import Path

import cv2

from batches import batch as batch_records
from batches import pages
from imaging import render
from station.geometry import geometry_of
from station.house import House
from station.looking import read_master

_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 88]


def full(house: House, page_id: int) -> Path:
    """``full.jpg`` of a page: turned, straightened, cropped like its proof, as fine as its master. Made anew once the proof
    is newer. Raises NotFound, Unreadable."""
    with house.store.read() as connection:
        row, values = pages.get(connection, page_id), pages.values(connection, page_id)
        folder = house.folders.page(batch_records.get(connection, row.batch_id).uid, row.uid)
    path, proof = folder / "full.jpg", folder / "proof.jpg"
    if path.is_file() and proof.is_file() and path.stat().st_mtime_ns >= proof.stat().st_mtime_ns:
        return path
    raster = read_master(house.folders.master(row.master), (row.dpi_x, row.dpi_y))
    shown = render.render(raster, geometry_of((raster.width, raster.height), values))
    good, data = cv2.imencode(".jpg", shown.pixels, _QUALITY)
    assert good
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{uuid.uuid4().hex}.tmp"  # two may ask at once; each moves its own whole picture into place
    temporary.write_bytes(data.tobytes())
    temporary.replace(path)
    return path
