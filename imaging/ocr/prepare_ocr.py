"""The picture an OCR engine reads: not the one people look at.

Measured on real 300 dpi colour scans: the maximum of the three channels (red seals vanish), divided by the smoothed
background, at two thirds of 300 dpi, took 0.64 of the time of plain grey at full size and made a fifth fewer word errors.
"""

from dataclasses import dataclass
from typing import Literal, cast

import cv2
import numpy as np

from imaging.prepare import components, reduced
from imaging.values import Pixels, Raster

READ_DPI = 200.0
"""Body text of 13-14 pt then stands 17 px high (x-height): where the ``vie`` model is both best and fast."""

X_HEIGHT_MM = (1.5, 3.4)
"""Usual x-heights, 9.5 to 21 pt; smaller or larger text on the whole page gets a scale of its own."""

AIM_X_HEIGHT_PX = 17.0
SCALE_LIMITS = (90.0, 420.0)
"""Working resolutions (dpi) never left: below, letters melt; above, only time is spent."""

THIRDS = 1e-3
"""How near to two thirds a scale has to be to count as two thirds: less than half a dpi of 300."""

PAPER_STEP = 8
"""Px of the picture to one of its background. Of 62 labelled pages as many words are wrong as with 4: 39 of 15,375."""

PLENTY, EASILY = 300, 1.1
"""So many letters in a page's middle quarter, and so far inside the usual heights, speak for the whole page."""
BAND = 128
"""Rows whose channels are compared at a time: they stay near the processor."""

Ink = Literal["drop_red", "all", "sharp"]
"""``drop_red``: the brightest channel. ``all``: the darkest, which keeps blue and faded ink. ``sharp``: binarised locally."""


@dataclass(frozen=True, slots=True)
class Preparation:
    """One way to make the engine's picture."""

    name: str
    ink: Ink = "drop_red"
    dpi: float | None = None
    """None: ``READ_DPI``, or the page's own scale where its text is unusually small or large."""
    flatten: bool = True


PREPARATIONS = (
    Preparation("usual"),
    Preparation("plain", ink="all", dpi=150.0, flatten=False),
    Preparation("sharp", ink="sharp", dpi=200.0),
    Preparation("coarse", ink="sharp", dpi=110.0),
)


def preparations() -> tuple[Preparation, ...]:
    """The ladder: on a page where the engine hangs or dies, the next one is tried; after the last, the page has no text."""
    return PREPARATIONS


@dataclass(frozen=True, slots=True)
class Prepared:
    """``picture``: grey, dark text on white. ``scale``: (x, y) px of the picture per px of the raster."""

    picture: Pixels
    dpi: float
    scale: tuple[float, float]


def prepare_ocr(raster: Raster, how: Preparation = PREPARATIONS[0], *, partner: Pixels | None = None) -> Prepared:
    """The engine's picture of an upright, straightened page.

    ``partner``: the sheet's other side as grey px of any size, upright as it was scanned and not mirrored; what shines
    through from it is subtracted here, in the OCR picture only."""
    dpi = how.dpi or READ_DPI
    prepared = _at(raster, dpi, how)
    if how.dpi is None:
        own = own_dpi(prepared.picture, dpi)
        if own != dpi:
            prepared = _at(raster, own, how)
    if partner is None:
        return prepared
    return Prepared(subtract_partner(prepared.picture, partner, prepared.dpi), prepared.dpi, prepared.scale)


def _at(raster: Raster, dpi: float, how: Preparation) -> Prepared:
    # Twice and more: enlarging a coarse master further adds no letter shape, only time.
    dpi = min(dpi, 2.2 * max(raster.dpi))
    # One channel is chosen before the page is made smaller: a third of the work, the same picture.
    grey, scale = _resized(_grey(raster.pixels, how.ink), (dpi / raster.dpi[0], dpi / raster.dpi[1]))
    if how.flatten:
        grey = flatten_paper(grey, dpi)
    if how.ink == "sharp":
        grey = binarise(grey, dpi)
    return Prepared(grey, dpi, scale)


def _resized(pixels: Pixels, factors: tuple[float, float]) -> tuple[Pixels, tuple[float, float]]:
    """Grey px scaled by ``factors`` (x, y), and the factors that came of it: a picture has whole px.

    300 dpi become 200 by whole steps of three px, a last broken one dropped: then every px is mixed alike, and interpolating
    takes a seventh of the time of averaging. On 120 pages of the tuning half 74 words were wrong instead of 83 of 29,710."""
    height, width = pixels.shape[:2]
    steps = width // 3, height // 3
    if min(steps) and max(abs(factor - 2 / 3) for factor in factors) < THIRDS:
        whole = pixels[: 3 * steps[1], : 3 * steps[0]]
        smaller = cv2.resize(whole, (2 * steps[0], 2 * steps[1]), interpolation=cv2.INTER_LINEAR)
        return cast(Pixels, smaller), (2 / 3, 2 / 3)
    size = max(1, round(width * factors[0])), max(1, round(height * factors[1]))
    if (width, height) == size:
        return pixels, (1.0, 1.0)
    way = cv2.INTER_AREA if size[0] < width else cv2.INTER_CUBIC
    return cast(Pixels, cv2.resize(pixels, size, interpolation=way)), (size[0] / width, size[1] / height)


def _grey(pixels: Pixels, ink: Ink) -> Pixels:
    if pixels.ndim == 2:
        return pixels
    choose = cv2.min if ink == "all" else cv2.max
    grey = np.empty(pixels.shape[:2], np.uint8)
    for top in range(0, len(pixels), BAND):
        blue, green, red = cv2.split(pixels[top : top + BAND])
        choose(choose(blue, green), red, dst=grey[top : top + BAND])
    return grey


def flatten_paper(grey: Pixels, dpi: float) -> Pixels:
    """Divides by the paper: the median of the brightest nearby px. Grey in, grey out, paper becomes 255."""
    bright = cv2.dilate(reduced(reduced(grey, 2), 2), np.ones((5, 5), np.uint8))  # by halves: an eighth of the time
    reach = max(3, min(255, int(dpi / PAPER_STEP * 0.42)) | 1)  # 10 mm: wider than letters and rules, narrower than stains
    paper = cv2.medianBlur(reduced(cast(Pixels, bright), 2), reach)
    paper = cv2.resize(paper, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return cast(Pixels, cv2.divide(grey, cv2.max(paper, 1), scale=255))  # type: ignore[call-overload]


def binarise(grey: Pixels, dpi: float) -> Pixels:
    """0 and 255 by a local mean over 5 mm; a second opinion for weak regions, not the first choice."""
    window = max(3, int(dpi * 0.2) | 1)
    soft = cv2.GaussianBlur(grey, (3, 3), 0)
    return cast(Pixels, cv2.adaptiveThreshold(soft, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, window, 18))


def letter_heights(picture: Pixels, dpi: float) -> np.ndarray:
    """Heights in px of the components that can be letters: 0.8 to 12 mm high, not rules, not pictures."""
    _, dark = cv2.threshold(picture, 160, 255, cv2.THRESH_BINARY_INV)
    _, _, width, height, area = components(cast(Pixels, dark)).stats[1:].T
    mm = dpi / 25.4
    sized = (height > 0.8 * mm) & (height < 12 * mm) & (area > 0.12 * width * height)
    return cast(np.ndarray, height[sized & (width < 3 * height) & (height < 5 * width)])


def own_dpi(picture: Pixels, dpi: float) -> float:
    """The working resolution that brings this page's x-height to ``AIM_X_HEIGHT_PX``; ``dpi`` itself for usual text."""
    eighth = picture.shape[0] // 8
    middle = letter_heights(picture[3 * eighth : 5 * eighth + 1], dpi)
    if middle.size >= PLENTY and _is_usual(_x_height(middle) / dpi * 25.4, EASILY):
        return dpi
    heights = letter_heights(picture, dpi)
    if heights.size < 60:
        return dpi
    x_height = _x_height(heights)
    if _is_usual(x_height / dpi * 25.4):
        return dpi
    return float(np.clip(dpi * AIM_X_HEIGHT_PX / x_height, *SCALE_LIMITS))


def _x_height(heights: np.ndarray) -> float:
    """px: bodies without ascender or mark are the lower half of all letters."""
    return float(np.percentile(heights, 35))


def _is_usual(x_height_mm: float, room: float = 1.0) -> bool:
    return X_HEIGHT_MM[0] * room <= x_height_mm <= X_HEIGHT_MM[1] / room


def ink_share(picture: Pixels) -> float:
    """Share of px clearly darker than paper."""
    return float(np.count_nonzero(picture < 150)) / picture.size


def subtract_partner(picture: Pixels, partner: Pixels, dpi: float) -> Pixels:
    """Takes the mirrored other side's print out of ``picture`` where it shines through (R' = R - beta V, QUALITY 2.11).

    Measured at 75 dpi: shift by phase correlation within 6 mm, strength beta by regression outside the side's own ink.
    Nothing is done below beta 0.05 or where the two do not correlate."""
    ghost = _ghost(picture, partner, dpi)
    if ghost is None:
        return picture
    # Own ink stays: there the two inks lie upon each other and the ghost adds almost nothing.
    faint = picture > 110
    lifted = cv2.add(picture, ghost)
    return cast(Pixels, np.where(faint, lifted, picture))


def _ghost(picture: Pixels, partner: Pixels, dpi: float) -> Pixels | None:
    size = (max(16, round(picture.shape[1] * 75 / dpi)), max(16, round(picture.shape[0] * 75 / dpi)))
    own = 255.0 - cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    mirrored = cv2.flip(partner, 1)
    other = 255.0 - cv2.resize(mirrored, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    other = cv2.GaussianBlur(np.maximum(other - np.median(other), 0), (0, 0), 1.0)
    masked = cv2.dilate((own > 110).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    residue = np.where(masked, 0, own).astype(np.float32)
    (dx, dy), _ = cv2.phaseCorrelate(other, residue, cv2.createHanningWindow(size, cv2.CV_32F))
    if max(abs(dx), abs(dy)) > 6 / 25.4 * 75:
        return None
    moved = cv2.warpAffine(other, np.array([[1, 0, dx], [0, 1, dy]], np.float32), size)
    beta = _strength(moved[~masked], residue[~masked])
    if beta is None:
        return None
    back = np.array([[1, 0, dx * dpi / 75], [0, 1, dy * dpi / 75]], np.float32)
    full = cv2.resize(mirrored, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_AREA)
    dark = cv2.GaussianBlur(255 - full, (0, 0), dpi / 75)
    placed = cv2.warpAffine(dark, back, (picture.shape[1], picture.shape[0]))
    return cast(Pixels, cv2.convertScaleAbs(placed, alpha=beta * 1.15))


def _strength(other: np.ndarray, residue: np.ndarray) -> float | None:
    if other.size < 1000 or other.std() < 1e-3 or residue.std() < 1e-3:
        return None
    rho = float(np.corrcoef(other, residue)[0, 1])
    beta = float(np.cov(other, residue)[0, 1] / other.var())
    return min(beta, 0.6) if rho > 0.2 and beta > 0.05 else None
