"""Proof that an access copy still shows the seals and signatures that the master shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imaging import render, seals
from imaging.prepare import Prepared
from imaging.values import Box, Geometry, Raster

LEAST_PRESENT = 0.85
"""Share of a seal's red, or a signature's colour, that a copy must keep. JPEG quality 50 keeps 0.97 and more of real seals;
a stage that bleaches colour leaves less than half."""


def present(master: Prepared, copy: Prepared, placed: Geometry, stamps: Sequence[Box], strokes: Sequence[Box]) -> float:
    """The worst share, 1.0 where there is nothing to keep. ``stamps``: seals, ``strokes``: signatures, in px of the master."""
    shares = [1.0]
    if stamps:
        before, after = seals.redness(master), seals.redness(copy)
        shares += [_share(before, after, master, copy, placed, box) for box in stamps]
    if strokes:
        before, after = master.chroma.astype(np.float32), copy.chroma.astype(np.float32)
        shares += [_share(before, after, master, copy, placed, box) for box in strokes]
    return round(min(shares), 4)


def _share(before: NDArray[np.float32], after: NDArray[np.float32], master: Prepared, copy: Prepared, placed: Geometry,
           box: Box) -> float:  # fmt: skip
    raster = master.raster
    there = render.box_to_render(placed, (raster.width, raster.height), box, raster.dpi)
    scale = _area(before, raster) / _area(after, copy.raster)
    return seals.shown(_region(before, raster, box), _region(after, copy.raster, there)) * scale


def _area(plane: NDArray[np.float32], raster: Raster) -> float:
    """Plane px per square inch: the sums of two planes compare only per area."""
    return plane.size / (raster.width / raster.dpi[0] * raster.height / raster.dpi[1])


def _region(plane: NDArray[np.float32], raster: Raster, box: Box) -> NDArray[np.float32]:
    across, down = plane.shape[1] / raster.width, plane.shape[0] / raster.height
    x0, y0, x1, y1 = box
    return plane[int(y0 * down) : int(np.ceil(y1 * down)), int(x0 * across) : int(np.ceil(x1 * across))]
