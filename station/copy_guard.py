"""Proof that an access copy still shows the seals and signatures that the master shows."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from imaging import pdfa, render, seals
from imaging.prepare import Prepared
from imaging.values import Box, Geometry, Raster

LEAST_PRESENT = 0.65
"""Share of a seal's red, or a signature's vivid colour, that a copy must keep. At JPEG quality 50 real seals keep 0.95 and
more, pen strokes 0.97, thin blue print of 6 pt 0.72; a stage that bleaches colour by half leaves less than 0.6."""

FINER = (75, 92)
"""JPEG qualities tried where a seal or signature fades in the first."""

VIVID, VIVID_MM2, GRAIN = 45, 4.0, 12
"""8-bit Lab chroma of a pen or stamp (real ones: 60 to 170; the rims of black print: up to 42), how much of it, mm², a
signature has at least, and what the grain of paper reaches."""


def encode(
    shown: Raster, master: Prepared, placed: Geometry, stamps: Sequence[Box], strokes: Sequence[Box], quality: int
) -> tuple[pdfa.PageImage, float]:
    """The coded access copy and the share of its seals and signatures that it still shows; coded finer where it shows too
    little. ``shown``: the master as placed; ``stamps``, ``strokes``: in px of the master."""
    share = 1.0
    for finer in (quality, *FINER):
        image = pdfa.encode(shown, max(finer, quality))
        if stamps or strokes:
            copy = Prepared(Raster(pdfa.decode(image), shown.dpi, shown.mode))
            share = present(master, copy, placed, stamps, strokes)
        if share >= LEAST_PRESENT:
            break
    return image, share


def present(master: Prepared, copy: Prepared, placed: Geometry, stamps: Sequence[Box], strokes: Sequence[Box]) -> float:
    """The worst share, 1.0 where there is nothing to keep. ``stamps``: seals, ``strokes``: signatures, in px of the master."""
    shares = [1.0]
    if stamps:
        before, after = seals.redness(master), seals.redness(copy)
        shares += [_share(before, after, master, copy, placed, box) for box in stamps]
    if strokes:
        before, after = _coloured(master), _coloured(copy)
        shares += [_share(before, after, master, copy, placed, box) for box in strokes]
    return round(min(shares), 4)


def plainly_inked(master: Prepared, strokes: Sequence[Box]) -> tuple[Box, ...]:
    """Those boxes that hold as much vivid colour as a pen leaves; the bluish rim of black print does not."""
    least = VIVID_MM2 * master.px_per_mm**2
    vivid = (master.chroma >= VIVID).astype(np.float32)
    return tuple(box for box in strokes if _region(vivid, master.raster, box).sum() >= least)


def _coloured(page: Prepared) -> NDArray[np.float32]:
    """Colour above the paper's grain, whose sum would drown a thin stroke's."""
    return np.maximum(page.chroma.astype(np.float32) - GRAIN, 0)


def _share(before: NDArray[np.float32], after: NDArray[np.float32], master: Prepared, copy: Prepared, placed: Geometry,
           box: Box) -> float:  # fmt: skip
    raster = master.raster
    dots = copy.raster.dpi[0] if max(copy.raster.dpi) != max(raster.dpi) else None
    there = render.box_to_render(placed, (raster.width, raster.height), box, raster.dpi, dots)
    scale = _area(before, raster) / _area(after, copy.raster)
    return seals.shown(_region(before, raster, box), _region(after, copy.raster, there)) * scale


def _area(plane: NDArray[np.float32], raster: Raster) -> float:
    """Plane px per square inch: the sums of two planes compare only per area."""
    return plane.size / (raster.width / raster.dpi[0] * raster.height / raster.dpi[1])


def _region(plane: NDArray[np.float32], raster: Raster, box: Box) -> NDArray[np.float32]:
    across, down = plane.shape[1] / raster.width, plane.shape[0] / raster.height
    x0, y0, x1, y1 = box
    return plane[int(y0 * down) : int(np.ceil(y1 * down)), int(x0 * across) : int(np.ceil(x1 * across))]
