"""Judges what was read on a page. Words of the findings live in the catalogue, as for images."""

from __future__ import annotations

import unicodedata

from imaging.values import Blank, Box, PageText, Word
from qc.finding import Finding, Level
from qc.limits import Limits
from qc.look import below

LEAST_LETTERS = 40
"""Fewer letters say nothing about a page's language or the reader's confidence."""
MARKS = frozenset("\u0300\u0301\u0302\u0303\u0306\u0309\u031b\u0323")
"""Grave, acute, circumflex, tilde, breve, hook above, horn, dot below."""


def check_text(text: PageText | None, blank: Blank, *, limits: Limits | None = None, vietnamese: bool = True) -> list[Finding]:
    """Findings on the text of one page; boxes are in px of the page that was read. ``vietnamese``: marks are expected.
    ``text`` None = reading has not taken place."""
    used = limits or Limits()
    if blank.value:
        return []
    if text is None or not text.words:
        return [Finding("text.no_text", Level.WARNING, 0.0, None, None, text.note if text is not None else "not_read")]
    return _confidence(text, used) + (_diacritics(text, used) if vietnamese else [])


def _confidence(text: PageText, limits: Limits) -> list[Finding]:
    """text.low_confidence: mean over letters, so that specks read as one-letter words weigh little. Place: the worst line."""
    words = [word for word in text.words if any(letter.isalnum() for letter in word.text)]
    letters = sum(len(word.text) for word in words)
    if letters < LEAST_LETTERS:
        return []
    mean = _mean(words)
    level = below(mean, limits.text_confidence_warn, limits.text_confidence_error)
    if level is None:
        return []
    return [Finding("text.low_confidence", level, round(mean, 3), limits.text_confidence_warn, _worst_line(text), text.note)]


def _mean(words: list[Word]) -> float:
    weight = sum(len(word.text) for word in words)
    return sum(word.confidence * len(word.text) for word in words) / weight if weight else 1.0


def _worst_line(text: PageText) -> Box | None:
    judged = [(_mean(list(line.words)), line.box) for line in text.lines if sum(len(word.text) for word in line.words) >= 8]
    return min(judged)[1] if judged else None


def _diacritics(text: PageText, limits: Limits) -> list[Finding]:
    """text.diacritics: share of letters with a Vietnamese mark. Old typewriters have none; nor has a blurred page."""
    letters, marked = count_marks(text.plain())
    if letters < 2 * LEAST_LETTERS:
        return []
    share = marked / letters
    level = below(share, limits.diacritics_warn)
    return [] if level is None else [Finding("text.diacritics", level, round(share, 3), limits.diacritics_warn)]


def count_marks(text: str) -> tuple[int, int]:
    """Letters, and letters that bear a Vietnamese mark or are a đ."""
    letters = [letter for letter in unicodedata.normalize("NFC", text) if letter.isalpha()]
    return len(letters), sum(1 for letter in letters if letter in "đĐ" or MARKS & set(unicodedata.normalize("NFD", letter)))
