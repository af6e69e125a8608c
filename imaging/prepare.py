"""What geometry and every page measure look at, worked out once per page: reduced images, local paper, ink and colour maps.

Thresholds elsewhere are stated on ``ratio`` (reflectance against the local paper), in mm, or against a median of the page,
never in grey levels or px: white, yellow, onion-skin and brown stock then behave alike.
"""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.values import Box, Pixels, Raster

PAPER = 200
"""Value in ``Prepared.ratio`` of a pixel as bright as the paper around it; up to 27 % brighter still fits into a byte."""
STRONG = 0.72
"""Share of the local paper's brightness below which a pixel is plain ink."""
WORK_DPI = 150.0
INK_DPI = 75.0
PAPER_DPI = 37.5
PAPER_REACH_MM = 6.0
"""Ink thinner than this never counts as paper."""
PAPER_FLOOR = 40
"""No paper is darker (grey level, L* 16): black backing and a black picture read as ink, not as noise upon black paper."""


LAB_OF_BYTES = np.array([[100 / 255, 0, 0, 0], [0, 1, 0, -128], [0, 0, 1, -128]], np.float32)
"""8-bit Lab to L*, a*, b*."""


Window = tuple[slice, slice]
"""Rows and columns of an image."""


class Components(NamedTuple):
    """Connected ink regions. ``labels``: uint16 map (int32 where there are too many for that), 0 = no ink. ``stats``: int32
    (count + 1, 5) x, y, width, height, area; row 0 = the rest of the page. ``centroids``: float64 (count + 1, 2)."""

    labels: NDArray[np.uint16]
    stats: NDArray[np.int32]
    centroids: NDArray[np.float64]


class Prepared:
    """A page seen at its working scale. Every attribute is computed on first use and then kept.

    ``dpi``: dots per inch of the working images, the same on both axes: about 150, or the master's own where that is less.
    ``scale``: (x, y) working px per master px. Works on any raster with at least one pixel.
    """

    def __init__(self, raster: Raster) -> None:
        self.raster = raster
        self.dpi = max(raster.dpi) / _step(raster.dpi)
        self.scale = (self.dpi / raster.dpi[0], self.dpi / raster.dpi[1])

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the working images, px. Whole steps drop a last odd row: averaging them is ten times faster."""
        return _scaled(self.raster.width, self.scale[0]), _scaled(self.raster.height, self.scale[1])

    @property
    def px_per_mm(self) -> float:
        """Working px per mm."""
        return self.dpi / 25.4

    @cached_property
    def gray(self) -> Pixels:
        """Grey at full scale, uint8 (height, width)."""
        return to_gray(self.raster.pixels)

    @cached_property
    def work(self) -> Pixels:
        """The page at working scale: uint8 BGR of a colour page, else grey of two dimensions."""
        return _reduced(self.raster.pixels, self.size)

    @cached_property
    def half(self) -> Pixels:
        """The page at working scale in B, G, R, also when the master is grey."""
        return self.work if self.work.ndim == 3 else cast(Pixels, cv2.cvtColor(self.work, cv2.COLOR_GRAY2BGR))

    @cached_property
    def half_gray(self) -> Pixels:
        """Grey at working scale."""
        return to_gray(self.work)

    @cached_property
    def paper_level(self) -> int:
        """Grey level that four fifths of the page do not exceed: paper, wherever there is more of it than of anything else."""
        return level(self.half_gray[::4, ::4], 0.8)

    @cached_property
    def background(self) -> Pixels:
        """Brightness of the local paper at working scale, uint8."""
        return local_paper(self.half_gray, self.dpi)

    @cached_property
    def ratio(self) -> Pixels:
        """Grey against the local paper at working scale, uint8; ``PAPER`` = as bright as the paper."""
        return cast(Pixels, cv2.divide(self.half_gray, self.background, scale=PAPER))

    @cached_property
    def plain(self) -> Pixels:
        """Like ``ratio``, of the brightest of the three channels: red seals and coloured stamps nearly vanish."""
        if self.work.ndim == 2:
            return self.ratio
        blue, green, red = cv2.split(self.work)
        brightest = cast(Pixels, cv2.max(cv2.max(blue, green), red))
        return cast(Pixels, cv2.divide(brightest, local_paper(brightest, self.dpi), scale=PAPER))

    @cached_property
    def noise(self) -> float:
        """Robust spread of the paper as a share of its brightness: 1.4826 median absolute deviations of ``ratio``."""
        counts = np.bincount(self.ratio[::2, ::2].ravel(), minlength=256)
        level = _middle(counts)
        folded = np.bincount(np.abs(np.arange(256) - level), weights=counts)
        return 1.4826 * _middle(folded) / PAPER

    @cached_property
    def strong(self) -> Pixels:
        """255 where a pixel is plain ink (``ratio`` below ``STRONG``), working scale."""
        return cast(Pixels, cv2.threshold(self.ratio, STRONG * PAPER, 255, cv2.THRESH_BINARY_INV)[1])

    @cached_property
    def components(self) -> Components:
        """Eight-connected regions of ``strong``."""
        return components(self.strong)

    @cached_property
    def chroma(self) -> Pixels:
        """Colour distance from the page's own paper, |da| + |db| of 8-bit Lab, working scale; all 0 on a grey page."""
        return self._chroma_of(self.work)

    def chroma_in(self, window: Window) -> Pixels:
        """``chroma`` of a part of the page: all of it takes longer than any other image."""
        kept = self.__dict__.get("chroma")
        return cast(Pixels, kept[window]) if kept is not None else self._chroma_of(self.work[window])

    def _chroma_of(self, part: Pixels) -> Pixels:
        if part.ndim == 2 or not part.size:
            return np.zeros(part.shape[:2], np.uint8)
        lab = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_BGR2Lab)
        away = [cv2.LUT(cv2.extractChannel(lab, number), table) for number, table in enumerate(self._away, 1)]
        return cast(Pixels, cv2.add(away[0], away[1]))

    @cached_property
    def _away(self) -> tuple[Pixels, Pixels]:
        """Of each value of a and of b its distance from the paper's."""
        a, b = (from_middle(self.sample_lab[:, :, number]) for number in (1, 2))
        return a, b

    @cached_property
    def sample(self) -> Pixels:
        """Every fourth px of ``half``: enough for what is said of the page as a whole."""
        return np.ascontiguousarray(self.half[::4, ::4])

    @cached_property
    def sample_lab(self) -> Pixels:
        """8-bit Lab of ``sample``."""
        return cast(Pixels, cv2.cvtColor(self.sample, cv2.COLOR_BGR2Lab))

    @cached_property
    def lab(self) -> Pixels:
        """8-bit Lab at working scale."""
        return cast(Pixels, cv2.cvtColor(self.half, cv2.COLOR_BGR2Lab))

    @property
    def small_dpi(self) -> float:
        """Dots per inch of ``small_lab``: half of the working scale's, or the same below 110 dpi."""
        return self.dpi / self._small_step

    @cached_property
    def small_lab8(self) -> Pixels:
        """8-bit Lab at ``small_dpi``."""
        step, work = self._small_step, self.half
        height, width = max(1, work.shape[0] // step), max(1, work.shape[1] // step)
        small = cv2.resize(work[: height * step, : width * step], (width, height), interpolation=cv2.INTER_AREA)
        return cast(Pixels, cv2.cvtColor(small, cv2.COLOR_BGR2Lab))

    @cached_property
    def small_lab(self) -> NDArray[np.float32]:
        """L* (0..100), a*, b* at ``small_dpi``, float32 (height, width, 3), for what is told by colour alone."""
        return cast(NDArray[np.float32], cv2.transform(self.small_lab8.astype(np.float32), LAB_OF_BYTES))

    @cached_property
    def hues(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """a* and b* at ``small_dpi``, counted from the page's own paper; float32 (height, width)."""
        planes = (cast(Pixels, cv2.extractChannel(self.small_lab8, number)) for number in (1, 2))
        a, b = (plane.astype(np.float32) - np.float32(np.median(plane[::3, ::3])) for plane in planes)
        return a, b

    @property
    def _small_step(self) -> int:
        return 2 if self.dpi >= 110 else 1

    @property
    def ink_dpi(self) -> float:
        """Dots per inch of ``ink``, at most 75."""
        return min(INK_DPI, self.dpi)

    @cached_property
    def ink(self) -> NDArray[np.float32]:
        """How much ink stands on a pixel at ``ink_dpi``: 0 = paper or paper noise, 1 = black. float32 (height, width)."""
        return ink_weight(self.ratio, self.dpi, self.noise)

    def let_go(self) -> None:
        """Give back the large images that only measuring needs; who asks for one again has it made again."""
        for name in (
            "gray",
            "components",
            "strong",
            "lab",
            "small_lab",
            "small_lab8",
            "plain",
            "background",
            "ink",
            "sample",
            "sample_lab",
        ):
            self.__dict__.pop(name, None)

    def to_master(self, box: Box) -> Box:
        """A box of working px as the box of master px that covers it."""
        (sx, sy), (x0, y0, x1, y1) = self.scale, box
        right, bottom = int(np.ceil(x1 / sx)), int(np.ceil(y1 / sy))
        return int(x0 / sx), int(y0 / sy), min(right, self.raster.width), min(bottom, self.raster.height)


def prepare(raster: Raster) -> Prepared:
    """The shared front end of a page. Cheap by itself; what is costly is worked out when first asked for.

    Raises ``ValueError`` on a raster without pixels or without a resolution."""
    if not raster.pixels.size or raster.pixels.ndim not in {2, 3}:
        raise ValueError(f"a raster needs pixels in two or three dimensions, this one has shape {raster.pixels.shape}")
    if min(raster.dpi) <= 0:
        raise ValueError(f"a raster needs a resolution above zero, this one says {raster.dpi}")
    return Prepared(raster)


def to_gray(pixels: Pixels) -> Pixels:
    """uint8 (height, width) of B, G, R or grey pixels."""
    return pixels if pixels.ndim == 2 else cast(Pixels, cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY))


def local_paper(gray: Pixels, dpi: float) -> Pixels:
    """Brightness of the paper around each pixel: ink thinner than 6 mm closed over at 37.5 dpi, then smoothed."""
    height, width = gray.shape
    small = _scaled_down(gray, PAPER_DPI / dpi)
    reach = max(3, round(PAPER_REACH_MM * PAPER_DPI / 25.4) | 1)
    closed = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    smooth = cv2.blur(closed, (reach, reach))
    return cast(Pixels, np.maximum(cv2.resize(smooth, (width, height), interpolation=cv2.INTER_LINEAR), PAPER_FLOOR))


def ink_weight(ratio: Pixels, dpi: float, noise: float) -> NDArray[np.float32]:
    """Ink density of a ``ratio`` image reduced to at most 75 dpi, 0..1; paper noise (3 deviations, at least 6 %) is 0."""
    small = _scaled_down(ratio, min(1.0, INK_DPI / dpi))
    density = np.float32(1) - small.astype(np.float32) / np.float32(PAPER)
    density[density < max(0.06, min(3 * noise, 0.2))] = 0
    return density


def components(mask: Pixels) -> Components:
    """Eight-connected regions of a mask (0 = nothing)."""
    try:  # in half the time
        _, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_16U)
    except cv2.error:  # more than 65,534 regions
        _, labels, stats, centroids = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    return Components(cast(NDArray[np.uint16], labels), cast(NDArray[np.int32], stats), cast(NDArray[np.float64], centroids))


def _step(dpi: tuple[float, float]) -> float:
    """Master px per working px: whole where that comes within a tenth of 150 dpi."""
    wanted = max(dpi) / WORK_DPI
    whole = max(1, round(wanted))
    even = abs(dpi[0] - dpi[1]) < 0.001 * max(dpi)
    return whole if even and abs(wanted - whole) < 0.1 * whole else max(1.0, wanted)


def _scaled(length: int, factor: float) -> int:
    whole = abs(1 / factor - round(1 / factor)) < 0.002
    return max(1, int(length / round(1 / factor)) if whole else round(length * factor))


def _reduced(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    height, width = pixels.shape[:2]
    if (width, height) == size:
        return pixels
    steps = width // size[0], height // size[1]
    if steps[0] == steps[1] and width - steps[0] * size[0] < steps[0] and height - steps[1] * size[1] < steps[1]:
        pixels, width, height = pixels[: steps[1] * size[1], : steps[0] * size[0]], steps[0] * size[0], steps[1] * size[1]
    grows = size[0] > width or size[1] > height
    return cast(Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR if grows else cv2.INTER_AREA))


def _scaled_down(plane: Pixels, factor: float) -> Pixels:
    """By a whole step where the factor is nearly one, without a last broken step: a third of the time."""
    step = round(1 / factor)
    if abs(1 / factor - step) < 0.002 and min(plane.shape) >= step:
        return reduced(plane, step)
    return _reduced(plane, (max(1, round(plane.shape[1] * factor)), max(1, round(plane.shape[0] * factor))))


def level(plane: Pixels, share: float) -> int:
    """The value that ``share`` of a plane's px do not exceed, counted instead of sorted."""
    counts = np.bincount(plane.ravel(), minlength=256)
    return int(np.searchsorted(np.cumsum(counts), share * plane.size))


def reduced(pixels: Pixels, step: int) -> Pixels:
    """Averaged by a whole step, as fast as OpenCV can; a last broken step is dropped. As it is where it is smaller."""
    height, width = pixels.shape[0] // step, pixels.shape[1] // step
    return _reduced(pixels, (width, height)) if min(height, width) else pixels


def _middle(counts: NDArray[np.number]) -> int:
    return int(np.searchsorted(np.cumsum(counts), counts.sum() / 2))


def from_middle(plane: Pixels) -> Pixels:
    """Of each value its distance from the plane's median."""
    middle = _middle(np.bincount(plane.ravel(), minlength=256))
    return np.abs(np.arange(256) - middle).astype(np.uint8)
