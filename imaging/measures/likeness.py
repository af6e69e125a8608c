"""Is this the same sheet again? A 256-bit hash finds candidates, correlation of the ink decides (QUALITY 2.18)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.prepare import INK_DPI, Prepared
from imaging.values import Box, Pixels

HASH_SIDE = 16
SKETCH_DPI = 50.0
SHADES = 15
"""Sixteen shades of ink tell sheets apart as well as 256 do, in a third of the bytes."""
HASH_BLUR = 3.0
"""Sigma in px of the ink map before it shrinks to the hash."""
REACH_MM = 6.0
"""Two passes through a feeder match within this."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Small enough to keep with a page's record. ``bits``: 32 bytes. ``sketch``: PNG of the straightened ink at 50 dpi."""

    bits: bytes
    sketch: bytes


def likeness(prepared: Prepared, degrees: float = 0.0, sheet: Box | None = None) -> Likeness:
    """What two images of one sheet share. ``degrees``: the page's skew (image y down, + = text falls to the right), taken out
    first. ``sheet``: the sheet in working px, when its edges are known."""
    ink = _straight(_cropped(prepared, sheet), degrees)
    scale = SKETCH_DPI / prepared.ink_dpi
    size = max(8, round(ink.shape[1] * scale)), max(8, round(ink.shape[0] * scale))
    sketch = (np.clip(cv2.resize(ink, size, interpolation=cv2.INTER_AREA), 0, 1) * SHADES).astype(np.uint8)
    return Likeness(_hash(ink), cv2.imencode(".png", sketch)[1].tobytes())


def turned(side: Likeness, ink_dpi: float = INK_DPI) -> Likeness:
    """As the same side looks fed upside down; made of the sketch alone. Measured: 16 to 52 bits from a real second pass."""
    sketch = cv2.rotate(_decoded(side.sketch), cv2.ROTATE_180)
    blur = HASH_BLUR * SKETCH_DPI / ink_dpi
    return Likeness(_hash(sketch.astype(np.float32) / np.float32(SHADES), blur), cv2.imencode(".png", sketch)[1].tobytes())


def distance(one: bytes, other: bytes) -> int:
    """Bits that differ, 0..256."""
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def near_pairs(hashes: Sequence[bytes], most: float) -> Iterator[tuple[int, int]]:
    """Pairs of indices whose hashes differ in at most ``most`` bits."""
    if not hashes:
        return
    words = np.frombuffer(b"".join(hashes), np.uint64).reshape(len(hashes), -1)
    for at in range(len(words) - 1):
        apart = np.bitwise_count(words[at + 1 :] ^ words[at]).sum(axis=1)
        yield from ((at, at + 1 + int(other)) for other in np.flatnonzero(apart <= most))


def correlation(one: Likeness, other: Likeness) -> float:
    """Highest correlation of both inks within 6 mm of shift, -1..1."""
    first, second = (_blurred(_decoded(side.sketch)) for side in (one, other))
    height, width = (max(first.shape[axis], second.shape[axis]) for axis in (0, 1))
    reach = round(REACH_MM * SKETCH_DPI / 25.4)
    big = np.zeros((height + 2 * reach, width + 2 * reach), np.float32)
    big[reach : reach + first.shape[0], reach : reach + first.shape[1]] = first
    small = np.zeros((height, width), np.float32)
    small[: second.shape[0], : second.shape[1]] = second
    if small.std() < 1e-3 or big.std() < 1e-3:
        return 0.0
    return float(cv2.matchTemplate(big, small, cv2.TM_CCOEFF_NORMED).max())


def _cropped(prepared: Prepared, sheet: Box | None) -> NDArray[np.float32]:
    if sheet is None:
        return prepared.ink
    scale = prepared.ink_dpi / prepared.dpi
    x0, y0, x1, y1 = (round(edge * scale) for edge in sheet)
    part = prepared.ink[y0:y1, x0:x1]
    return part if part.size else prepared.ink


def _straight(ink: NDArray[np.float32], degrees: float) -> NDArray[np.float32]:
    if abs(degrees) < 0.05:
        return ink
    height, width = ink.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return cast(NDArray[np.float32], cv2.warpAffine(ink, turn, (width, height), flags=cv2.INTER_LINEAR))


def _hash(ink: NDArray[np.float32], blur: float = HASH_BLUR) -> bytes:
    """Signs of the lowest 16 x 16 cosine coefficients of the ink at 64 x 64, against their median."""
    small = cv2.resize(cv2.GaussianBlur(ink, (0, 0), blur), (64, 64), interpolation=cv2.INTER_AREA)
    low = np.asarray(cv2.dct(small))[:HASH_SIDE, :HASH_SIDE].copy()
    low[0, 0] = np.median(low)
    return np.packbits(low > np.median(low)).tobytes()


def _decoded(sketch: bytes) -> Pixels:
    return cast(Pixels, cv2.imdecode(np.frombuffer(sketch, np.uint8), cv2.IMREAD_GRAYSCALE))


def _blurred(sketch: Pixels) -> NDArray[np.float32]:
    return cast(NDArray[np.float32], cv2.GaussianBlur(sketch.astype(np.float32), (0, 0), 1.0))
