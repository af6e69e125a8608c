"""Where everything stands on the target sheet, mm from the top left corner of upright A4, y down."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

PAGE_MM = (210.0, 297.0)
MARKER_MM = 16.0
MARKERS = ((22.0, 22.0), (188.0, 22.0), (188.0, 275.0), (22.0, 275.0))
"""Centres, clockwise from the top left. On the front they carry the numbers 0 to 3, on the back 4 to 7."""
FACES = ("front", "back")
SQUARE_MM = 18.0
TILT_DEGREES = 5.0
SQUARES = {
    "top_left": (55.0, 24.0),
    "top_right": (155.0, 24.0),
    "middle": (105.0, 148.5),
    "bottom_left": (55.0, 273.0),
    "bottom_right": (155.0, 273.0),
}
PATCH_MM = 14.0
PATCHES = {"middle": ((95.0, 24.0), 0.5), "black": ((115.0, 24.0), 0.0)}
"""Centre and grey (0 black, 1 white) of the solid patches; white is the paper itself."""
RULER_X = (20.0, 190.0, 42.0)
RULER_Y = (30.0, 270.0, 7.0)
"""For a person with a ruler: from, to, and where across. A tick every 10 mm."""
CAPTION = (105.0, 262.0)


class Zone(NamedTuple):
    """x0, y0, x1, y1 in mm."""

    x0: float
    y0: float
    x1: float
    y1: float


WHITE = (Zone(12, 52, 198, 132), Zone(12, 165, 198, 250))
"""Nothing is printed here, from edge to edge of the scan: streaks, spread of light, noise and white."""


def marker_bits(number: int) -> NDArray[np.uint8]:
    """6 x 6 cells of a marker, 0 black, 1 white (OpenCV's dictionary of 4 x 4 with a black rim)."""
    return np.asarray(dictionary().generateImageMarker(number, 6, borderBits=1), np.uint8) // 255


def dictionary() -> cv2.aruco.Dictionary:
    return cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)


def marker_corners(place: int) -> NDArray[np.float64]:
    """TL, TR, BR, BL of a marker, mm."""
    centre, half = np.array(MARKERS[place]), MARKER_MM / 2
    return centre + half * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)


def square_corners(name: str) -> NDArray[np.float64]:
    """TL, TR, BR, BL of a slanted square, mm."""
    turn = np.radians(TILT_DEGREES)
    rotate = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    half = SQUARE_MM / 2 * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64)
    return np.asarray(np.array(SQUARES[name]) + half @ rotate, np.float64)
