"""The weights of ``imaging/ocr/hand_lines.py``, made again. By hand:

    python -m bench.hand_lines FONTS [--times N]

FONTS: a folder of handwriting fonts (*.ttf) none of which ``bench.text`` measures on. The present weights are of Caveat,
Dancing Script, Gloria Hallelujah, Homemade Apple, Kalam, Pangolin, Patrick Hand and Reenie Beanie, four pages each. Against
them stand the printed lines of the same pages, of spoilt pages set from the tuning half of the kept text, and of four real
documents.
Printed are the weights and, each font judged by weights that never saw it, the share of its lines that are found."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bench.text_scenes import Noted, notes, scenes, sentences
from imaging import geometry
from imaging.language import known
from imaging.load import LoadedPage
from imaging.load import pages as load_pages
from imaging.ocr import Engine, open_engine
from imaging.ocr.engine import ReadLine
from imaging.ocr.hand_lines import FEWEST, LONG, PENNED, Look, features, look
from imaging.ocr.noise import drop_noise
from imaging.ocr.prepare_ocr import prepare_ocr
from imaging.render import render
from imaging.values import Raster

SHARED = Path(__file__).parents[1] / "../shared/data"
DOCUMENTS = ("bao-cao-280", "chi-thi-11", "quyet-dinh-87", "thong-bao-660")
NOTE_SEED, SCENE_SEED, SCENES = 810_000, 830_000, 24
RIDGE = 1.0

Numbers = NDArray[np.float64]


class Seen(NamedTuple):
    """A line. ``hand``: the font's number, -1 of print."""

    hand: int
    features: tuple[float, float, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.hand_lines")
    parser.add_argument("fonts", type=Path)
    parser.add_argument("--times", type=int, default=4, help="pages a font")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = open_engine()
    seen = [*_written(engine, options.fonts, options.times), *_spoilt(engine), *_real(engine)]
    hands, looks = np.array([one.hand for one in seen]), np.array([one.features for one in seen])
    print(f"{(hands >= 0).sum()} lines of a pen, {(hands < 0).sum()} of print")
    print("rows, bars, sure, constant:", np.round(fit(looks, hands >= 0), 2))
    for number, path in enumerate(sorted(options.fonts.glob("*.ttf"))):
        others = fit(looks[hands != number], hands[hands != number] >= 0)
        print(f"{path.stem}: {(odds(looks[hands == number], others) > PENNED).mean():.2f} found, unseen")
    return 0


def _written(engine: Engine, fonts: Path, times: int) -> Iterator[Seen]:
    for number in range(times):
        for hand, made in enumerate(notes(fonts, NOTE_SEED + 100 * number)):
            yield from _page(engine, made.raster, made, hand)


def _spoilt(engine: Engine) -> Iterator[Seen]:
    texts = sentences(SHARED / "vn-official-text", tuning=True)
    for scene in scenes(texts, SCENE_SEED, SCENES):
        yield from _page(engine, scene.raster)


def _real(engine: Engine) -> Iterator[Seen]:
    for name in DOCUMENTS:
        for loaded in load_pages(SHARED / "vn-scan" / f"{name}.pdf"):
            if isinstance(loaded, LoadedPage):
                yield from _page(engine, render(loaded.raster, geometry.measure(loaded.raster)))


def _page(engine: Engine, raster: Raster, made: Noted | None = None, hand: int = -1) -> Iterator[Seen]:
    prepared = prepare_ocr(raster)
    lines = drop_noise(engine.recognise(prepared.picture, prepared.dpi, "page", 30), known)
    looks = [look(prepared.picture, line) for line in lines]
    long = [one for one, line in zip(looks, lines, strict=True) if len(line.words) >= LONG]
    if len(long) < FEWEST:
        return
    usual = Look(*(median(getattr(one, name) for one in long) for name in ("rows", "bars", "sure")))
    for line, one in zip(lines, looks, strict=True):
        share = _in_a_note(line, made, prepared.scale[0])
        if share in (0.0, 1.0):
            yield Seen(hand if share else -1, features(one, usual))


def _in_a_note(line: ReadLine, made: Noted | None, scale: float) -> float:
    if made is None:
        return 0.0
    middles = [((word.box[0] + word.box[2]) / 2 / scale, (word.box[1] + word.box[3]) / 2 / scale) for word in line.words]
    inside = [any(b[0] - 8 < x < b[2] + 8 and b[1] - 8 < y < b[3] + 8 for b in made.boxes) for x, y in middles]
    return sum(inside) / len(inside)


def fit(looks: Numbers, pen: NDArray[np.bool_]) -> Numbers:
    """Weights and constant of a logistic regression with a small ridge on standardised features, by Newton's steps."""
    middle, spread = looks.mean(0), looks.std(0)
    table = np.c_[(looks - middle) / spread, np.ones(len(looks))]
    weights, ridge = np.zeros(table.shape[1]), np.diag([RIDGE] * looks.shape[1] + [0.0])
    for _ in range(60):
        chance = 1 / (1 + np.exp(-table @ weights))
        bend = (table * (chance * (1 - chance) + 1e-6)[:, None]).T @ table + ridge
        weights += np.linalg.solve(bend, table.T @ (pen - chance) - ridge @ weights)
    plain = weights[:-1] / spread
    return np.append(plain, weights[-1] - plain @ middle)


def odds(looks: Numbers, weights: Numbers) -> Numbers:
    return np.asarray(looks @ weights[:-1] + weights[-1])


if __name__ == "__main__":
    raise SystemExit(main())
