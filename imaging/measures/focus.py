"""Sharpness as the width of edges, whatever their contrast (QUALITY 2.1): local contrast divided by the steepest step nearby.

An ideal edge blurred by a Gaussian of sigma measures 2.5 sigma. Paper stock, fading and noise hardly move it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared, level, reduced
from imaging.values import Box, Pixels

TILE_MM = 20.0
MOST_TILES = 32
INKED = 0.01
"""Share of ink from which a tile is worth a look."""
LEAST_EDGES = 60
"""Edge px from which a tile has an opinion of its own."""
REFERENCE_DPI = 300.0
SEAM = 6
"""px at a tile's rim that see its neighbour in the mosaic."""

FINE, WIDEST = 1000.0, 32.0
"""Parts of a px to which a median width is told; no median is wider than the second: contrast is looked for over 9 px."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Focus:
    """``width``: median edge width, px at 300 dpi (coarser pages: in their own px). ``edges``: px it rests on.
    ``local``: 90th percentile of the tiles over the median; ``worst``: the softest tile, master px.
    ``motion``: edges across the feed over edges along it; above 1 = smeared along the feed (y)."""

    width: float
    edges: int
    local: float
    worst: Box | None
    motion: float


def focus(prepared: Prepared) -> Focus | None:
    """Edge widths of up to 32 inked tiles; None on a bitonal page or without ink."""
    tiles = _tiles(prepared)
    if prepared.raster.mode == "bitonal" or not tiles:
        return None
    widths, across, along = _widths(_mosaic(prepared.gray, tiles), tiles)
    every = np.concatenate(widths)
    if not every.size:
        return None
    scale = min(1.0, REFERENCE_DPI / max(prepared.raster.dpi))
    middle = _median(every)
    local, worst = _local(widths, tiles, middle)
    return Focus(middle * scale, int(every.size), local, worst, _ratio(along, across))


def _tiles(prepared: Prepared) -> list[Box]:
    """Inked tiles in master px, at most 32, spread evenly; the outermost rim of the image is left out."""
    raster = prepared.raster
    wide, high = (max(32, round(TILE_MM * dpi / 25.4)) for dpi in raster.dpi)
    columns, rows = raster.width // wide, raster.height // high
    if not columns or not rows:
        return []
    small = reduced(prepared.strong, 2)  # what is left to do then takes a quarter of the time
    share = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_AREA)
    inked = np.argwhere(share > INKED * 255)
    chosen = inked[:: max(1, -(-len(inked) // MOST_TILES))]
    return [(int(x) * wide, int(y) * high, int(x + 1) * wide, int(y + 1) * high) for y, x in chosen]


def _mosaic(gray: Pixels, tiles: list[Box]) -> Pixels:
    return np.hstack([gray[y0:y1, x0:x1] for x0, y0, x1, y1 in tiles])


def _widths(mosaic: Pixels, tiles: list[Box]) -> tuple[list[Floats], Floats, Floats]:
    """Edge widths per tile; of all edges that run up and down; of all that run left and right."""
    box, near = np.ones((9, 9), np.uint8), np.ones((5, 5), np.uint8)
    contrast = cv2.subtract(cv2.dilate(mosaic, box), cv2.erode(mosaic, box))
    across, along = (_steps(mosaic, dx, dy) for dx, dy in ((1, 0), (0, 1)))
    steepest = cv2.dilate(cv2.max(across, along), near)
    side = mosaic.shape[1] // len(tiles)
    per_tile, columns, rows = [], [], []
    for at in range(0, mosaic.shape[1], side):
        cell = (slice(SEAM, -SEAM), slice(at + SEAM, at + side - SEAM))
        c, g = contrast[cell], steepest[cell]
        edge = (c > max(25, int(0.45 * level(cast(Pixels, c[::3, ::3]), 0.99)))) & (g > 0)
        width: Floats = (c[edge] / g[edge].astype(np.float32)).astype(np.float32)
        per_tile.append(width)
        x, y = (cv2.dilate(step[cell], near) for step in (across, along))
        columns.append(width[cv2.compare(x, cv2.add(y, y), cv2.CMP_GT)[edge] > 0])
        rows.append(width[cv2.compare(y, cv2.add(x, x), cv2.CMP_GT)[edge] > 0])
    return per_tile, np.concatenate(columns), np.concatenate(rows)


def _median(widths: Floats) -> float:
    """Counted instead of sorted: there are hundreds of thousands, asked for several times over."""
    counts = np.bincount((np.minimum(widths, WIDEST) * FINE).astype(np.int32))
    return (float(np.searchsorted(np.cumsum(counts), 0.5 * widths.size)) + 0.5) / FINE


def _steps(gray: Pixels, dx: int, dy: int) -> Pixels:
    return cast(Pixels, cv2.convertScaleAbs(cv2.Scharr(gray, cv2.CV_16S, dx, dy), alpha=1 / 32))


def _local(widths: list[Floats], tiles: list[Box], page: float) -> tuple[float, Box | None]:
    judged = [(_median(one), tile) for one, tile in zip(widths, tiles, strict=True) if one.size >= LEAST_EDGES]
    if len(judged) < 4 or page <= 0:
        return 1.0, None
    medians = np.array([median for median, _ in judged])
    return float(np.percentile(medians, 90)) / page, judged[int(medians.argmax())][1]


def _ratio(along: Floats, across: Floats) -> float:
    if min(along.size, across.size) < LEAST_EDGES:
        return 1.0
    return _median(along) / max(_median(across), 1e-6)
