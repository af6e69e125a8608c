"""Handwriting told from print, so that it stays a region and does not become noise words in the text.

Two witnesses have to agree. The language: hardly a word of the line is one that is written, or read with certainty. The hand:
feet that keep no line, strokes of one width throughout (serif print has two), joined letters, size. A printed line that is
merely hard to read has its feet on a line and stays. Lines that stand out from the page's own print by their looks are a pen's
as well (``hand_lines.py``); of those only whole words stay."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import cast

import cv2
import numpy as np

from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.hand_lines import bare, pen_lines
from imaging.ocr.noise import around, usual_height
from imaging.prepare import components
from imaging.values import Box, Pixels, meet

Known = Callable[[str], bool]

ADDRESS = re.compile(r"\w{3}@|\w{4}\.(gov|com|vn|org)")
FIGURE = re.compile(r"[(+]?\d[\d.,/:%-]*[);]?")
GOOD, CERTAIN = 0.6, 0.85
"""A known word counts from the first confidence on, any token from the second."""
ODD, VERY_ODD = 0.5, 0.34
"""Shares of good words up to which a line's language speaks for a pen, with two signs of the hand or with one."""
LOST = 0.5
"""Mean confidence below which the engine itself was lost: a sign as well."""
WHOLE = 0.9
"""Confidence of words no language knows, and of short ones, that stay in a line that is plainly a pen's."""
STAYS = 0.45
"""A known word of three letters that was read at least so surely stays also beside a pen's: print under a signature."""
FEET = 0.72
"""Share of feet within a tenth of a line's height of their line: 0.84 and more in print, 0.4 to 0.75 by hand."""
STROKES = 0.25
"""Spread of the stroke's width by its mean: 0.27 and more in serif print, about 0.15 of one pen."""
JOINED = 0.45
"""Shapes a letter read: less where letters are joined."""
TALL = 1.7
DARK = 180
"""Blue pens are pale in the engine's picture, which is made of the brightest channel."""
FEW = 3
"""A line of fewer words has to show two signs, and no word at all that is written."""
RULE = 3.0
"""Lines of so many heights are rules."""
REGION = (2.2, 0.8)
"""Width and height from which ink no word was read in is a region, in usual heights."""
FILLED, THICK = 0.45, 0.3
"""Ink share and stroke width, of the usual height, above which it is a picture or a blot."""


@dataclass(frozen=True, slots=True)
class Told:
    """``lines``: what was printed. ``regions``: what was written by hand, px of the picture. ``words``: how many went."""

    lines: tuple[ReadLine, ...]
    regions: tuple[Box, ...]
    words: int


def tell_handwriting(picture: Pixels, lines: Sequence[ReadLine], known: Known) -> Told:
    """``picture``: the engine's own, dark on white; ``lines``: what was read in it."""
    height = usual_height(lines)
    if not height:
        return Told(tuple(lines), (), 0)
    plain = pen_lines(picture, lines, lambda word: _good(word, known), known)
    pens = [line for line in lines if is_handwriting(picture, line, height, known)]
    printed = tuple(kept for line in lines if (kept := _printed(line, pens, plain, known)) is not None)
    written = [line.box for line in lines if any(line is pen for pen in (*pens, *plain))]
    regions = _regions(picture, [word.box for line in printed for word in line.words], written, height)
    gone = sum(len(line.words) for line in lines) - sum(len(line.words) for line in printed)
    return Told(printed, regions, gone)


def _printed(line: ReadLine, pens: Sequence[ReadLine], plain: Sequence[ReadLine], known: Known) -> ReadLine | None:
    """The line, of a pen's only the words that are believable, None where there are none. ``plain``: plainly a pen's."""
    if any(line is pen for pen in plain):
        words = tuple(word for word in line.words if _whole(word, known))
    elif any(line is pen for pen in pens):
        words = tuple(word for word in line.words if _good(word, known) or _stays(word, known))
    else:
        return line
    return ReadLine(words, around(words), line.baseline) if words else None


def _whole(word: ReadWord, known: Known) -> bool:
    """A word or a figure without strange signs in it, read with certainty; or one that would stay under a pen, too."""
    text, sure = bare(word.token.text), word.token.confidence
    if ADDRESS.search(text):
        return True
    if sure >= WHOLE and (text.isalpha() or FIGURE.fullmatch(text) is not None):
        return True
    return len(text) > 2 and text.isalpha() and sure >= STAYS and known(text)


def _stays(word: ReadWord, known: Known) -> bool:
    text = word.token.text
    return len(text) > 2 and text.isalpha() and word.token.confidence >= STAYS and known(text)


def is_handwriting(picture: Pixels, line: ReadLine, height: float, known: Known) -> bool:
    """Whether both witnesses say so."""
    share = sum(_good(word, known) for word in line.words) / len(line.words)
    if share > ODD or sum(len(word.token.text) for word in line.words) < 3:
        return False
    few = len(line.words) < FEW
    if few and any(len(word.token.text) > 2 and _lettered(word) and known(word.token.text) for word in line.words):
        return False
    lost = fmean(word.token.confidence for word in line.words) < LOST
    return lost + hand_signs(picture, line, height) >= (1 if share <= VERY_ODD and not few else 2)


def _lettered(word: ReadWord) -> bool:
    return not any(one.isdigit() for one in word.token.text)


def _good(word: ReadWord, known: Known) -> bool:
    sure, text = word.token.confidence, word.token.text
    if ADDRESS.search(text):
        return True
    written = known(text) and (_lettered(word) or FIGURE.fullmatch(text) is not None)
    return sure >= CERTAIN or (sure >= GOOD and written and len(text) > 1)


def hand_signs(picture: Pixels, line: ReadLine, height: float) -> int:
    """How many of five signs of a hand the line's ink shows."""
    x0, y0, x1, y1 = line.box
    reach = round(0.3 * height)
    top, left = max(0, y0 - reach), max(0, x0 - 2)
    cut = np.where(picture[top : y1 + reach, left : x1 + 2] < DARK, 255, 0).astype(np.uint8)
    shapes = components(cut).stats[1:]
    shapes = shapes[(shapes[:, 3] > 0.3 * height) & (shapes[:, 3] < 4 * height)]
    letters = sum(len(word.token.text) for word in line.words)
    signs = int(len(shapes) < JOINED * letters) + int(y1 - y0 > TALL * height)
    if len(shapes) < 3:
        return signs + 1
    base, slope = line.baseline
    feet = shapes[:, 1] + shapes[:, 3] + top - base - slope * (shapes[:, 0] + left - x0)
    signs += int(np.mean(np.abs(feet - np.median(feet)) < 0.09 * height) < FEET)
    signs += int(float(np.quantile(shapes[:, 2] / shapes[:, 3], 0.8)) > 1.5)
    return signs + int(_stroke_spread(cut) < STROKES)


def _stroke_spread(ink: Pixels) -> float:
    depth = cv2.distanceTransform(ink, cv2.DIST_L2, 3)
    middle = depth[(depth > 0) & (depth >= cv2.dilate(depth, np.ones((3, 3), np.uint8)))]
    return float(middle.std() / middle.mean()) if middle.size > 20 else 1.0


def _regions(picture: Pixels, printed: Sequence[Box], pens: Sequence[Box], height: float) -> tuple[Box, ...]:
    """Regions of unread ink and of the lines taken out, joined where they touch. Sought at half size: a quarter of the work."""
    half = height / 2
    rest = _without_rules(cv2.threshold(cv2.pyrDown(picture), DARK, 255, cv2.THRESH_BINARY_INV)[1], half)
    edge = round(0.2 * half)
    for x0, y0, x1, y1 in printed:
        rest[max(0, y0 // 2 - edge) : y1 // 2 + edge, max(0, x0 // 2 - edge) : x1 // 2 + edge] = 0
    rest = _without_specks(rest, half)
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (round(2.4 * half) | 1, round(0.7 * half) | 1))
    marked = cv2.dilate(rest, near)
    for x0, y0, x1, y1 in pens:
        marked[y0 // 2 : y1 // 2, x0 // 2 : x1 // 2] = 255
    boxes = [(x, y, x + w, y + h) for x, y, w, h, _ in components(cast(Pixels, marked)).stats[1:].tolist()]
    lines = [(x0 // 2, y0 // 2, x1 // 2, y1 // 2) for x0, y0, x1, y1 in pens]
    kept = (box for box in boxes if any(meet(box, line) for line in lines) or _pen_like(rest, box, half))
    return tuple((2 * x0, 2 * y0, 2 * x1, 2 * y1) for x0, y0, x1, y1 in kept)


def _without_rules(ink: "cv2.typing.MatLike", height: float) -> Pixels:
    long = max(3, round(RULE * height))
    rules = cv2.max(
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((1, long), np.uint8)),
        cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((long, 1), np.uint8)),
    )
    rest: Pixels = cv2.subtract(ink, cv2.dilate(rules, np.ones((3, 3), np.uint8)))  # type: ignore[assignment]
    return rest


def _without_specks(ink: Pixels, height: float) -> Pixels:
    labels, stats, _ = components(ink)
    keep = np.maximum(stats[:, 2], stats[:, 3]) > 0.45 * height
    keep[0] = False
    return np.where(keep, 255, 0).astype(np.uint8).take(labels)


def _pen_like(rest: Pixels, box: Box, height: float) -> bool:
    cut = rest[box[1] : box[3], box[0] : box[2]]
    rows, columns = np.nonzero(cut)
    if not rows.size:
        return False
    wide, tall = int(np.ptp(columns)) + 1, int(np.ptp(rows)) + 1
    if wide < REGION[0] * height or tall < REGION[1] * height or rows.size > FILLED * wide * tall:
        return False
    depth = cv2.distanceTransform(cut, cv2.DIST_L2, 3)
    return float(np.quantile(depth[depth > 0], 0.95)) < THICK * height
