"""Tokens an engine invents from specks, rules, seals and pen strokes."""

from collections.abc import Callable, Sequence
from statistics import median

from imaging.ocr.engine import ReadLine, ReadWord

MARKS = set("-–—+*/=.,;:!?()[]<>%&\"'“”‘’•…°§@#|_~^`")
UNSURE = 0.35
DOUBTFUL = 0.6


def drop_noise(lines: Sequence[ReadLine], known: Callable[[str], bool]) -> tuple[ReadLine, ...]:
    """Lines without invented words. ``known``: whether a word is a possible one, asked only of doubtful words."""
    height = _usual_height(lines)
    return tuple(kept for line in lines if (kept := _clean(line, known, height)) is not None)


def _usual_height(lines: Sequence[ReadLine]) -> float:
    heights = [line.box[3] - line.box[1] for line in lines]
    return float(median(heights)) if heights else 0.0


def _clean(line: ReadLine, known: Callable[[str], bool], height: float) -> ReadLine | None:
    words = tuple(word for word in line.words if not is_noise(word, known, height))
    if not words or _only_scribble(words, known):
        return None
    return line if len(words) == len(line.words) else ReadLine(words, line.box, line.baseline)


def is_noise(word: ReadWord, known: Callable[[str], bool], height: float) -> bool:
    """Whether the word is more likely a speck, a rule or a pen stroke than writing."""
    text, sure = word.token.text, word.token.confidence
    _, y0, _, y1 = word.box
    if all(one in MARKS or not one.isalnum() for one in text):
        return sure < UNSURE or (y1 - y0) > 2.2 * height > 0
    if sure >= DOUBTFUL or known(text) or text.isalpha():
        return False
    tiny = height > 0 and (y1 - y0) < 0.3 * height
    tall = height > 0 and (y1 - y0) > 2.5 * height
    return tiny or tall or (sure < UNSURE and len(text) <= 2)


def _only_scribble(words: Sequence[ReadWord], known: Callable[[str], bool]) -> bool:
    """A line without one believable word: a signature, a seal's rim, show-through."""
    return all(word.token.confidence < DOUBTFUL and not known(word.token.text) for word in words) or not any(
        one.isalnum() for word in words for one in word.token.text
    )
