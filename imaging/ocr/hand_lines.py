"""Lines a pen wrote, told from the page's own print by three looks at each line.

Print fills its rows at once, at the foot and at the height of small letters, and has level bars and serifs; a hand wanders, and
the engine is less sure of it. Each look is held against the same page's lines, so that a blurred, noisy or typewritten page
does not look like handwriting. The weights are a logistic regression (``bench/hand_lines.py`` makes them again) on lines in
eight handwriting fonts against the lines of typeset pages, sound and spoilt, and of four real documents."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log
from statistics import fmean, median

import cv2
import numpy as np

from imaging.ocr.engine import ReadLine, ReadWord
from imaging.values import Pixels

Known = Callable[[str], bool]

ROWS, BARS, SURE, START = -4.5, -10.9, -20.0, -8.2
"""Weights of the logarithms of the two shares and of the confidence, each against the page's usual; and the constant."""
PENNED = 1.0
"""Score from which a line is a pen's; no printed line of several words reaches 0.2."""
DOUBT = 0.03
"""How much less sure than usual a line must be read to be looked at; all but one in fifty of the written ones are."""
LONG, SAMPLE, FEWEST = 4, 7, 5
"""Words of a line that shows what is usual on the page; how many such are looked at, at most and at least."""
PLAIN_WORDS, PLAIN_SURE = 5, 0.9
"""So many long words of the language, read so surely, are not a pen's: number and date written into a printed line."""
STEEP, LEVEL = 120.0, 10.0
"""Sobel gradient of an edge, and how far from upright, in degrees, the gradient of a level edge stands."""
DARK = 180
LEAST = 1e-3


@dataclass(frozen=True, slots=True)
class Look:
    """``rows``: the two greatest steps from row to row of ink, as a share of the fullest row. ``bars``: share of the edges
    that are level. ``sure``: mean confidence of the words."""

    rows: float
    bars: float
    sure: float


def pen_lines(picture: Pixels, lines: Sequence[ReadLine], good: Callable[[ReadWord], bool], known: Known) -> list[ReadLine]:
    """The lines a pen wrote. ``good``: whether a word reads well; ``known``: whether a token holds a word of the language.
    None where the page has too little print to hold them against."""
    long = [line for line in lines if len(line.words) >= LONG]
    if len(long) < FEWEST:
        return []
    usual_sure = median(_sure(line) for line in long)
    doubtful = [line for line in lines if _sure(line) < usual_sure - DOUBT and _may_be(line, good, known)]
    if not doubtful:
        return []
    looks = [look(picture, line) for line in long[:: -(-len(long) // SAMPLE)]]
    usual = Look(median(one.rows for one in looks), median(one.bars for one in looks), usual_sure)
    return [line for line in doubtful if score(look(picture, line), usual) > PENNED]


def score(seen: Look, usual: Look) -> float:
    """Logarithm of the odds that a pen wrote what looks so."""
    rows, bars, sure = features(seen, usual)
    return START + ROWS * rows + BARS * bars + SURE * sure


def features(seen: Look, usual: Look) -> tuple[float, float, float]:
    """A line against the page's usual: logarithms of the two shares' ratios, and the confidence's difference."""
    return (
        log((seen.rows + LEAST) / (usual.rows + LEAST)),
        log((seen.bars + LEAST) / (usual.bars + LEAST)),
        seen.sure - usual.sure,
    )


def _may_be(line: ReadLine, good: Callable[[ReadWord], bool], known: Known) -> bool:
    """Whether there is anything to take out, and not so much print that the line cannot be a pen's."""
    if len(line.words) < 2 or all(map(good, line.words)) or sum(len(word.token.text) for word in line.words) < 3:
        return False
    return sum(_plain(word, known) for word in line.words) < PLAIN_WORDS


def _plain(word: ReadWord, known: Known) -> bool:
    text = bare(word.token.text)
    return word.token.confidence >= PLAIN_SURE and len(text) > 2 and text.isalpha() and known(text)


def bare(text: str) -> str:
    """The token without the signs around it."""
    return text.strip(".,;:()-–“”\"'")


def _sure(line: ReadLine) -> float:
    return fmean(word.token.confidence for word in line.words)


def look(picture: Pixels, line: ReadLine) -> Look:
    """How the line looks in the engine's picture (dark on white)."""
    x0, y0, x1, y1 = line.box
    reach = round(0.3 * (y1 - y0))
    cut = picture[max(0, y0 - reach) : y1 + reach, max(0, x0 - 2) : x1 + 2]
    return Look(_rows(cut, line.baseline[1]), _bars(cut), _sure(line))


def _rows(cut: Pixels, slope: float) -> float:
    down, across = np.nonzero(cut < DARK)
    if down.size < 10:
        return 1.0
    rows = np.round(down - slope * across).astype(int)
    filled = np.bincount(rows - rows.min())
    steps = np.abs(np.diff(filled, prepend=0, append=0))
    return float(np.sort(steps)[-2:].mean() / filled.max())


def _bars(cut: Pixels) -> float:
    across, down = (cv2.Sobel(cut, cv2.CV_32F, *order) for order in ((1, 0), (0, 1)))
    strength = cv2.magnitude(across, down)
    steep = strength > STEEP
    level = steep & (np.abs(across) < np.tan(np.radians(LEVEL)) * np.abs(down))
    return float(strength[level].sum() / max(1.0, float(strength[steep].sum())))
