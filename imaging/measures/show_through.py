"""How much of the other side shines through, by regression on the mirrored partner (QUALITY 2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import PAPER, Prepared
from imaging.values import Pixels

REGISTER_MM = 6.0
OWN_INK = 0.4
"""Darker than this at 75 dpi is ink of this side, whatever stands behind it."""

Density = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ShowThrough:
    """``strength``: share of the partner's ink density that reaches this side, 0..1. ``correlation``: -1..1, how well it
    explains this side's faint marks. ``behind``: the partner's density, mirrored, laid on this side, at about 75 dpi."""

    strength: float
    correlation: float
    behind: Density

    def residual(self, ratio: Pixels) -> Pixels:
        """A reflectance ratio image with the partner's share taken out, same shape and scale as ``ratio``."""
        height, width = ratio.shape
        veil = cv2.resize(cv2.dilate(self.behind, np.ones((3, 3), np.uint8)), (width, height), interpolation=cv2.INTER_LINEAR)
        lifted = ratio + np.maximum(1.5 * self.strength, 0.0) * veil * PAPER
        return cast(Pixels, np.where(lifted > ratio, np.minimum(lifted, max(PAPER, int(ratio.max()))), ratio).astype(np.uint8))


def see_through(prepared: Prepared, partner: Prepared) -> ShowThrough:
    """Strength and place of show-through; both sides as a duplex scanner delivers them, the back mirrored by us."""
    own = _density(prepared)
    laid = cv2.resize(cv2.flip(partner.ink, 1), own.shape[::-1], interpolation=cv2.INTER_AREA)
    behind = cast(Density, cv2.blur(laid, (3, 3)))
    free = np.asarray(cv2.dilate((own > OWN_INK).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0)
    faint = np.where(free, own, np.float32(0)).astype(np.float32)
    behind = _shifted(behind, _offset(faint, behind, round(REGISTER_MM * prepared.ink_dpi / 25.4)))
    return ShowThrough(*_regress(faint[free], behind[free]), behind=behind)


def _density(prepared: Prepared) -> Density:
    """Ink density at about 75 dpi, the paper's own texture left in."""
    height, width = prepared.ink.shape
    small = cv2.resize(prepared.ratio, (width, height), interpolation=cv2.INTER_AREA)
    paper = np.float32(max(float(np.median(small)), 1.0))
    return cast(Density, np.maximum(np.float32(1) - small.astype(np.float32) / paper, 0))


def _offset(faint: Density, behind: Density, reach: int) -> tuple[int, int]:
    """(x, y) px by which ``behind`` must move, the highest cross-correlation within ``reach``."""
    one, other = (cv2.dft(_padded(side - side.mean())) for side in (np.minimum(faint, 0.3), behind))
    surface = cv2.idft(cv2.mulSpectrums(one, other, 0, conjB=True))
    near = np.roll(surface, (reach, reach), axis=(0, 1))[: 2 * reach + 1, : 2 * reach + 1]
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    return int(x) - reach, int(y) - reach


def _padded(side: Density) -> Density:
    height, width = side.shape
    room = np.zeros((cv2.getOptimalDFTSize(height), cv2.getOptimalDFTSize(width)), np.float32)
    room[:height, :width] = side
    return room


def _shifted(image: Density, by: tuple[int, int]) -> Density:
    height, width = image.shape
    return cast(Density, cv2.warpAffine(image, np.array([[1, 0, by[0]], [0, 1, by[1]]], np.float32), (width, height)))


def _regress(faint: Density, behind: Density) -> tuple[float, float]:
    """Slope and correlation of this side's faint marks on the partner's ink; 0, 0 where there is nothing to compare."""
    if faint.size < 100 or float(behind.std()) < 1e-4 or float(faint.std()) < 1e-6:
        return 0.0, 0.0
    covariance = float(((faint - faint.mean()) * (behind - behind.mean())).mean())
    return covariance / float(behind.var()), covariance / float(behind.std() * faint.std())
