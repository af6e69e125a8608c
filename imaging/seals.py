"""Red round seals and blue signatures on a colour master, found so that every derivative can be proved to show them still.

A seal of a Vietnamese body is a red ring of 28 to 45 mm (36 mm for state bodies). Red ink is gathered on a coarse map,
rings are voted for by matched filters, and a ring counts only where strong red is met in most directions from its centre.
The print a seal leaves on the facing page or shows through the sheet is pale or broken and does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared, components
from imaging.values import Box, Pixels, Raster

RADII_MM = tuple(float(value) for value in np.arange(13.5, 23.1, 1.0))
COARSE_PX_PER_MM = 1.0
LEAST_RED = 12.0
"""Distance of a* from the paper's (8-bit Lab) above which ink is red."""
SURE_RED = 20.0
"""Median of that distance along the ring of a seal pressed on this side."""
LEAST_ARC = 0.75
"""Share of directions in which the ring is met: 0.97 and more on real seals, at most 0.65 on their prints."""
SECTORS = 72
LEAST_BLUE = 5.0
SIGNATURE_MM, SIGNATURE_MM2 = (8.0, 120.0), 6.0
"""How long a signature is, and how much ink it has at least."""

Map = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ring:
    """A candidate: centre and radius in px at ``Prepared.small_dpi``, share of directions met, median red along it."""

    x: float
    y: float
    radius: float
    arc: float
    red: float


def find(raster: Raster, prepared: Prepared) -> list[Box]:
    """Boxes of the red round seals in master px, from the clearest. A grey or bitonal master has none that can be told."""
    if raster.pixels.ndim == 2:
        return []
    return [_box(ring, prepared) for ring in rings(prepared)]


def rings(prepared: Prepared) -> list[Ring]:
    """The seals as rings."""
    red, px_per_mm = redness(prepared), prepared.small_dpi / 25.4
    if np.count_nonzero(red > SURE_RED) < LEAST_ARC * SECTORS / 2:
        return []
    found: list[Ring] = []
    for x, y, radius in _votes(red, px_per_mm):
        ring = _traced(red, x, y, radius, px_per_mm)
        apart = all(np.hypot(ring.x - other.x, ring.y - other.y) > 0.8 * other.radius for other in found)
        if apart and ring.arc >= LEAST_ARC and ring.red >= SURE_RED:
            found.append(ring)
    return found


def signatures(raster: Raster, prepared: Prepared) -> list[Box]:
    """Boxes of connected strokes of blue or violet ink the size of a signature, in master px."""
    if raster.pixels.ndim == 2:
        return []
    a, b = prepared.hues
    blue = (b < -LEAST_BLUE) & (a < -0.9 * b)
    px_per_mm = prepared.small_dpi / 25.4
    if np.count_nonzero(blue) < SIGNATURE_MM2 * px_per_mm**2:
        return []
    reach = round(3 * px_per_mm) | 1
    joined = cv2.morphologyEx(blue.view(np.uint8), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    labels, stats, _ = components(cast(Pixels, joined))
    ink = np.bincount(labels[blue], minlength=len(stats)) / px_per_mm**2
    longest = np.maximum(stats[:, 2], stats[:, 3]) / px_per_mm
    good = np.flatnonzero((longest >= SIGNATURE_MM[0]) & (longest <= SIGNATURE_MM[1]) & (ink >= SIGNATURE_MM2))
    return [_on_master((x, y, x + w, y + h), prepared) for x, y, w, h, _ in stats[good[good > 0]]]


def redness(prepared: Prepared) -> Map:
    """How far each px leans to red against the paper (a*), 0 where the hue is another; float32 at ``prepared.small_dpi``."""
    a, b = prepared.hues
    return cast(Map, np.where((a > 4) & (np.abs(b) < 1.2 * a), a, np.float32(0)))


def _votes(red: Map, px_per_mm: float) -> list[tuple[float, float, float]]:
    """Up to six places (x, y, radius in px) where a ring of red fits best, best first."""
    factor = COARSE_PX_PER_MM / px_per_mm
    size = max(1, round(red.shape[1] * factor)), max(1, round(red.shape[0] * factor))
    small = cv2.resize(np.minimum(red, 40), size, interpolation=cv2.INTER_AREA)
    small = cv2.copyMakeBorder(small, 6, 6, 6, 6, cv2.BORDER_CONSTANT, value=0)
    layers = _fits(cast(Map, small))
    best = layers.max(axis=0)
    places: list[tuple[float, float, float]] = []
    for _ in range(6):
        y, x = np.unravel_index(int(best.argmax()), best.shape)
        if best[y, x] < 0.1 * LEAST_RED:
            break
        places.append((float(x - 5.5) / factor, float(y - 5.5) / factor, RADII_MM[layers[:, y, x].argmax()] / factor))
        cv2.circle(best, (int(x), int(y)), 10, 0, -1)
    return places


def _fits(small: Map) -> NDArray[np.float32]:
    """How well a ring of each radius fits around each px: one Fourier transform for all radii."""
    height, width = small.shape
    reach = int(np.ceil(RADII_MM[-1] + 4))
    size = cv2.getOptimalDFTSize(height + reach), cv2.getOptimalDFTSize(width + reach)
    seen = cv2.dft(_laid(small, size))
    found = (cv2.idft(cv2.mulSpectrums(seen, ring, 0), flags=cv2.DFT_SCALE) for ring in _rings_of(size))
    return np.stack([one[:height, :width] for one in found])


@lru_cache(maxsize=2)
def _rings_of(size: tuple[int, int]) -> tuple[Map, ...]:
    """The spectra of the rings of all radii, each with its centre at the origin of a map of ``size`` (height, width)."""
    kernels = [_kernel(radius) for radius in RADII_MM]
    return tuple(
        cast(Map, cv2.dft(np.roll(_laid(kernel, size), (-(kernel.shape[0] // 2),) * 2, axis=(0, 1)))) for kernel in kernels
    )


def _laid(plane: Map, size: tuple[int, int]) -> Map:
    room = np.zeros(size, np.float32)
    room[: plane.shape[0], : plane.shape[1]] = plane
    return room


def _kernel(radius: float) -> Map:
    """Mean over a ring one mm wide less half the mean over the gap outside it."""
    reach = int(np.ceil(radius + 4))
    away = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    ring, outside = np.clip(1.2 - np.abs(away - radius), 0, 1), np.clip(1.2 - np.abs(away - radius - 3), 0, 1)
    return cast(Map, (ring / ring.sum() - 0.7 * outside / outside.sum()).astype(np.float32))


def _traced(red: Map, x: float, y: float, radius: float, px_per_mm: float) -> Ring:
    """The ring followed around: per direction the reddest place near the radius, then centre and radius settled."""
    angles = np.arange(SECTORS) * 2 * np.pi / SECTORS
    for reach_mm in (2.5, 1.5):
        steps = np.arange(-reach_mm, reach_mm + 0.01, 0.2) * px_per_mm
        away = radius + steps[None, :]
        across, down = x + away * np.cos(angles)[:, None], y + away * np.sin(angles)[:, None]
        seen = cv2.remap(red, across.astype(np.float32), down.astype(np.float32), cv2.INTER_LINEAR, borderValue=0)
        strength = seen.max(axis=1)
        met = strength > LEAST_RED
        if met.sum() < 12:
            return Ring(x, y, radius, float(met.mean()), 0.0)
        outermost = seen.shape[1] - 1 - (seen > 0.6 * strength[:, None])[:, ::-1].argmax(axis=1)
        x, y, radius = _circle(
            across[np.arange(SECTORS), outermost][met], down[np.arange(SECTORS), outermost][met], (x, y, radius)
        )
    return Ring(x, y, radius, float(met.mean()), float(np.median(strength[met])))


def _circle(xs: NDArray[np.float64], ys: NDArray[np.float64], guess: tuple[float, float, float]) -> tuple[float, float, float]:
    """Least-squares circle (Kasa), twice, the second time without the worst third; the guess where it runs away."""
    keep = np.ones(len(xs), bool)
    x, y, radius = guess
    for _ in range(2):
        system = np.column_stack([xs[keep], ys[keep], np.ones(keep.sum())])
        solution, *_ = np.linalg.lstsq(system, xs[keep] ** 2 + ys[keep] ** 2, rcond=None)
        x, y = solution[0] / 2, solution[1] / 2
        radius = float(np.sqrt(max(solution[2] + x * x + y * y, 1.0)))
        off = np.abs(np.hypot(xs - x, ys - y) - radius)
        keep = off <= np.quantile(off, 0.67)
    strayed = np.hypot(x - guess[0], y - guess[1]) > 0.25 * guess[2] or abs(radius - guess[2]) > 0.2 * guess[2]
    return guess if strayed else (float(x), float(y), radius)


def _box(ring: Ring, prepared: Prepared) -> Box:
    reach = ring.radius + 0.5 * prepared.small_dpi / 25.4
    return _on_master((ring.x - reach, ring.y - reach, ring.x + reach, ring.y + reach), prepared)


def _on_master(box: tuple[float, float, float, float], prepared: Prepared) -> Box:
    across, down = (prepared.small_dpi / dpi for dpi in prepared.raster.dpi)
    x0, y0, x1, y1 = box
    return (
        max(0, int(x0 / across)), max(0, int(y0 / down)),
        min(prepared.raster.width, int(np.ceil(x1 / across))), min(prepared.raster.height, int(np.ceil(y1 / down))),
    )  # fmt: skip


def shown(red_before: Pixels | Map, red_after: Pixels | Map) -> float:
    """Share of a seal's red that a derivative still has: sum of the redness in the same region after over before, 0..1 and
    above."""
    before = float(np.asarray(red_before, np.float32).sum())
    return float(np.asarray(red_after, np.float32).sum()) / before if before > 0 else 1.0
