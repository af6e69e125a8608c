"""Paper and scanner: tint, fibres, foxing, folds, ink through the sheet, a slight turn, the sensor's noise."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.practice.sheet import HEIGHT, WIDTH, mm

Pixels = NDArray[np.uint8]
TINTS = ((246, 250, 251), (232, 243, 247), (214, 232, 240), (205, 226, 238), (240, 240, 238))
"""B, G, R of office white, cream, browned, poluya and recycled grey."""

TILE = 512


@dataclass(frozen=True, slots=True)
class Stock:
    """One sheet's paper: the same on both sides."""

    tint: tuple[int, int, int]
    age: float
    """0 fresh .. 1 brown and spotted."""
    through: float
    """Share of the other side's ink that shows, 0.02 .. 0.14."""
    black: tuple[int, int, int]
    """The printing ink, B, G, R."""


def choose(rng: np.random.Generator) -> Stock:
    index = int(rng.choice(len(TINTS), p=(0.3, 0.28, 0.2, 0.12, 0.1)))
    age = (0.1, 0.35, 0.7, 1.0, 0.25)[index] * float(rng.uniform(0.6, 1.0))
    black = int(rng.integers(20, 62))
    return Stock(TINTS[index], age, float(rng.uniform(0.02, 0.05) + 0.08 * (index == 3)), (black, black, black))


def sheet(stock: Stock, rng: np.random.Generator) -> Pixels:
    """Empty paper, BGR, A4 at 300 dpi."""
    small = np.empty((HEIGHT // 16 + 1, WIDTH // 16 + 1, 3), np.float32)
    small[:] = stock.tint
    small *= 1 - 0.05 * stock.age * _clouds(small.shape[:2], rng)[..., None]
    _brown_edges(small, stock.age)
    _spots(small, stock.age, rng)
    tiny = np.clip(small, 0, 255).astype(np.uint8)
    big = np.asarray(cv2.resize(tiny, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR), np.uint8)
    if rng.random() < 0.3 * stock.age + 0.1:
        _fold(big, rng)
    return big


def _clouds(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    coarse = rng.uniform(-1, 1, (7, 5)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), np.float32)


def _brown_edges(small: NDArray[np.float32], age: float) -> None:
    h, w = small.shape[:2]
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    edge = np.minimum(np.minimum(x, w - x), np.minimum(y, h - y)) * 16 / mm(1)
    small *= 1 - (0.12 * age * np.exp(-edge / 7))[..., None] * np.asarray((1.4, 1.0, 0.7), np.float32)


def _spots(small: NDArray[np.float32], age: float, rng: np.random.Generator) -> None:
    """Foxing: soft brown spots of 1 to 4 mm."""
    for _ in range(int(rng.poisson(7 * age))):
        centre = int(rng.integers(0, small.shape[1])), int(rng.integers(0, small.shape[0]))
        mask = np.zeros(small.shape[:2], np.float32)
        cv2.circle(mask, centre, int(rng.integers(1, 4)), 1.0, -1)
        mask = cv2.GaussianBlur(mask, (0, 0), 1.2) * float(rng.uniform(0.05, 0.22))
        small *= 1 - mask[..., None] * np.asarray((1.3, 0.8, 0.5), np.float32)


def _fold(picture: Pixels, rng: np.random.Generator) -> None:
    """A soft crease across the middle third: a dark and a light line side by side."""
    y = int(rng.integers(HEIGHT // 3, HEIGHT * 2 // 3))
    band = picture[y - 6 : y + 6].astype(np.float32)
    profile = np.concatenate([np.linspace(0, -9, 6), np.linspace(6, 0, 6)]).astype(np.float32)
    picture[y - 6 : y + 6] = np.clip(band + profile[:, None, None], 0, 255)


def through(paper: Pixels, other: Pixels | None, stock: Stock) -> None:
    """The other side's ink, mirrored and spread by the fibres, darkens this side."""
    if other is None:
        return
    small = cv2.resize(other, (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA)
    seen = cv2.resize(cv2.GaussianBlur(cv2.flip(small, 1), (0, 0), 1.6), (WIDTH, HEIGHT))
    paper[:] = cv2.multiply(
        paper, cv2.addWeighted(seen, stock.through, np.full_like(seen, 255), 1 - stock.through, 0), scale=1 / 255
    )


def printed(paper: Pixels, ink: Pixels, stock: Stock, rng: np.random.Generator) -> Pixels:
    """Black ink on the paper: edges softened by the lens, density uneven."""
    soft = cv2.GaussianBlur(ink, (0, 0), float(rng.uniform(0.7, 1.0)))
    lifted = cv2.LUT(soft, np.clip(np.linspace(stock.black[0], 255, 256), 0, 255).astype(np.uint8))
    return np.asarray(cv2.multiply(paper, cv2.merge([lifted] * 3), scale=1 / 255), np.uint8)


def scanned(picture: Pixels, degrees: float, stock: Stock, rng: np.random.Generator) -> Pixels:
    """Turned by the feeder (+ = text falls to the right) and read by a noisy sensor. Bare corners show white backing."""
    if degrees:
        matrix = turn_matrix(degrees)
        picture = np.asarray(
            cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
    return _noise(picture, 2.2 + 1.4 * stock.age, rng)


def turn_matrix(degrees: float) -> NDArray[np.float64]:
    """Affine map, image y down, about the page's middle; + turns clockwise, so that text falls to the right."""
    return np.asarray(cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), -degrees, 1.0), np.float64)


def _noise(picture: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    """One tile of grain laid all over from a random corner: as good to the eye and a tenth of the time."""
    tile = rng.normal(0, sigma, (TILE, TILE, 3)).astype(np.float32)
    tile = np.clip(np.round(cv2.GaussianBlur(tile, (0, 0), 0.6)), -60, 60).astype(np.int8)
    dx, dy = rng.integers(0, TILE, 2)
    tile = np.roll(tile, (int(dy), int(dx)), (0, 1))
    rows, columns = -(-HEIGHT // TILE), -(-WIDTH // TILE)
    grain = np.tile(tile, (rows, columns, 1))[:HEIGHT, :WIDTH]
    lighter, darker = np.maximum(grain, 0).astype(np.uint8), np.maximum(-grain.astype(np.int16), 0).astype(np.uint8)
    return np.asarray(cv2.subtract(cv2.add(picture, lighter), darker), np.uint8)
