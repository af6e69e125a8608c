"""Measures the picture of a target sheet: where its marks lie, how sharp its edges are, how even its white is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.measures.light import noise
from imaging.prepare import prepare, to_gray
from imaging.target import layout
from imaging.target.sfr import NoEdge, edge_line, slanted_edge
from imaging.values import Pixels, Raster

LEAST_DPI = 140.0
"""Coarser pictures have too few px across an edge."""
FLAT_MM = 0.5
"""A sheet whose marks lie further than this from one plane was creased or moved while it was scanned."""
ROI_MM = (7.0, 13.0)
"""Across and along an edge."""
CELL_MM = 10.0
NEIGHBOURS_MM = 3.5

Matrix = NDArray[np.float64]


class TargetNotFound(ValueError):
    """No target sheet can be measured here. ``reason``: too_coarse, no_marks, mixed_marks, not_flat, unclear_edges."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class EdgeSeen(NamedTuple):
    """One edge of one slanted square. ``direction``: x = across the scan (an upright edge), y = along the feed. MTF in cycles
    a px, ``peak`` as a ratio, ``apart``: farthest two of the colour channels, px."""

    place: str
    direction: str
    mtf50: float
    mtf10: float
    peak: float
    apart: float


class Stripe(NamedTuple):
    """A column off its neighbours over the whole sheet. ``mm`` from the left of the scan; ``amplitude`` signed share."""

    mm: float
    amplitude: float


@dataclass(frozen=True, slots=True)
class TargetMeasure:
    """``face``: which side of the printed sheet was seen. ``turn``: degrees the sheet lay turned, clockwise, -180..180.
    ``scale``: (x, y) picture against true size. ``square``: degrees off the right angle between the axes. ``flat``: mm, mean
    distance of the marks from where they should be. ``white``: L*, a*, b*; ``middle``, ``black``: L*. ``uniform``: standard
    deviation over mean of the white. ``noise``: L*."""

    face: str
    dpi: tuple[float, float]
    turn: float
    scale: tuple[float, float]
    square: float
    flat: float
    edges: tuple[EdgeSeen, ...]
    white: tuple[float, float, float]
    middle: float
    black: float
    uniform: float
    noise: float
    stripes: tuple[Stripe, ...]

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "edges": [list(one) for one in self.edges], "stripes": [list(one) for one in self.stripes]}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> TargetMeasure:
        lists = {name: tuple(told[name]) for name in ("dpi", "scale", "white")}
        edges = tuple(EdgeSeen(*one) for one in told["edges"])
        return cls(**{**told, **lists, "edges": edges, "stripes": tuple(Stripe(*one) for one in told["stripes"])})


def measure(raster: Raster) -> TargetMeasure:
    """Everything the sheet tells. Raises TargetNotFound."""
    if min(raster.dpi) < LEAST_DPI or raster.mode == "bitonal":
        raise TargetNotFound("too_coarse", f"{raster.dpi} {raster.mode}")
    face, placed, flat = _placed(raster)
    across, down = placed[0, :2], placed[1, :2]
    nominal = raster.dpi[0] / 25.4, raster.dpi[1] / 25.4
    scale = float(np.linalg.norm(across) / nominal[0]), float(np.linalg.norm(down) / nominal[1])
    between = np.degrees(np.arccos(across @ down / np.linalg.norm(across) / np.linalg.norm(down)))
    turn = np.degrees(np.arctan2(-across[1], across[0]))
    zones = [_inside(placed, zone) for zone in layout.WHITE]
    white = _lab(np.concatenate([_cut(raster.pixels, zone).reshape(-1, _planes(raster)) for zone in zones]))
    return TargetMeasure(
        face=face,
        dpi=raster.dpi,
        turn=round(float(turn), 3),
        scale=(round(scale[0], 5), round(scale[1], 5)),
        square=round(float(between) - 90, 4),
        flat=round(flat, 3),
        edges=tuple(_edges(raster, placed)),
        white=white,
        middle=_patch(raster, placed, "middle"),
        black=_patch(raster, placed, "black"),
        uniform=_spread(raster, zones),
        noise=_noise(raster, zones),
        stripes=tuple(_stripes(raster, zones)),
    )


# -- where the sheet lies --------------------------------------------------------------------------------------------


def _placed(raster: Raster) -> tuple[str, Matrix, float]:
    """The side that was seen, the 2 x 3 map from mm of the sheet to px of the picture, mean distance from it in mm."""
    found = _markers(to_gray(raster.pixels))
    sides = {number // len(layout.MARKERS) for number in found}
    if len(found) < len(layout.MARKERS):
        raise TargetNotFound("no_marks", f"{len(found)} of {len(layout.MARKERS)}")
    if len(sides) > 1 or max(sides) >= len(layout.FACES):
        raise TargetNotFound("mixed_marks", str(sorted(found)))
    truth = np.concatenate([layout.marker_corners(number % len(layout.MARKERS)) for number in found])
    seen = np.concatenate(list(found.values()))
    known = np.column_stack([truth, np.ones(len(truth))])
    solved = np.linalg.lstsq(known, seen, rcond=None)[0]
    off = (known @ solved - seen) / (np.array(raster.dpi) / 25.4)
    flat = float(np.sqrt((off**2).sum(axis=1).mean()))
    if flat > FLAT_MM:
        raise TargetNotFound("not_flat", f"{flat:.2f} mm")
    return layout.FACES[sides.pop()], solved.T, flat


def _markers(gray: Pixels) -> dict[int, Matrix]:
    """Number → its corners TL, TR, BR, BL, px (the middle of a pixel is a whole number), refined below a pixel."""
    asked = cv2.aruco.DetectorParameters()
    asked.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    corners, numbers, _ = cv2.aruco.ArucoDetector(layout.dictionary(), asked).detectMarkers(gray)
    if numbers is None:
        return {}
    return {int(number): np.asarray(four, np.float64)[0] for four, number in zip(corners, numbers.ravel(), strict=True)}


def _at(placed: Matrix, places: Matrix) -> Matrix:
    return places @ placed[:, :2].T + placed[:, 2]


def _inside(placed: Matrix, zone: layout.Zone) -> tuple[int, int, int, int]:
    """The largest upright box, px, within the zone as it lies in the picture."""
    corners = np.array([(zone.x0, zone.y0), (zone.x1, zone.y0), (zone.x1, zone.y1), (zone.x0, zone.y1)])
    xs, ys = np.sort(_at(placed, corners), axis=0).T
    return max(0, int(np.ceil(xs[1]))), max(0, int(np.ceil(ys[1]))), int(xs[2]), int(ys[2])


def _cut(pixels: Pixels, box: tuple[int, int, int, int]) -> Pixels:
    x0, y0, x1, y1 = box
    return pixels[y0:y1, x0:x1]


# -- sharpness -------------------------------------------------------------------------------------------------------


def _edges(raster: Raster, placed: Matrix) -> Iterator[EdgeSeen]:
    """Two edges of each square: one upright, one level."""
    linear = _linear(raster.pixels)
    for place in layout.SQUARES:
        corners = layout.square_corners(place)
        for first, second in ((1, 2), (2, 3)):
            one, other = _at(placed, corners[[first, second]])
            yield _edge(linear, place, (one + other) / 2, abs(one - other), raster)


def _edge(linear: NDArray[np.float32], place: str, middle: Matrix, reach: Matrix, raster: Raster) -> EdgeSeen:
    level = reach[0] > reach[1]
    image = linear.transpose(1, 0, 2) if level else linear
    (x, y), dpi = (middle[::-1], raster.dpi[::-1]) if level else (middle, raster.dpi)
    half = ROI_MM[0] / 2 * dpi[0] / 25.4, ROI_MM[1] / 2 * dpi[1] / 25.4
    patch = image[max(0, round(y - half[1])) : round(y + half[1]), max(0, round(x - half[0])) : round(x + half[0])]
    try:
        seen = slanted_edge(patch.mean(axis=2))
        lines = [edge_line(patch[:, :, plane]) for plane in range(patch.shape[2])]
    except NoEdge as error:
        raise TargetNotFound("unclear_edges", f"{place}: {error}") from error
    places = [offset + tilt * patch.shape[0] / 2 for offset, tilt in lines]
    figures = (seen.mtf50, seen.mtf10, seen.peak, max(places) - min(places))
    return EdgeSeen(place, "y" if level else "x", *(round(figure, 4) for figure in figures))


def _linear(pixels: Pixels) -> NDArray[np.float32]:
    """Light, 0..1, of sRGB values; three dimensions."""
    steps = np.arange(256) / 255
    table = np.where(steps <= 0.04045, steps / 12.92, ((steps + 0.055) / 1.055) ** 2.4).astype(np.float32)
    found = table[pixels]
    return found if found.ndim == 3 else found[:, :, None]


# -- white, grey, black ------------------------------------------------------------------------------------------------


def _planes(raster: Raster) -> int:
    return 1 if raster.pixels.ndim == 2 else 3


def _lab(values: NDArray[np.uint8]) -> tuple[float, float, float]:
    """L*, a*, b* of the mean of pixels (n, planes), sRGB."""
    mean = values.mean(axis=0, dtype=np.float64) / 255
    pixel = np.float32(np.resize(mean, 3)).reshape(1, 1, 3)
    lightness, a, b = cv2.cvtColor(pixel, cv2.COLOR_BGR2Lab)[0, 0]
    return round(float(lightness), 2), round(float(a), 2), round(float(b), 2)


def _patch(raster: Raster, placed: Matrix, name: str) -> float:
    """L* of the inner two thirds of a solid patch."""
    (x, y), _ = layout.PATCHES[name]
    half = layout.PATCH_MM / 3
    box = _inside(placed, layout.Zone(x - half, y - half, x + half, y + half))
    return _lab(_cut(raster.pixels, box).reshape(-1, _planes(raster)))[0]


def _spread(raster: Raster, zones: list[tuple[int, int, int, int]]) -> float:
    """Standard deviation over mean of cells of 1 cm."""
    cells = []
    for zone in zones:
        part = to_gray(np.ascontiguousarray(_cut(raster.pixels, zone)))
        wide, high = (
            max(1, round(side / dpi * 25.4 / CELL_MM)) for side, dpi in zip(part.shape[::-1], raster.dpi, strict=True)
        )
        cells.append(cv2.resize(part, (wide, high), interpolation=cv2.INTER_AREA).ravel().astype(np.float64))
    values = np.concatenate(cells)
    return round(float(values.std() / values.mean()), 4)


def _noise(raster: Raster, zones: list[tuple[int, int, int, int]]) -> float:
    found = [noise(prepare(Raster(np.ascontiguousarray(_cut(raster.pixels, zone)), raster.dpi, raster.mode))) for zone in zones]
    told = [one for one in found if one is not None]
    return round(max(told), 3) if told else 0.0


def _stripes(raster: Raster, zones: list[tuple[int, int, int, int]], least: float = 0.004) -> Iterator[Stripe]:
    """Columns darker or lighter than their neighbours in both white fields, strongest first."""
    left, right = max(zone[0] for zone in zones), min(zone[2] for zone in zones)
    if right - left < 100:
        return
    parts = [to_gray(np.ascontiguousarray(raster.pixels[zone[1] : zone[3], left:right])) for zone in zones]
    profiles = np.array([_against_neighbours(part.mean(axis=0), raster.dpi[0]) for part in parts])
    agree = np.sign(profiles).min(axis=0) == np.sign(profiles).max(axis=0)
    strength = np.where(agree & (np.abs(profiles).min(axis=0) > least / 2), profiles.mean(axis=0), 0)
    found = []
    for sign in (-1, 1):
        at = np.flatnonzero(strength * sign > least)
        for group in np.split(at, np.flatnonzero(np.diff(at) > 3) + 1) if at.size else ():
            best = group[int(np.abs(strength[group]).argmax())]
            middle = (left + (group[0] + group[-1] + 1) / 2) / raster.dpi[0] * 25.4
            found.append(Stripe(round(float(middle), 2), round(float(strength[best]), 4)))
    yield from sorted(found, key=lambda one: -abs(one.amplitude))


def _against_neighbours(levels: NDArray[np.floating], dpi: float) -> Matrix:
    reach = max(2, round(NEIGHBOURS_MM / 2 * dpi / 25.4))
    padded = np.pad(np.asarray(levels, np.float64), reach, mode="edge")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    return levels / np.maximum(middle, 1) - 1
