"""Tokens an engine invents from specks, rules, seals and pen strokes."""

from collections.abc import Callable, Sequence
from statistics import median

from imaging.ocr.engine import ReadLine, ReadWord
from imaging.values import Box

Known = Callable[[str], bool]
"""Whether a token holds a word that is written in Vietnamese, or a figure."""

SIGNS = frozenset("-–—+*/=.,;:!?()[]%&\"'“”‘’…§")
"""What may stand alone between words. Anything else alone is a speck or a pen stroke."""
LOW_SIGNS = frozenset("-–—.,_…=~'\"“”‘’*+")
"""Signs that are small by nature."""
UNSURE = 0.35
DOUBTFUL = 0.6
TINY, TALL = 0.32, 2.5
"""Heights in usual lines of the page: smaller is a speck, taller is a signature, a seal's letter or a rule; unless it is a
surely read word: the small print of a digital signature is."""


def drop_noise(lines: Sequence[ReadLine], known: Known) -> tuple[ReadLine, ...]:
    """The lines without invented words; a line of which nothing is left is gone."""
    height = usual_height(lines)
    return tuple(kept for line in lines if (kept := _clean(line, known, height)) is not None)


def usual_height(lines: Sequence[ReadLine]) -> float:
    """Median height of the lines that hold three words or more, px."""
    heights = [line.box[3] - line.box[1] for line in lines if len(line.words) >= 3]
    return float(median(heights)) if heights else 0.0


def _clean(line: ReadLine, known: Known, height: float) -> ReadLine | None:
    words = tuple(word for word in line.words if not is_noise(word, known, height))
    if not words or only_scribble(words, known):
        return None
    return line if len(words) == len(line.words) else ReadLine(words, around(words), line.baseline)


def around(words: Sequence[ReadWord]) -> Box:
    """One box around several words."""
    x0, y0, x1, y1 = zip(*(word.box for word in words), strict=True)
    return min(x0), min(y0), max(x1), max(y1)


def is_noise(word: ReadWord, known: Known, height: float) -> bool:
    """Whether the word is more likely a speck, a rule or a pen stroke than writing."""
    text, sure = word.token.text, word.token.confidence
    _, y0, _, y1 = word.box
    small = y1 - y0 < TINY * height and not set(text) <= LOW_SIGNS
    if small or y1 - y0 > TALL * height > 0:
        return sure < DOUBTFUL or not known(text) or (small and len(text) < 2)
    if not any(one.isalnum() for one in text):
        return sure < UNSURE or not set(text) <= SIGNS
    return sure < UNSURE and len(text) <= 2 and not known(text)


def only_scribble(words: Sequence[ReadWord], known: Known) -> bool:
    """A line without one believable word: a signature, a seal's rim, show-through."""
    if not any(one.isalnum() for word in words for one in word.token.text):
        return True
    return not any(known(word.token.text) and word.token.confidence >= UNSURE for word in words) and all(
        word.token.confidence < DOUBTFUL for word in words
    )
