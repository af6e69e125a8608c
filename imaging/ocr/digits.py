"""One figure written by hand: which it is, and how surely; a small network on gradient histograms (``digits_build.py``).

The eleventh class is everything else (two figures at once, half of one, a letter, a stroke), so that a wrong cut is seen as
such. Trained on figures of other hands only: none of the pages it is measured on."""

import io
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.values import Pixels

FILE = Path(__file__).with_name("digits.model")
SIDE, BODY = 28, 20
"""The square a figure is brought into, and its longest side there, px."""
BINS, CELL = 8, 7
OTHER = 10
"""The class of whatever is no single figure."""

Floats = NDArray[np.float32]


def normalise(ink: Pixels) -> Pixels:
    """``ink`` (255 = ink) cut to what is there, its longest side ``BODY`` px, in the middle of a square; empty stays empty."""
    rows, columns = np.nonzero(ink > 96)
    square = np.zeros((SIDE, SIDE), np.uint8)
    if not rows.size:
        return square
    cut = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    scale = BODY / max(cut.shape)
    size = max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))
    small = cv2.resize(cut, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = (SIDE - size[0]) // 2, (SIDE - size[1]) // 2
    square[y : y + size[1], x : x + size[0]] = small
    return square


def features(patches: Sequence[Pixels]) -> Floats:
    """Rows of gradient histograms (four by four cells, eight directions, soft) and the picture at half size."""
    pictures = np.stack([cv2.GaussianBlur(normalise(patch), (0, 0), 0.7) for patch in patches]).astype(np.float32) / 255
    down, across = np.gradient(pictures, axis=(1, 2))
    strength = np.hypot(across, down)
    turn = (np.arctan2(down, across) / (2 * np.pi) * BINS) % BINS
    low = np.floor(turn).astype(int) % BINS
    share = turn - np.floor(turn)
    cells = []
    for one in range(BINS):
        weight = strength * (np.where(low == one, 1 - share, 0) + np.where((low + 1) % BINS == one, share, 0))
        cells.append(weight.reshape(len(patches), SIDE // CELL, CELL, SIDE // CELL, CELL).sum((2, 4)))
    told = np.stack(cells, -1).reshape(len(patches), -1)
    told = np.sqrt(told / (told.sum(1, keepdims=True) + 1e-6))
    small = pictures.reshape(len(patches), SIDE // 2, 2, SIDE // 2, 2).mean((2, 4)).reshape(len(patches), -1)
    return np.concatenate([told * 4, small], 1).astype(np.float32)


def pack(layers: Sequence[tuple[NDArray[Any], NDArray[Any]]]) -> bytes:
    """The network's layers as bytes: weights in eighths of a byte's range, one scale an output."""
    arrays: dict[str, NDArray[Any]] = {}
    for number, (weights, bias) in enumerate(layers):
        scale = np.abs(weights).max(0) / 127 + 1e-12
        arrays |= {f"w{number}": np.rint(weights / scale).astype(np.int8), f"s{number}": scale.astype(np.float32)}
        arrays[f"b{number}"] = bias.astype(np.float32)
    out = io.BytesIO()
    np.savez_compressed(out, **arrays)  # type: ignore[arg-type]
    return out.getvalue()


def unpack(data: bytes) -> list[tuple[Floats, Floats]]:
    """The layers of ``pack``."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        count = sum(name.startswith("w") for name in arrays)
        return [(arrays[f"w{n}"].astype(np.float32) * arrays[f"s{n}"], arrays[f"b{n}"]) for n in range(count)]


@cache
def _network() -> list[tuple[Floats, Floats]]:
    return unpack(FILE.read_bytes())


def weigh(patches: Sequence[Pixels], layers: Sequence[tuple[Floats, Floats]] | None = None) -> Floats:
    """Chances, a row a patch: the ten figures and ``OTHER``. ``patches``: 255 = ink, any size."""
    if not patches:
        return np.zeros((0, OTHER + 1), np.float32)
    told = features(patches)
    layers = layers or _network()
    for weights, bias in layers[:-1]:
        told = np.maximum(told @ weights + bias, 0)
    last = told @ layers[-1][0] + layers[-1][1]
    raised = np.exp(last - last.max(1, keepdims=True))
    return cast(Floats, raised / raised.sum(1, keepdims=True))
