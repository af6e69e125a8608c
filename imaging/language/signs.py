"""Slips an engine makes with signs and single figures, mended by rule and only where the rule leaves no other reading."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from imaging.language.letters import fold
from imaging.language.model import UNKNOWN, Model
from imaging.language.token import Token

NUMBERED = frozenset("dieu khoan diem doan muc so phan chuong phu luc bang bieu mau quy giai".split())  # noqa: SIM905
"""Words after which one upright stroke is the figure 1 (base letters): điều, khoản, điểm, giai đoạn …"""
STROKE = re.compile(r"^[(]?([l|\]])([).,;:]*)$")
ROMAN = re.compile(r"^[(]?(I)([).,;:]*)$")
NEARLY = 5.0
"""Cost of the figure 1 up to which a Roman one after such a word is the figure: chapters have their I, most else is counted."""
ARTICLE = re.compile(r"^([LIl|\]])([.:]?)$")
SQUARE_METRE = re.compile(r"^([(]?\d[\d.,]*m)[?*’'”](?=\W*$)")
ENDING = re.compile(r"^([(]?[^\W\d_]{2,}\)?)\.[/!|IlÍí1]\.?$")
"""``./.`` after the last word of a paper."""
ASSEMBLY = re.compile(r"(?<=QH)[IlÍ|](?=\d)")
"""``QHI5``: of the National Assembly, by the number of its term, from QH10 on."""
STOPPED = re.compile(r"[^\W\d_]+g:")
SEMICOLON = 12.0
"""Cost of ``;`` up to which a ``:`` behind a g is one: the tail of the g hides its foot. On 96 pages made for setting this, of
11 read so nine cost less; of the true colons behind a g none less than 18."""
LIST_LETTER = re.compile(r"^(.)\)$")
ALPHABET = "abcdđeghiklmnopqrstuvxy"
"""The letters of Vietnamese lists: a) b) c) d) đ) e) g) h) …"""


def mend_signs(lines: Sequence[Sequence[Token]], model: Model) -> list[list[Token]]:
    """The same tokens with such slips mended; shape kept."""
    mended = [[_one(line, place, model) for place in range(len(line))] for line in lines]
    for row, token in _list_letters([line[0] if line else None for line in mended]):
        mended[row][0] = token
    return mended


def _one(line: Sequence[Token], place: int, model: Model) -> Token:
    token = line[place]
    before = fold(line[place - 1].text) if place else ""
    after = line[place + 1].text if place + 1 < len(line) else ""
    if _speck_for_stop(token.text, after, model):
        return replace(token, text=token.text[:-1], choices=token.choices[: len(token.text) - 1])
    text = _figure_one(token, before) or _sign(token.text, after) or _semicolon(token)
    return _retold(token, text) if text else token


def _semicolon(token: Token) -> str:
    """``tàng:`` where the engine all but saw ``tàng;``; empty = nothing to mend."""
    if not token.choices or not STOPPED.fullmatch(token.text):
        return ""
    cost = dict(token.choices[-1]).get(";", SEMICOLON + 1)
    return f"{token.text[:-1]};" if cost <= SEMICOLON else ""


def _sign(text: str, after: str) -> str:
    """A dash, a square metre, a term of the National Assembly, the end of a paper; empty = nothing to mend."""
    if text == "—":
        return "–"  # a dash as long as two letters is not used in these papers
    if SQUARE_METRE.match(text):
        return SQUARE_METRE.sub(r"\g<1>2", text)
    if ASSEMBLY.search(text):
        return ASSEMBLY.sub("1", text)
    ending = None if after else ENDING.match(text)
    return f"{ending[1]}./." if ending else ""


def _figure_one(token: Token, before: str) -> str:
    """The figure 1 after a word that is followed by figures; empty = nothing to mend."""
    text = token.text
    if before in NUMBERED and (stroke := STROKE.match(text) or _nearly_one(token)):
        return text.replace(stroke[1], "1", 1)
    article = ARTICLE.match(text) if before == "dieu" else None
    return f"1{article[2]}" if article else ""


def _nearly_one(token: Token) -> re.Match[str] | None:
    """A Roman one that the engine nearly read as the figure."""
    roman = ROMAN.match(token.text)
    seen = dict(token.choices[roman.start(1)]) if roman and token.choices else {}
    return roman if seen.get("1", NEARLY + 1) <= NEARLY else None


def _retold(token: Token, text: str) -> Token:
    return replace(token, text=text, choices=token.choices if len(text) == len(token.text) else ())


def _speck_for_stop(text: str, after: str, model: Model) -> bool:
    """``Nghị. quyết``: a stop between two words of one phrase, the second in lower case, is a speck."""
    word, stop = text[:-1], text[-1:]
    if stop != "." or len(word) < 3 or not word.isalpha() or word.isupper() or not after[:1].islower():
        return False
    follower = re.match(r"[^\W\d_]+", after)
    first, second = model.number(word.lower()), model.number(follower[0]) if follower else UNKNOWN
    return UNKNOWN not in (first, second) and model.has_pair(first, second)


def _list_letters(heads: Sequence[Token | None]) -> Iterator[tuple[int, Token]]:
    """``8)`` where ``b)`` follows and the engine also weighed an ``a``: list letters read as figures."""
    marks = [(row, token) for row, token in enumerate(heads) if token is not None and LIST_LETTER.match(token.text)]
    for place, (row, token) in enumerate(marks):
        if not token.text[0].isdigit() or not token.choices:
            continue
        weighed = {letter for letter, _ in token.choices[0]}
        for letter in _expected(marks, place):
            if letter in weighed:
                yield row, Token(f"{letter})", token.confidence, token.choices)
                break


def _expected(marks: Sequence[tuple[int, Token]], place: int) -> Iterator[str]:
    """The letters that fit between the neighbouring list letters."""
    before = marks[place - 1][1].text[0] if place else ""
    after = marks[place + 1][1].text[0] if place + 1 < len(marks) else ""
    if after in ALPHABET[1:] and after:
        letter = ALPHABET[ALPHABET.index(after) - 1]
        if letter == "a" or before == ALPHABET[ALPHABET.index(letter) - 1]:
            yield letter
    elif before and before in ALPHABET[:-1] and not after.isdigit():
        yield ALPHABET[ALPHABET.index(before) + 1]
