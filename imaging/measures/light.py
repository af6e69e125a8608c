"""Light and colour of the paper, depth of the ink, noise: all from a sample of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import PAPER, Prepared, components, level
from imaging.values import Box, Pixels

CLIPPED = 254
PAPER_RATIO = 0.93
PATCH_MM = 6.0
MOST_PATCHES = 30
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
"""J. Immerkaer, Fast noise variance estimation, CVIU 64 (1996): blind to slopes and ramps."""
L_PER_LEVEL = 100 / 255 * 0.99
"""L* a grey level near paper white in sRGB: about 0.39."""


@dataclass(frozen=True, slots=True)
class Light:
    """``paper``: L* of the paper (80th percentile of the page). ``clipped``: share of paper px with a channel at 254 or more.
    ``black``: share of ink px at 2 or less. ``tint``: a*, b* of the paper. ``paper_share``: share of the page that is paper."""

    paper: float
    clipped: float
    black: float
    tint: tuple[float, float]
    paper_share: float


@dataclass(frozen=True, slots=True)
class Letters:
    """``count``: letter-sized regions of ink. ``box``: where they stand, working px."""

    count: int
    box: Box | None


def light(prepared: Prepared) -> Light:
    """Exposure and tint, from every fourth pixel at working scale."""
    pixels, lab, ratio = prepared.sample, prepared.sample_lab, prepared.ratio[::4, ::4]
    is_paper = ratio > PAPER_RATIO * PAPER
    gray = prepared.half_gray[::4, ::4]
    ink = gray[ratio < 0.5 * PAPER]
    bare = is_paper if is_paper.any() else np.ones_like(is_paper)
    a, b = (level(lab[:, :, plane][bare], 0.5) - 128.0 for plane in (1, 2))
    brightest = cv2.max(cv2.max(*cv2.split(pixels)[:2]), cv2.extractChannel(pixels, 2))
    return Light(
        paper=level(lab[:, :, 0], 0.8) * 100 / 255,
        clipped=float((brightest[is_paper] >= CLIPPED).mean()) if is_paper.any() else 0.0,
        black=float((ink <= 2).mean()) if ink.size else 0.0,
        tint=(a, b),
        paper_share=float(is_paper.mean()),
    )


def contrast(prepared: Prepared) -> float:
    """How much darker than the paper the darkest tenth of the ink is, 0..1; 0 without ink."""
    inked = prepared.ratio[::2, ::2][_ink(prepared)[::2, ::2] > 0]
    return 1 - level(inked, 0.1) / PAPER if inked.size else 0.0


def letters(prepared: Prepared) -> Letters:
    """The letters among the ink, pale ones as well."""
    sized = _letters(components(_ink(prepared)).stats[1:], prepared.px_per_mm)
    if not len(sized):
        return Letters(0, None)
    x, y, wide, high = sized[:, :4].T
    return Letters(len(sized), (int(x.min()), int(y.min()), int((x + wide).max()), int((y + high).max())))


def _ink(prepared: Prepared) -> Pixels:
    """255 where ink is, faint ink included (threshold: six deviations of the paper's noise, at least 8 %)."""
    depth = min(max(6 * prepared.noise, 0.08), 0.3)
    return cast(Pixels, cv2.threshold(prepared.ratio, (1 - depth) * PAPER, 255, cv2.THRESH_BINARY_INV)[1])


def _letters(stats: NDArray[np.int32], mm: float) -> NDArray[np.int32]:
    high, wide = stats[:, 3] / mm, stats[:, 2] / mm
    return stats[(high > 1.2) & (high < 8) & (wide > 0.4) & (wide < 15)]


def noise(prepared: Prepared) -> float | None:
    """Noise of the paper, L* standard deviation at full scale; None without paper. Clipped paper has none to show."""
    patches = _paper_patches(prepared)
    if not patches:
        return None
    spreads = [_spread(prepared.gray[y0:y1, x0:x1]) for x0, y0, x1, y1 in patches]
    return float(np.median(spreads)) * L_PER_LEVEL


def _paper_patches(prepared: Prepared) -> list[Box]:
    """Up to 30 patches of 6 mm without ink, spread over the page, master px."""
    raster = prepared.raster
    wide, high = (max(16, round(PATCH_MM * dpi / 25.4)) for dpi in raster.dpi)
    columns, rows = raster.width // wide, raster.height // high
    if columns < 3 or rows < 3:
        return []
    share = cv2.resize(prepared.ink, (columns, rows), interpolation=cv2.INTER_AREA)[1:-1, 1:-1]
    clean = np.argwhere(share < 0.003) + 1
    chosen = clean[:: max(1, -(-len(clean) // MOST_PATCHES))]
    return [(int(x) * wide, int(y) * high, int(x + 1) * wide, int(y + 1) * high) for y, x in chosen]


def _spread(patch: NDArray[np.uint8]) -> float:
    """Standard deviation of the noise by Immerkaer's kernel, robust: 1.4826 times the median absolute response, over 6."""
    response = cv2.filter2D(patch, cv2.CV_32F, NOISE_KERNEL)[1:-1, 1:-1]
    return 1.4826 * float(np.median(np.abs(response))) / 6
