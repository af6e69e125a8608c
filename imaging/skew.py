"""How far a page is turned from upright, from the row profile of its ink.

W. Postl's criterion (1986): at the right angle the rows of a page alternate most sharply between text and gap. The rows are
sheared, not turned; the shear is a phase ramp in the Fourier transform of narrow column bundles, so that every angle is
exact to a fraction of a pixel, and the criterion itself (energy of the profile's differences) is read off the spectrum
without going back (Parseval).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.values import Skew

REACH_DEGREES = 13.0
BUNDLE_MM = 2.7
COARSE_PERIOD_MM = 2.1
"""Shortest wave of the coarse search: line pitch and x-height, no letters."""
LINES_PERIOD_MM = 3.0
"""Shortest wave of ``lines``: text lines stand further apart than this, columns of typewritten letters do not (2.1 or 2.5
mm)."""
FINE_PERIOD_MM = 1.0
SURE_RATIO = 3.0
"""Best over median score below which the rows say nothing: real text pages reach 14 to 57, versos with a seal's print 1.2
to 2.3."""
RIVAL_SHARE = 0.85
"""A second angle, well apart, that scores this share of the best one makes the answer a guess."""
LEAST_SPREAD_MM = 8.0
"""Strokes, a rule or two lines of text, however straight, are no direction of a page; three lines reach 8.7 mm."""
MIN_INK_MM2 = 12.0
"""Less ink than about two words carries no direction."""

Ink = NDArray[np.float32]
Slopes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """``degrees``: as in ``Skew``, also where it is not to be trusted. ``ratio``: best over median score. ``rival``: score of
    the best angle well apart, as a share of the best. ``lines``: how much the rows alternate, comparable between a page's two
    axes. ``spread_mm``: see ``Spectrum.spread_mm``."""

    degrees: float
    ratio: float
    rival: float
    lines: float = 0.0
    spread_mm: float = 0.0

    @property
    def confidence(self) -> float:
        """0..1; 0 = the rows do not decide."""
        if self.ratio < SURE_RATIO or self.rival > RIVAL_SHARE or self.spread_mm < LEAST_SPREAD_MM:
            return 0.0
        return float(min(1.0, 0.5 + (self.ratio - SURE_RATIO) / 20))


NOTHING = Reading(0.0, 0.0, 1.0)


class Spectrum:
    """The column bundles of an ink map, Fourier-transformed along y. ``ink``: float32 (height, width), 0 = paper; ``dpi``:
    its scale."""

    def __init__(self, ink: Ink, dpi: float) -> None:
        height, width = ink.shape
        step = min(width, max(1, round(BUNDLE_MM * dpi / 25.4)))
        count = width // step
        bundles = cv2.resize(ink[:, : count * step], (count, height), interpolation=cv2.INTER_AREA)
        self.offsets = ((np.arange(count) + 0.5) * step - width / 2).astype(np.float32)
        length = 1 << int(np.ceil(np.log2(height + width * np.tan(np.radians(REACH_DEGREES)) + 1)))
        self.waves = np.fft.rfft(np.ascontiguousarray(bundles.T), n=length, axis=1).astype(np.complex64)
        self.cycles = np.fft.rfftfreq(length).astype(np.float32)
        self.weight = (4 * np.sin(np.pi * self.cycles) ** 2).astype(np.float32)
        self.px_per_mm = dpi / 25.4
        self.height = height

    def spread_mm(self, slope: float, period_mm: float) -> float:
        """Over how many mm of the page's height the sharpness at a slope is spread: (sum of squares)^2 / sum of fourth
        powers of the profile's differences. One stroke or rule: about its thickness; a page of text: 50 and more."""
        count = max(2, int(np.searchsorted(self.cycles, 1 / (period_mm * self.px_per_mm))))
        waves = np.zeros(len(self.cycles), np.complex64)
        waves[:count] = (self.waves[:, :count] * self._moved(slope, count)).sum(axis=0)
        energy = np.diff(np.fft.irfft(waves)) ** 2
        return float(energy.sum() ** 2 / max(float((energy**2).sum()), 1e-12)) / self.px_per_mm

    def scores(self, slopes: Slopes, period_mm: float) -> NDArray[np.float64]:
        """Sharpness of the row profile at evenly spaced slopes (px per px), from waves no shorter than ``period_mm``."""
        count = max(2, int(np.searchsorted(self.cycles, 1 / (period_mm * self.px_per_mm))))
        waves = self.waves[:, :count] * self._moved(slopes[0], count)
        onward = self._moved(slopes[1] - slopes[0], count) if len(slopes) > 1 else None
        found = np.empty(len(slopes))
        for place in range(len(slopes)):
            if place and onward is not None:
                waves *= onward
            profile = waves.sum(axis=0)
            found[place] = (self.weight[:count] * (profile.real**2 + profile.imag**2)).sum()
        return found

    def _moved(self, slope: float, count: int) -> NDArray[np.complex64]:
        """What the first ``count`` waves of each bundle are multiplied by to move it as a slope says: e to the i angle, twenty
        times as fast as ``np.exp`` of complex numbers."""
        angle = np.float32(2 * np.pi * slope) * self.offsets[:, None] * self.cycles[None, :count]
        moved = np.empty(angle.shape, np.complex64)
        np.cos(angle, out=moved.real)
        np.sin(angle, out=moved.imag)
        return moved


def coarse(spectrum: Spectrum) -> Reading:
    """The angle within 13 degrees to about a quarter of a degree, and how clearly it stands out."""
    reach = float(np.tan(np.radians(REACH_DEGREES)))
    slopes = np.linspace(-reach, reach, 53)
    scores = spectrum.scores(slopes, COARSE_PERIOD_MM)
    best = int(np.argmax(scores))
    if scores[best] <= 0:
        return NOTHING
    middle, peak = max(float(np.median(scores)), 1e-9), _peak(slopes, scores)
    apart = scores[np.abs(np.arange(len(slopes)) - best) >= 3]
    lines = float(spectrum.scores(np.array([peak]), LINES_PERIOD_MM)[0]) * spectrum.height
    spread = spectrum.spread_mm(peak, COARSE_PERIOD_MM)
    return Reading(_degrees(peak), float(scores[best] / middle), float(apart.max() / scores[best]), lines, spread)


def refine(spectrum: Spectrum, reading: Reading) -> Reading:
    """The angle to a few thousandths of a degree: two passes around a coarse reading."""
    slope = float(np.tan(np.radians(reading.degrees)))
    for reach, count in ((0.0105, 9), (0.0018, 5)):
        slopes = slope + np.linspace(-reach, reach, count)
        slope = _peak(slopes, spectrum.scores(slopes, FINE_PERIOD_MM))
    return replace(reading, degrees=_degrees(slope))


def enough(ink: Ink, dpi: float) -> bool:
    """Whether an ink map carries enough to speak of a direction."""
    return min(ink.shape) >= 16 and float(ink.sum()) >= MIN_INK_MM2 * (dpi / 25.4) ** 2


def measure(ink: Ink, dpi: float) -> Reading:
    """The skew of an upright page from its ink map, float32 (height, width), 0 = paper."""
    if not enough(ink, dpi):
        return NOTHING
    spectrum = Spectrum(ink, dpi)
    return refine(spectrum, coarse(spectrum))


def as_value(reading: Reading) -> Skew:
    """Reading as the value kept beside the master: what is not sure is 0 with confidence 0."""
    confidence = reading.confidence
    return Skew(round(reading.degrees, 3), confidence) if confidence > 0 else Skew(0.0, 0.0)


def sheared(ink: Ink, degrees: float) -> Ink:
    """An ink map whose lines are level again: columns moved up or down, size unchanged."""
    height, width = ink.shape
    slope = float(np.tan(np.radians(degrees)))
    move = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float64)
    return cast(Ink, cv2.warpAffine(ink, move, (width, height), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP))


def _degrees(slope: float) -> float:
    return float(np.degrees(np.arctan(slope)))


def _peak(places: Slopes, scores: NDArray[np.float64]) -> float:
    """Top of the parabola through the best score and its neighbours."""
    best = int(np.argmax(scores))
    if best in {0, len(scores) - 1}:
        return float(places[best])
    left, top, right = scores[best - 1 : best + 2]
    bend = left - 2 * top + right
    return float(places[best] + (0.5 * (left - right) / bend if bend < 0 else 0) * (places[1] - places[0]))
