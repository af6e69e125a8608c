"""The access copy: turned, straightened and cropped in one interpolation, and the way back and forth between it and the master.

Points are (x, y) in px with the origin at the outer corner of the first px, so that the centre of the first px is (0.5,
0.5) and boxes are points. A page that needs no straightening is cut out px by px, without any resampling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging import slanting
from imaging.values import Box, Geometry, Pixels, Raster

Matrix = NDArray[np.float64]
Point = tuple[float, float]
Dpi = tuple[float, float]

LEAST_SKEW = 0.05
"""Degrees below which straightening would only blur (QUALITY 3.1)."""
_BAND = 256
"""Rows converted at a time; even."""
REDUCE_FROM = 2
"""Whole steps of reduction are averaged before the turn: interpolating alone would alias."""


@dataclass(frozen=True, slots=True)
class Placement:
    """``matrix``: 2 x 3, master px to copy px. ``size``: (width, height) of the copy. ``dpi``: of the copy. ``exact``: copy
    px are master px, only turned and cut."""

    matrix: Matrix
    size: tuple[int, int]
    dpi: Dpi
    exact: bool


def placement(geometry: Geometry, size: tuple[int, int], dpi: Dpi = (300.0, 300.0), out_dpi: float | None = None) -> Placement:
    """Where every master px goes. ``size``: (width, height) of the master; ``dpi``: of the master; ``out_dpi``: of the
    copy, the master's own if None."""
    straight = abs(geometry.skew.degrees) < LEAST_SKEW
    quarter = geometry.orientation.degrees in {90, 270}
    if straight and out_dpi is None:
        return _exact(geometry, size, dpi[::-1] if quarter else dpi)
    target = out_dpi or max(dpi)
    upright = _turn(geometry.orientation.degrees, size)
    upright_dpi = dpi[::-1] if quarter else dpi
    onto_paper = _linear(target / upright_dpi[0], target / upright_dpi[1])
    level = _joined(_rotation(0.0 if straight else -geometry.skew.degrees), _joined(onto_paper, upright))
    x0, y0, x1, y1 = _frame(geometry, level, _joined(onto_paper, upright), straight)
    shift = np.array([[1.0, 0.0, -x0], [0.0, 1.0, -y0]])
    return Placement(_joined(shift, level), (max(1, round(x1 - x0)), max(1, round(y1 - y0))), (target, target), False)


def render(
    raster: Raster, geometry: Geometry, *, dpi: float | None = None, fine_colour: bool = True, for_screen: bool = False
) -> Raster:
    """The access copy of a master. ``dpi``: of the copy; None keeps the master's. Mode and depth stay; what lies outside
    the master is filled with the colour of the page's own paper. ``fine_colour`` False: of a page that lies far askew the
    colour, not the brightness, at half the resolution, as a JPEG keeps it anyway: two thirds of the time. ``for_screen``:
    made smaller first and then turned, in half the time: interpolated twice."""
    plan = placement(geometry, (raster.width, raster.height), raster.dpi, dpi)
    if plan.exact:
        return Raster(_cut(raster.pixels, geometry), plan.dpi, raster.mode)
    pixels, matrix = _upright(*_reduced(raster.pixels, plan.matrix), geometry.orientation.degrees)
    if for_screen:
        pixels, matrix = _shrunk(pixels, matrix)
    moved = _way(pixels, matrix, plan.size, fine_colour)(pixels, matrix, plan.size, paper(raster, geometry.crop.box))
    if raster.mode == "bitonal":
        moved = cast(Pixels, cv2.threshold(moved, 127, 255, cv2.THRESH_BINARY)[1])
    return Raster(moved, plan.dpi, raster.mode)


Mover = Callable[[Pixels, Matrix, tuple[int, int], Sequence[float]], Pixels]


def _way(pixels: Pixels, matrix: Matrix, size: tuple[int, int], fine_colour: bool) -> Mover:
    if slanting.fits(matrix, size):
        return _slid
    return _moved if fine_colour or pixels.ndim == 2 or min(pixels.shape[:2]) < 2 else _moved_by_planes


def _slid(pixels: Pixels, matrix: Matrix, size: tuple[int, int], outside: Sequence[float]) -> Pixels:
    way = _centred(matrix)
    if size == pixels.shape[1::-1] and np.abs(way - np.eye(2, 3)).max() < 0.5 / slanting.PHASES:
        return pixels
    return slanting.slid(pixels, way, size, outside)


def _shrunk(pixels: Pixels, matrix: Matrix) -> tuple[Pixels, Matrix]:
    """What is left of a reduction, done; and the matrix for the rest."""
    factor = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if factor >= 1:
        return pixels, matrix
    small = cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return cast(Pixels, small), _joined(matrix, _linear(1 / factor, 1 / factor))


def _upright(pixels: Pixels, matrix: Matrix, degrees: int) -> tuple[Pixels, Matrix]:
    """Pixels turned by whole quarters, exactly, and the matrix for what is left to do."""
    if not degrees:
        return pixels, matrix
    back = cv2.invertAffineTransform(_turn(degrees, (pixels.shape[1], pixels.shape[0])))
    return np.ascontiguousarray(np.rot90(pixels, -degrees // 90)), _joined(matrix, cast(Matrix, back))


def _moved(pixels: Pixels, matrix: Matrix, size: tuple[int, int], outside: Sequence[float]) -> Pixels:
    """``outside``: what the picture is surrounded by, a value a channel."""
    way, border = cv2.INTER_CUBIC, cv2.BORDER_CONSTANT
    return cast(Pixels, cv2.warpAffine(pixels, _centred(matrix), size, flags=way, borderMode=border, borderValue=outside))


def _moved_by_planes(pixels: Pixels, matrix: Matrix, size: tuple[int, int], outside: Sequence[float]) -> Pixels:
    """Brightness and, at half size, both colour differences by cubic interpolation; one plane after another, to hold
    little at a time."""
    paper_there = cv2.cvtColor(np.array(outside, np.float64).round().astype(np.uint8)[None, None], cv2.COLOR_BGR2YCrCb)
    light, *levels = (float(value) for value in paper_there[0, 0])
    brightness, *colours = _planes(pixels)
    moved = np.empty((size[1], size[0], 3), np.uint8)
    cv2.insertChannel(_moved(brightness, matrix, size, [light]), moved, 0)
    for number, (plane, level) in enumerate(zip(colours, levels, strict=True), 1):
        cv2.insertChannel(_moved_at_half_size(plane, matrix, size, level), moved, number)
    return cast(Pixels, cv2.cvtColor(moved, cv2.COLOR_YCrCb2BGR, dst=moved))


def _planes(pixels: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Y at full size, Cr and Cb at half; a band of rows at a time. A last odd row or column has no colour of its own."""
    high, wide = pixels.shape[:2]
    planes = tuple(np.empty(shape, np.uint8) for shape in ((high, wide), *[(high // 2, wide // 2)] * 2))
    for top in range(0, high, _BAND):
        part = cv2.cvtColor(pixels[top : top + _BAND], cv2.COLOR_BGR2YCrCb)
        planes[0][top : top + _BAND] = part[:, :, 0]
        even = part[: part.shape[0] // 2 * 2, : wide // 2 * 2]
        if even.size:
            half = cv2.resize(even, (wide // 2, even.shape[0] // 2), interpolation=cv2.INTER_AREA)
            for number in (1, 2):
                planes[number][top // 2 : top // 2 + half.shape[0]] = half[:, :, number]
    return cast("tuple[Pixels, Pixels, Pixels]", planes)


def _moved_at_half_size(plane: Pixels, matrix: Matrix, size: tuple[int, int], level: float) -> Pixels:
    """``plane``: at half the size of what ``matrix`` moves."""
    half = np.column_stack([matrix[:, :2], matrix[:, 2] / 2])
    wide, high = (size[0] + 1) // 2, (size[1] + 1) // 2
    small = _moved(plane, half, (wide, high), [level])
    # Each value four times over, not blended: a JPEG halves the colour once more and must find it as it was.
    return np.ascontiguousarray(cv2.resize(small, (2 * wide, 2 * high), interpolation=cv2.INTER_NEAREST)[: size[1], : size[0]])


def proof(raster: Raster, longest_px: int, geometry: Geometry | None = None) -> Raster:
    """A picture for the screen, its longer side ``longest_px`` (never enlarged), straightened if a geometry is given. Grey
    or colour."""
    if geometry is not None:
        whole = placement(geometry, (raster.width, raster.height), raster.dpi)
        factor = min(1.0, longest_px / max(whole.size))
        dpi = whole.dpi[0] * factor if max(whole.dpi) == min(whole.dpi) else None
        raster = render(_as_gray(raster), geometry, dpi=dpi, for_screen=True)
    factor = min(1.0, longest_px / max(raster.width, raster.height))
    size = max(1, round(raster.width * factor)), max(1, round(raster.height * factor))
    small = _as_gray(raster)
    if size == (raster.width, raster.height):
        return small
    pixels, _ = _reduced(small.pixels, _linear(factor, factor)[:2])
    pixels = cast(Pixels, cv2.resize(pixels, size, interpolation=cv2.INTER_AREA))
    return Raster(pixels, (raster.dpi[0] * factor, raster.dpi[1] * factor), small.mode)


def thumbnail(raster: Raster, geometry: Geometry | None = None, longest_px: int = 320) -> Raster:
    """The small picture of a contact sheet."""
    return proof(raster, longest_px, geometry)


def to_render(
    geometry: Geometry, size: tuple[int, int], points: Sequence[Point], dpi: Dpi = (300.0, 300.0), out_dpi: float | None = None
) -> list[Point]:
    """Points of the master as points of the copy. ``size``, ``dpi``, ``out_dpi`` as for ``placement``."""
    return _mapped(placement(geometry, size, dpi, out_dpi).matrix, points)


def to_master(
    geometry: Geometry, size: tuple[int, int], points: Sequence[Point], dpi: Dpi = (300.0, 300.0), out_dpi: float | None = None
) -> list[Point]:
    """Points of the copy as points of the master."""
    inverse = cv2.invertAffineTransform(placement(geometry, size, dpi, out_dpi).matrix)
    return _mapped(cast(Matrix, inverse), points)


def box_around(points: Sequence[Point], size: tuple[int, int]) -> Box:
    """The smallest box of whole px around points, inside an image of ``size`` (width, height)."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x0, y0 = max(0, int(np.floor(min(xs) + 1e-6))), max(0, int(np.floor(min(ys) + 1e-6)))
    x1, y1 = min(size[0], int(np.ceil(max(xs) - 1e-6))), min(size[1], int(np.ceil(max(ys) - 1e-6)))
    return x0, y0, max(x0, x1), max(y0, y1)


def corners_of(box: Box) -> list[Point]:
    """TL, TR, BR, BL of a box."""
    x0, y0, x1, y1 = (float(value) for value in box)
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


def box_to_render(
    geometry: Geometry, size: tuple[int, int], box: Box, dpi: Dpi = (300.0, 300.0), out_dpi: float | None = None
) -> Box:
    """A box of the master as the box of copy px around it."""
    plan = placement(geometry, size, dpi, out_dpi)
    return box_around(_mapped(plan.matrix, corners_of(box)), plan.size)


def box_to_master(
    geometry: Geometry, size: tuple[int, int], box: Box, dpi: Dpi = (300.0, 300.0), out_dpi: float | None = None
) -> Box:
    """A box of the copy as the box of master px around it."""
    return box_around(to_master(geometry, size, corners_of(box), dpi, out_dpi), size)


def paper(raster: Raster, box: Box) -> tuple[float, ...]:
    """Colour of the paper along the inner edge of a box, one value a channel: the upper quartile there, so that ink does
    not count."""
    x0, y0, x1, y1 = box
    inset = min(round(2 * raster.px_per_mm()), (x1 - x0) // 3, (y1 - y0) // 3)
    depth, view = max(1, round(4 * raster.px_per_mm())), raster.pixels[y0 + inset : y1 - inset : 4, x0 + inset : x1 - inset : 4]
    if not view.size:
        return (255.0,) * (raster.pixels.shape[2] if raster.pixels.ndim == 3 else 1)
    depth = max(1, depth // 4)
    strips = [view[:depth], view[-depth:], view[:, :depth].swapaxes(0, 1), view[:, -depth:].swapaxes(0, 1)]
    flat = np.concatenate([strip.reshape(-1, *raster.pixels.shape[2:]) for strip in strips])
    return tuple(float(value) for value in np.atleast_1d(np.percentile(flat, 75, axis=0)))


def _exact(geometry: Geometry, size: tuple[int, int], dpi: Dpi) -> Placement:
    x0, y0, x1, y1 = geometry.crop.box
    turn = _turn(geometry.orientation.degrees, (x1 - x0, y1 - y0))
    shift = np.array([[1.0, 0.0, -float(x0)], [0.0, 1.0, -float(y0)]])
    wide, high = x1 - x0, y1 - y0
    return Placement(
        _joined(turn, shift), (high, wide) if geometry.orientation.degrees in {90, 270} else (wide, high), dpi, True
    )


def _cut(pixels: Pixels, geometry: Geometry) -> Pixels:
    x0, y0, x1, y1 = geometry.crop.box
    return np.ascontiguousarray(np.rot90(pixels[y0:y1, x0:x1], -geometry.orientation.degrees // 90))


def _frame(geometry: Geometry, level: Matrix, upright: Matrix, straight: bool) -> tuple[float, float, float, float]:
    """The copy's frame among levelled points: around the page's corners, or around the crop box, or of the crop box's own
    size."""
    corners = geometry.crop.corners if len(geometry.crop.corners) == 4 and not straight else corners_of(geometry.crop.box)
    x0, y0, x1, y1 = _bounds(_mapped(level, corners))
    if geometry.canvas == "whole" or len(geometry.crop.corners) == 4:
        return x0, y0, x1, y1
    ux0, uy0, ux1, uy1 = _bounds(_mapped(upright, corners_of(geometry.crop.box)))
    cx, cy, wide, high = (x0 + x1) / 2, (y0 + y1) / 2, ux1 - ux0, uy1 - uy0
    return cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2


def _bounds(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _turn(degrees: int, size: tuple[int, int]) -> Matrix:
    wide, high = float(size[0]), float(size[1])
    return np.array(
        {
            0: [[1, 0, 0], [0, 1, 0]],
            90: [[0, -1, high], [1, 0, 0]],
            180: [[-1, 0, wide], [0, -1, high]],
            270: [[0, 1, 0], [-1, 0, wide]],
        }[degrees],
        np.float64,
    )


def _rotation(degrees: float) -> Matrix:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0.0], [s, c, 0.0]], np.float64)


def _linear(x: float, y: float) -> Matrix:
    return np.array([[x, 0.0, 0.0], [0.0, y, 0.0]])


def _joined(second: Matrix, first: Matrix) -> Matrix:
    """One after the other: ``first``, then ``second``."""
    moved: Matrix = second[:, :2] @ first + np.array([[0, 0, second[0, 2]], [0, 0, second[1, 2]]])
    return moved


def _mapped(matrix: Matrix, points: Sequence[Point]) -> list[Point]:
    moved = np.asarray(points, np.float64).reshape(-1, 2) @ matrix[:, :2].T + matrix[:, 2]
    return [(float(x), float(y)) for x, y in moved]


def _centred(matrix: Matrix) -> Matrix:
    """The same map between px centres, as OpenCV counts."""
    half = matrix[:, :2] @ np.array([0.5, 0.5]) + matrix[:, 2] - 0.5
    return np.column_stack([matrix[:, :2], half])


def _reduced(pixels: Pixels, matrix: Matrix) -> tuple[Pixels, Matrix]:
    """Pixels averaged by the largest whole step the matrix leaves room for, and the matrix for them."""
    shrink = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    step = int(1 / shrink + 1e-6)
    if step < REDUCE_FROM:
        return pixels, matrix
    height, width = pixels.shape[0] // step * step, pixels.shape[1] // step * step
    small = cv2.resize(pixels[:height, :width], (width // step, height // step), interpolation=cv2.INTER_AREA)
    return cast(Pixels, small), _joined(matrix, _linear(step, step))


def _as_gray(raster: Raster) -> Raster:
    return Raster(raster.pixels, raster.dpi, "gray") if raster.mode == "bitonal" else raster
