"""Vietnamese letters: base letters, tones, where the tone mark stands, letter case."""

import unicodedata
from functools import lru_cache

TONES = {"\u0300": 1, "\u0301": 2, "\u0309": 3, "\u0303": 4, "\u0323": 5}
"""Combining grave, acute, hook, tilde, dot below; 0 = level."""
ACUTE, DOT = 2, 5
MARKS = {number: mark for mark, number in TONES.items()}
VOWELS = set("aăâeêioôơuưy")


def nfc(text: str) -> str:
    """Composed characters, the only form that leaves this package."""
    return unicodedata.normalize("NFC", text)


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Lower case without tones and vowel marks, đ as d: ``Quyết`` → ``quyet``. As many characters as the NFC word."""
    plain = unicodedata.normalize("NFD", word.lower().replace("đ", "d"))
    return "".join(one for one in plain if not unicodedata.combining(one))


def split_tone(letter: str) -> tuple[str, int]:
    """A letter without its tone mark, and the tone: ``ế`` → (``ê``, 2)."""
    parts = unicodedata.normalize("NFD", letter)
    tone = next((TONES[one] for one in parts if one in TONES), 0)
    return nfc("".join(one for one in parts if one not in TONES)), tone


def put_tone(letter: str, tone: int) -> str:
    """The letter with a tone mark: (``ê``, 2) → ``ế``."""
    return nfc(letter + MARKS[tone]) if tone else letter


def without_tones(word: str) -> tuple[str, int]:
    """The word without its tone marks, and its last tone (0 where it has none)."""
    pairs = [split_tone(letter) for letter in word]
    return "".join(letter for letter, _ in pairs), next((tone for _, tone in reversed(pairs) if tone), 0)


SLIDING = frozenset({"oa", "oe", "uy"})
"""Open rimes whose tone is written on either vowel: hòa and hoà, khỏe and khoẻ, ủy and uỷ."""


@lru_cache(maxsize=65536)
def one_placement(word: str) -> str:
    """The spelling used for look-up: the tone of an open oa, oe, uy on its first vowel. Lower case expected."""
    return _placed(word, first=True)


def placements(word: str) -> tuple[str, ...]:
    """The word, and where it ends in an open oa, oe, uy also with its tone on the second of the two vowels."""
    other = _placed(word, first=False)
    return (word,) if other == word else (word, other)


def _placed(word: str, *, first: bool) -> str:
    if fold(word)[-2:] not in SLIDING:
        return word
    plain, tone = without_tones(word)
    rime = plain[-2:]
    if not tone or rime not in SLIDING or plain[-3:-2] == "q":
        return word
    place = len(plain) - (2 if first else 1)
    return plain[:place] + put_tone(plain[place], tone) + plain[place + 1 :]


def like_case(word: str, model: str) -> str:
    """``word`` in the letter case of ``model``, character by character where the lengths agree."""
    if model.islower():
        return word
    if model.isupper():
        return word.upper()
    if len(word) == len(model):
        return "".join(one.upper() if other.isupper() else one for one, other in zip(word, model, strict=True))
    return word[:1].upper() + word[1:] if model[:1].isupper() else word
