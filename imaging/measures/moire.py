"""Half-tone beating with the scanner's grid: windows of mid-tone with a sharp peak of the screen and one of the beat."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import Prepared, reduced

SIDE = 64
LEAST, MOST = 16, 60
"""Fewer even windows are a seal or a shaded cell, not a picture."""
MID_TONE = (0.25, 0.78)
SCREEN, BEAT = (0.08, 0.45), (0.015, 0.08)
"""Cycles per px at full scale."""
PEAK = 12.0
"""Peak over the median of its band (QUALITY 2.13)."""


def moire(prepared: Prepared) -> tuple[float, int]:
    """Share of mid-tone windows that show a screen and its beat, and how many windows there were; 0 windows = no half-tone."""
    windows = _windows(prepared)
    if not len(windows):
        return 0.0, 0
    spectra = np.abs(np.fft.fft2((windows - windows.mean(axis=(1, 2), keepdims=True)) * np.outer(*(np.hanning(SIDE),) * 2)))
    screen, beat = (_peak(spectra, band) for band in (SCREEN, BEAT))
    return float(((screen > PEAK) & (beat > PEAK / 3)).mean()), len(windows)


def _windows(prepared: Prepared) -> NDArray[np.float32]:
    """Up to 60 windows of full-scale grey whose reduced tone is even and in the middle."""
    gray = prepared.gray
    rows, columns = gray.shape[0] // SIDE, gray.shape[1] // SIDE
    if not rows or not columns or prepared.raster.mode == "bitonal":
        return np.zeros((0, SIDE, SIDE), np.float32)
    paper = max(float(prepared.paper_level), 1.0)
    cells = cv2.resize(reduced(prepared.half_gray, 2), (columns * 4, rows * 4), interpolation=cv2.INTER_AREA)
    tone = cells.reshape(rows, 4, columns, 4) / paper
    even = (tone.min(axis=(1, 3)) > MID_TONE[0]) & (tone.max(axis=(1, 3)) < MID_TONE[1])
    chosen = np.argwhere(even)
    chosen = chosen[:: max(1, -(-len(chosen) // MOST))]
    cut = [gray[y * SIDE : (y + 1) * SIDE, x * SIDE : (x + 1) * SIDE] for y, x in chosen]
    return np.stack(cut).astype(np.float32) if len(cut) >= LEAST else np.zeros((0, SIDE, SIDE), np.float32)


def _peak(spectra: NDArray[np.float64], band: tuple[float, float]) -> NDArray[np.float64]:
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    inside = spectra[:, (frequency >= band[0]) & (frequency < band[1])]
    floor = np.median(spectra[:, frequency >= BEAT[0]], axis=1)
    return np.asarray(inside.max(axis=1) / np.maximum(floor, 1e-6))
