"""Known defects put onto copies of good pages: to measure the checks, and to keep reviewers awake (QUALITY 5 and 6).

Severities are physical (px at 300 dpi, mm, shares), so that they mean the same on every master. Nothing here touches a file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np

from imaging.prepare import prepare
from imaging.values import Pixels, Raster

Injector = Callable[[Raster, float, np.random.Generator], Raster]


@dataclass(frozen=True, slots=True)
class Defect:
    """``check``: the finding that must come. ``severities``: just worth a warning, clearly bad, gross, in ``unit``."""

    check: str
    inject: Injector
    severities: tuple[float, float, float]
    unit: str


def _with(raster: Raster, pixels: Pixels) -> Raster:
    return replace(raster, pixels=np.ascontiguousarray(pixels))


def _at_300(raster: Raster, value: float) -> float:
    return value * max(raster.dpi) / 300


def blur(raster: Raster, sigma: float, rng: np.random.Generator) -> Raster:
    """Out of focus: Gaussian of ``sigma`` px at 300 dpi."""
    return _with(raster, cast(Pixels, cv2.GaussianBlur(raster.pixels, (0, 0), _at_300(raster, sigma))))


def local_blur(raster: Raster, sigma: float, rng: np.random.Generator) -> Raster:
    """A band of a fifth of the height lifted off the glass, through the middle of the page's ink."""
    height = raster.height // 5
    ink = prepare(raster).ink.sum(axis=1)
    inked = np.flatnonzero(ink > ink.mean() / 2) * raster.height // len(ink)
    top = int(np.clip(rng.choice(inked) - height // 2, 0, raster.height - height))
    pixels = raster.pixels.copy()
    pixels[top : top + height] = blur(raster, sigma, rng).pixels[top : top + height]
    return _with(raster, pixels)


def vibration(raster: Raster, length: float, rng: np.random.Generator) -> Raster:
    """Smeared along the feed over ``length`` px at 300 dpi."""
    return _with(raster, cast(Pixels, cv2.blur(raster.pixels, (1, max(1, round(_at_300(raster, length)))))))


def streak(raster: Raster, amplitude: float, rng: np.random.Generator) -> Raster:
    """Two columns (at 300 dpi) darker by ``amplitude``, from the first row to the last."""
    wide = max(1, round(_at_300(raster, 2)))
    x = int(rng.integers(raster.width // 12, raster.width - raster.width // 12))
    pixels = raster.pixels.copy()
    pixels[:, x : x + wide] = (pixels[:, x : x + wide] * (1 - amplitude)).astype(np.uint8)
    return _with(raster, pixels)


def cut(raster: Raster, depth: float, rng: np.random.Generator) -> Raster:
    """The left edge lost, ``depth`` mm into the text block."""
    columns = (prepare(raster).strong[:, 8:-8] > 0).sum(axis=0)
    text = int(np.flatnonzero(columns > 0.25 * np.percentile(columns, 80))[0]) + 8
    first = round(text * raster.width / prepare(raster).size[0]) + round(depth * raster.dpi[0] / 25.4)
    return _with(raster, raster.pixels[:, first:])


def border(raster: Raster, depth: float, rng: np.random.Generator) -> Raster:
    """Bare black bed of ``depth`` mm on the right of the sheet."""
    wide = round(depth * raster.dpi[0] / 25.4)
    return _with(raster, cv2.copyMakeBorder(raster.pixels, 0, 0, 0, wide, cv2.BORDER_CONSTANT, value=(12, 12, 12)))  # type: ignore[arg-type]


def fade(raster: Raster, left: float, rng: np.random.Generator) -> Raster:
    """Ink bleached to ``left`` of its depth; the paper stays."""
    paper = np.percentile(raster.pixels.reshape(-1, *raster.pixels.shape[2:])[::97], 80, axis=0)
    return _with(raster, np.clip(paper - (paper - raster.pixels) * left, 0, 255).astype(np.uint8))


def darken(raster: Raster, gain: float, rng: np.random.Generator) -> Raster:
    """Underexposed: every value times ``gain``."""
    return _with(raster, (raster.pixels * gain).astype(np.uint8))


def tint(raster: Raster, shift: float, rng: np.random.Generator) -> Raster:
    """A lamp that lost its red: b* down by about ``shift``."""
    lab = cv2.cvtColor(raster.pixels, cv2.COLOR_BGR2Lab).astype(np.float32)
    lab[:, :, 0] *= 0.9
    lab[:, :, 2] -= shift
    return _with(raster, cast(Pixels, cv2.cvtColor(np.clip(lab, 0, 255).astype(np.uint8), cv2.COLOR_Lab2BGR)))


def grain(raster: Raster, spread: float, rng: np.random.Generator) -> Raster:
    """Sensor noise of ``spread`` L* on a page 12 % darker, so that white paper can show it."""
    noise = rng.normal(0, spread / 0.39, raster.pixels.shape[:2]).astype(np.float32)
    noise = noise[:, :, None] if raster.pixels.ndim == 3 else noise
    return _with(raster, np.clip(raster.pixels * 0.88 + noise, 0, 255).astype(np.uint8))


def truncate(raster: Raster, share: float, rng: np.random.Generator) -> Raster:
    """The last ``share`` of the rows never arrived; the decoder filled them grey."""
    pixels = raster.pixels.copy()
    pixels[round(raster.height * (1 - share)) :] = 128
    return _with(raster, pixels)


def dog_ear(raster: Raster, leg: float, rng: np.random.Generator) -> Raster:
    """The upper right corner folded away over ``leg`` mm; a dark bed behind."""
    side = round(leg * raster.dpi[0] / 25.4)
    pixels, width = raster.pixels.copy(), raster.width
    cv2.fillPoly(pixels, [np.array([[width - side, 0], [width, 0], [width, side]], np.int32)], (40, 40, 40))
    return _with(raster, pixels)


def finger(raster: Raster, area: float, rng: np.random.Generator) -> Raster:
    """A finger tip of ``area`` mm2 over the lower edge."""
    radius = (area / np.pi * 2) ** 0.5 * raster.dpi[0] / 25.4
    pixels = raster.pixels.copy()
    centre = int(rng.uniform(0.2, 0.8) * raster.width), raster.height
    cv2.ellipse(pixels, centre, (round(radius * 0.8), round(radius * 1.25)), 0, 0, 360, (130, 160, 205), -1)
    return _with(raster, pixels)


def note(raster: Raster, side: float, rng: np.random.Generator) -> Raster:
    """A yellow note of ``side`` mm stuck onto the page."""
    px = round(side * raster.dpi[0] / 25.4)
    x, y = int(rng.uniform(0.1, 0.5) * raster.width), int(rng.uniform(0.2, 0.5) * raster.height)
    pixels = raster.pixels.copy()
    pixels[y : y + px, x : x + px] = (120, 235, 250)
    return _with(raster, pixels)


def relabel(raster: Raster, dpi: float, rng: np.random.Generator) -> Raster:
    """A page scanned too coarsely, at ``dpi``."""
    scale = dpi / raster.dpi[0]
    pixels = cv2.resize(raster.pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return replace(raster, pixels=cast(Pixels, pixels), dpi=(dpi, dpi))


def half_tone(raster: Raster, beat: float, rng: np.random.Generator) -> Raster:
    """A printed picture of 60 by 60 mm whose screen beats with the scanner's grid, ``beat`` of full modulation."""
    side = round(60 * raster.dpi[0] / 25.4)
    y, x = np.mgrid[0:side, 0:side]
    screen = np.sign(np.cos(2 * np.pi * x / 2.9) * np.cos(2 * np.pi * y / 2.9))
    slow = np.cos(2 * np.pi * x / 21) * np.cos(2 * np.pi * y / 21)
    picture = np.clip(128 + 45 * screen + 60 * beat * slow + rng.normal(0, 4, x.shape), 0, 255).astype(np.uint8)
    pixels = raster.pixels.copy()
    left, top = raster.width // 3, raster.height // 3
    target = pixels[top : top + side, left : left + side]
    target[:] = picture[: target.shape[0], : target.shape[1], None]
    return _with(raster, pixels)


DEFECTS: dict[str, Defect] = {
    "blur": Defect("page.blur", blur, (1.4, 2.0, 3.0), "px at 300 dpi"),
    "local_blur": Defect("page.blur", local_blur, (2.0, 2.6, 3.5), "px at 300 dpi"),
    "vibration": Defect("page.blur", vibration, (6, 9, 13), "px at 300 dpi"),
    "streak": Defect("page.streak", streak, (0.02, 0.04, 0.12), "share of paper"),
    "cut": Defect("page.cut_text", cut, (1, 3, 8), "mm into the text"),
    "border": Defect("page.black_border", border, (3, 6, 12), "mm"),
    "faded": Defect("page.faint", fade, (0.30, 0.22, 0.12), "share left"),
    "dark": Defect("page.exposure", darken, (0.6, 0.4, 0.25), "gain"),
    "tint": Defect("page.colour_cast", tint, (18, 26, 40), "b*"),
    "noise": Defect("page.noise", grain, (5, 9, 15), "L*"),
    "truncated": Defect("page.truncated", truncate, (0.02, 0.1, 0.4), "share of rows"),
    "dog_ear": Defect("page.fold", dog_ear, (6, 12, 25), "mm leg"),
    "finger": Defect("page.foreign_object", finger, (120, 250, 500), "mm2"),
    "note": Defect("page.foreign_object", note, (20, 38, 76), "mm"),
    "coarse": Defect("page.resolution", relabel, (180, 150, 72), "dpi"),
    "moire": Defect("page.moire", half_tone, (0.3, 0.6, 1.0), "modulation"),
}
"""Every defect that can be put onto one image alone."""
