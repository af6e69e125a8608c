"""Codes an engine cut in two: ``1743/QĐ-`` ``BGTVT,`` printed without a gap; and words it read without theirs."""

import re
from dataclasses import replace
from itertools import pairwise
from statistics import median

from imaging.language import fold, known, part, possible
from imaging.language.token import Token
from imaging.ocr.engine import ReadLine, ReadWord

OPEN_CODE = re.compile(r"[\w]*[/\d][\w/.]*[-/]$")
LONGEST = 7
"""Letters of the longest syllable."""
GAP = 0.22
"""Share of the line's height below which two boxes belong to one code: a blank is at least a quarter."""


def join_codes(line: ReadLine) -> ReadLine:
    """The line with such codes whole again."""
    if not any(_belong(one, two) for one, two in pairwise(line.words)):
        return line
    words = [line.words[0]]
    for word in line.words[1:]:
        words[-1:] = [_joined(words[-1], word)] if _belong(words[-1], word) else [words[-1], word]
    return ReadLine(tuple(words), line.box, line.baseline)


def join_syllables(line: ReadLine) -> ReadLine:
    """The line with ``T`` ``ỊCH`` as one word again: the second is none by itself, the two together are."""
    blank = _usual_blank(line)
    words: list[ReadWord] = []
    for word in line.words:
        if words and word.box[0] - words[-1].box[2] < blank and _one_word(words[-1], word):
            words[-1] = _joined(words[-1], word)
        else:
            words.append(word)
    return line if len(words) == len(line.words) else ReadLine(tuple(words), line.box, line.baseline)


def _usual_blank(line: ReadLine) -> float:
    """Px below which a gap may lie within a word: somewhat more than the line's usual blank."""
    gaps = [two.box[0] - one.box[2] for one, two in pairwise(line.words)]
    return 1.1 * median(gaps) if gaps else 0.0


def _one_word(left: ReadWord, right: ReadWord) -> bool:
    one, two = left.token.text, right.token.text
    bare = two.rstrip(".,;:)")
    if not one.isalpha() or not bare.isalpha() or len(one + bare) > LONGEST or not possible(one + bare):
        return False
    # A lone capital consonant is no word; a part that is none by itself belongs to what stands before it.
    begun = len(one) == 1 and one.isupper() and fold(one) not in "aeiouy"
    return (begun and known(one + bare)) or (one[-1].isupper() == bare.isupper() and not known(bare) and known(one + bare))


def part_words(line: ReadLine) -> ReadLine:
    """The line with ``BANNHÂNDÂN`` as three words, their boxes by their letters."""
    words = [one for word in line.words for one in _parted(word)]
    return line if len(words) == len(line.words) else ReadLine(tuple(words), line.box, line.baseline)


def _parted(word: ReadWord) -> list[ReadWord]:
    texts = part(word.token.text)
    if len(texts) == 1:
        return [word]
    x0, y0, x1, y1 = word.box
    step = (x1 - x0) / len(word.token.text)
    parts, at = [], 0
    for text in texts:
        choices = word.token.choices[at : at + len(text)]
        box = (round(x0 + at * step), y0, round(x0 + (at + len(text)) * step), y1)
        parts.append(ReadWord(replace(word.token, text=text, choices=choices), box))
        at += len(text)
    return parts


def _belong(left: ReadWord, right: ReadWord) -> bool:
    if not OPEN_CODE.match(left.token.text) or not right.token.text.lstrip("-")[:1].isalnum():
        return False
    height = min(left.box[3] - left.box[1], right.box[3] - right.box[1])
    return right.box[0] - left.box[2] < GAP * height


def _joined(left: ReadWord, right: ReadWord) -> ReadWord:
    one, two = left.token, _without_stroke(right.token)
    choices = (*one.choices, *two.choices) if one.choices and two.choices else ()
    box = (left.box[0], min(left.box[1], right.box[1]), right.box[2], max(left.box[3], right.box[3]))
    return ReadWord(
        replace(one, text=one.text + two.text, confidence=min(one.confidence, two.confidence), choices=choices), box
    )


def _without_stroke(token: Token) -> Token:
    """The stroke between the two parts read a second time is dropped."""
    extra = len(token.text) - len(token.text.lstrip("-"))
    return replace(token, text=token.text[extra:], choices=token.choices[extra:]) if extra else token
