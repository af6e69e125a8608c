"""Is anything on this side that a reader would miss? Judged by crisp marks and evenly inked colour, not by dark paper.

What shines through from the other side is soft (black print) or patchy (a red seal soaked through); ink laid on this
side is crisp and even. In doubt a side is not blank.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.measures.regions import Flags, Regions, describe
from imaging.prepare import PAPER, Prepared
from imaging.values import Blank, Pixels, Raster

EDGE_MM = 2.0
"""Scanner fringe, paper shadow and binding marks live here; nobody writes there."""
PLAIN_TEXT = 60
"""This many letter-sized strong marks need no second look."""
SPECK_MM, MARK_MM, RULE_MM = 0.9, 1.5, 60.0
"""Below the first dust; up to the second dust too, unless there are many; above the third a rule, a border or a streak."""
SPECKS = 3
FAINTEST, FADED_LETTERS, STEEP, DENSE = 0.03, 30, 0.185, 300
"""Depth of the palest writing looked for (share of the paper), how many letters make it writing, how steep their edges are,
and how many letters are not put down to the other side without seeing it."""
COLOUR = 24
"""8-bit Lab chroma from which a pixel is coloured ink (QUALITY, front end)."""
COLOUR_MM2 = 3.0
REGISTER_MM = 6.0
"""Two sides of a sheet as a duplex scanner delivers them match within this."""
EVENLY_INKED = 0.45
"""Share of coloured px above half the strongest. Five real seals, also faded to 35 %: 0.58 to 0.75; six soaked through:
0.12 to 0.31."""


@dataclass(frozen=True, slots=True)
class _Colour:
    """Coloured ink of a side. ``mm2``: its area. ``seeps``: all of it reads as a seal soaked through from the other side."""

    mm2: float
    seeps: bool
    confidence: float


def measure(raster: Raster, prepared: Prepared, partner: Prepared | None = None) -> Blank:
    """Whether the side is blank, its inked share 0..1, and how sure. ``partner``: the sheet's other side as scanned.

    Method: components over six deviations of the paper's noise, crisp against soft, coloured against neutral."""
    mask = _marks(prepared)
    ink = float(np.count_nonzero(mask)) / mask.size
    written = _letters(prepared)
    if written >= PLAIN_TEXT:
        return Blank(value=False, ink=ink, confidence=1.0)
    colour = _colour(prepared, partner)
    count = _content(describe(prepared, mask), colour)
    if count and partner is not None:
        count = min(count, _content(describe(prepared, _marks(prepared, _without_partner(prepared, partner))), colour))
    if not count and _faded_writing(prepared, partner):
        return Blank(value=False, ink=ink, confidence=0.5)
    return _verdict(count, colour, ink)


def _faded_writing(prepared: Prepared, partner: Prepared | None) -> bool:
    """Writing paler than the paper's noise: seen only once the noise is smoothed away, and told from what shines through by
    the steepness of its edges (median over the regions; measured: writing 0.20 to 0.33, shining through 0.10 to 0.17)."""
    smooth = cast(Pixels, cv2.GaussianBlur(prepared.ratio, (0, 0), 1.0))
    seen = smooth[::3, ::3].astype(np.float32) / PAPER
    paper = float(np.median(seen))
    depth = max(5 * 1.25 * float(np.abs(seen - paper).mean()), FAINTEST)
    mask = cast(Pixels, cv2.threshold(smooth, (1 - depth) * paper * PAPER, 255, cv2.THRESH_BINARY_INV)[1])
    regions = describe(prepared, _without_edge(mask, prepared), smooth)
    size = regions.longest_mm
    letters = (size > 1.2) & (size < 15) & (regions.colour < COLOUR / 2)
    if letters.sum() < FADED_LETTERS:
        return False
    steep = regions.slope[letters] / np.maximum(regions.depth[letters] - (1 - paper), 0.01)
    own = float(np.median(steep)) > STEEP or letters.sum() >= DENSE
    return own and (partner is None or not _explained(prepared, partner))


def _explained(prepared: Prepared, partner: Prepared) -> bool:
    from imaging.measures.show_through import see_through  # noqa: PLC0415 - only sides that are nearly blank need it

    return see_through(prepared, partner).correlation > 0.25


def _verdict(count: int, colour: _Colour, ink: float) -> Blank:
    coloured = colour.mm2 >= COLOUR_MM2 and not colour.seeps
    if count or coloured:
        return Blank(value=False, ink=ink, confidence=1.0 if coloured else min(1.0, 0.5 + 0.1 * count))
    return Blank(value=True, ink=ink, confidence=colour.confidence if colour.mm2 >= COLOUR_MM2 else 1.0)


def _letters(prepared: Prepared) -> int:
    """Strong regions of a letter's size and shape."""
    stats, mm = prepared.components.stats[1:], prepared.px_per_mm
    high, wide = stats[:, 3] / mm, stats[:, 2] / mm
    return int(((high > 1.2) & (high < 8) & (wide > 0.4) & (wide < 15) & (stats[:, 4] < 0.8 * stats[:, 2] * stats[:, 3])).sum())


def _marks(prepared: Prepared, ratio: Pixels | None = None) -> Pixels:
    """Pixels darker than six deviations of the paper's noise (8 to 30 % below the paper), away from the edge of the image."""
    depth = min(max(6 * prepared.noise, 0.08), 0.3)
    shade = prepared.ratio if ratio is None else ratio
    return _without_edge(cast(Pixels, cv2.threshold(shade, (1 - depth) * PAPER, 255, cv2.THRESH_BINARY_INV)[1]), prepared)


def _without_edge(mask: Pixels, prepared: Prepared) -> Pixels:
    band = max(1, round(EDGE_MM * prepared.px_per_mm))
    inner = np.zeros_like(mask)
    inner[band:-band, band:-band] = mask[band:-band, band:-band]
    return inner


def _content(regions: Regions, colour: _Colour) -> int:
    """How many regions a reader would miss."""
    size = regions.longest_mm
    own = regions.crisp & ~_hole(regions) & ~_streak(regions) & (size >= SPECK_MM)
    if colour.seeps:
        own &= regions.colour < COLOUR / 2
    marks, specks = own & (size >= MARK_MM), own & (size < MARK_MM)
    return int(marks.sum()) + (int(specks.sum()) if specks.sum() > SPECKS else 0)


def _streak(regions: Regions) -> Flags:
    """Tall hairlines, whole or in pieces one below the other: dirt on the glass of a feeder, a fold."""
    x, y, wide, high = regions.boxes.T / regions.px_per_mm
    hair = (wide < 1.0) & (high > 2 * wide) & (regions.depth < 0.5)
    pieces = hair & (abs(x - np.median(x[hair])) < 3.0) if hair.any() else hair
    broken = pieces.sum() >= 3 and float((y + high)[pieces].max() - y[pieces].min()) > RULE_MM
    return cast(Flags, ((high > RULE_MM) & (wide < 2.0)) | (pieces if broken else False))


def _hole(regions: Regions) -> Flags:
    """Old punch holes: full dark discs of 5 to 7 mm."""
    _, _, wide, high = regions.boxes.T / regions.px_per_mm
    filled = regions.area / np.maximum(regions.boxes[:, 2] * regions.boxes[:, 3], 1)
    return cast(Flags, (wide > 4.5) & (wide < 7.5) & (abs(wide - high) < 1) & (filled > 0.7) & (filled < 0.88))


def _colour(prepared: Prepared, partner: Prepared | None) -> _Colour:
    inner = _without_edge(prepared.chroma, prepared)
    coloured = inner > COLOUR
    area = float(coloured.sum()) / prepared.px_per_mm**2
    if not coloured.any():
        return _Colour(0.0, seeps=False, confidence=1.0)
    if partner is not None:
        return _Colour(area, seeps=_behind(inner, partner) and _uneven(inner), confidence=0.95)
    return _Colour(area, seeps=_uneven(inner) and _red(prepared, coloured), confidence=0.7)


def _uneven(chroma: Pixels) -> bool:
    """Patchy like ink that soaked through paper, and not even like ink from a stamp."""
    strongest = float(np.percentile(chroma[chroma > 14], 95))
    seen = chroma[chroma > max(8.0, 0.1 * strongest)]
    return float((seen > 0.5 * strongest).mean()) < EVENLY_INKED


def _red(prepared: Prepared, coloured: NDArray[np.bool_]) -> bool:
    """Nine tenths of the coloured ink is seal red: Lab a well above the paper's."""
    redness = prepared.lab[:, :, 1].astype(np.int16) - int(np.median(prepared.lab[::4, ::4, 1]))
    return float((redness[coloured] > COLOUR / 3).mean()) > 0.9


def _behind(chroma: Pixels, partner: Prepared) -> bool:
    """The other side bears stronger colour where this side is coloured, seen in a mirror, within 6 mm."""
    height, width = chroma.shape
    there = cv2.resize(cv2.flip(partner.chroma, 1), (width, height), interpolation=cv2.INTER_AREA)
    reach = round(2 * REGISTER_MM * partner.px_per_mm) | 1
    near = cv2.dilate(there, np.ones((reach, reach), np.uint8))
    coloured = chroma > COLOUR
    return float((near[coloured] > COLOUR).mean()) > 0.9


def _without_partner(prepared: Prepared, partner: Prepared) -> Pixels:
    """``ratio`` with what shines through from the partner taken out."""
    from imaging.measures.show_through import see_through  # noqa: PLC0415 - only sides that are nearly blank need it

    return see_through(prepared, partner).residual(prepared.ratio)
