"""Codes an engine cut in two: ``1743/QĐ-`` ``BGTVT,`` printed without a gap."""

import re
from itertools import pairwise

from imaging.language.token import Token
from imaging.ocr.engine import ReadLine, ReadWord

OPEN_CODE = re.compile(r"[\w]*[/\d][\w/.]*[-/]$")
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


def _belong(left: ReadWord, right: ReadWord) -> bool:
    if not OPEN_CODE.match(left.token.text) or not right.token.text.lstrip("-")[:1].isalnum():
        return False
    height = min(left.box[3] - left.box[1], right.box[3] - right.box[1])
    return right.box[0] - left.box[2] < GAP * height


def _joined(left: ReadWord, right: ReadWord) -> ReadWord:
    one, two = left.token, _without_stroke(right.token)
    choices = (*one.choices, *two.choices) if one.choices and two.choices else ()
    box = (left.box[0], min(left.box[1], right.box[1]), right.box[2], max(left.box[3], right.box[3]))
    return ReadWord(Token(one.text + two.text, min(one.confidence, two.confidence), choices), box)


def _without_stroke(token: Token) -> Token:
    """The stroke between the two parts read a second time is dropped."""
    extra = len(token.text) - len(token.text.lstrip("-"))
    return Token(token.text[extra:], token.confidence, token.choices[extra:]) if extra else token
