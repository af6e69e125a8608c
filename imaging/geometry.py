"""How a page lies on its scan: which way up, how far turned, where it ends. Each with its confidence; what is not sure
stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from imaging import crop as cropping
from imaging import ink_guard, letters, orientation, skew
from imaging.orientation import Osd
from imaging.prepare import Prepared, prepare
from imaging.render import LEAST_SKEW, corners_of
from imaging.values import Box, Crop, Geometry, Raster, Skew

SURE_EDGES = 0.9
"""All four sides of the page trusted this far give its angle where the text does not."""
EDGE_CONFIDENCE = 0.5


def measure(raster: Raster, prepared: Prepared | None = None, *, osd: Osd | None = None) -> Geometry:
    """The geometry of a master. ``prepared``: its front end where already at hand. ``osd``: asked only where the shape of
    the lines does not say which way is up (``imaging.orientation``). Never raises on a raster that ``prepare`` takes."""
    prepared = prepared or prepare(raster)
    crop = _guarded(cropping.measure(prepared), prepared)
    ink = letters.letters(prepared, _working(crop.box, prepared))
    attitude = orientation.measure(
        ink,
        prepared.ink_dpi,
        orientation.reading_osd(prepared, osd),
        lambda across: letters.mixed_heights(prepared, across),
        letters.outside_tables(ink, prepared),
    )
    value = skew.as_value(attitude.refined())
    found = Geometry(attitude.orientation, value if value.confidence > 0 else _edge_skew(crop), crop)
    return _on_its_own_size(found, prepared)


def _guarded(crop: Crop, prepared: Prepared) -> Crop:
    """The crop, or none where it would cut ink."""
    raster = prepared.raster
    if crop.confidence > 0 and ink_guard.beyond(prepared, corners_of(crop.box)).refused:
        return Crop((0, 0, raster.width, raster.height), 0.0)
    return crop


def _on_its_own_size(found: Geometry, prepared: Prepared) -> Geometry:
    """Straightened on a canvas of the page's own size, where what is turned out of it carries no ink."""
    if len(found.crop.corners) == 4 or abs(found.skew.degrees) < LEAST_SKEW:
        return found
    on_page = replace(found, canvas="page")
    return found if ink_guard.compare(prepared.raster, on_page, prepared=prepared).boxes else on_page


def _working(box: Box, prepared: Prepared) -> Box | None:
    raster = prepared.raster
    if box == (0, 0, raster.width, raster.height):
        return None
    (sx, sy), (x0, y0, x1, y1) = prepared.scale, box
    return int(x0 * sx), int(y0 * sy), int(np.ceil(x1 * sx)), int(np.ceil(y1 * sy))


def _edge_skew(crop: Crop) -> Skew:
    """The angle of the page's own edges, for pages whose text does not say."""
    if len(crop.corners) != 4 or min(crop.sides) < SURE_EDGES:
        return Skew(0.0, 0.0)
    tl, tr, br, bl = (np.array(corner) for corner in crop.corners)
    level, upright = (tr - tl) + (br - bl), (bl - tl) + (br - tr)
    angles = np.degrees([np.arctan2(level[1], level[0]), np.arctan2(-upright[0], upright[1])])
    return Skew(round(float(angles.mean()), 3), EDGE_CONFIDENCE)
