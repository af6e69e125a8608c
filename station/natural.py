"""Names in the order in which people count and spell."""

import re
import unicodedata

_ALPHABET = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def order(name: str) -> list[list[tuple[int, ...]]]:
    """A key that sorts names as Vietnamese people count and spell: 2 before 10, a ă â before b, d before đ; however the
    letters were composed. Tones decide only between names that are otherwise the same."""
    steps = [_step(step) for step in unicodedata.normalize("NFC", name).split("/")]
    return [main for main, _ in steps] + [[], *(tones for _, tones in steps)]


def _step(text: str) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    main: list[tuple[int, ...]] = []
    tones: list[tuple[int, ...]] = []
    for part in re.findall(r"[0-9]+|[^0-9]", text.casefold()):
        if part[0] in "0123456789":
            main.append((1, int(part)))
            continue
        marks = unicodedata.normalize("NFD", part)
        letter = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
        tones.append((next((_TONES[mark] for mark in marks if mark in _TONES), 0),))
        known = _ALPHABET.find(letter) if len(letter) == 1 else -1
        main.append((2, known) if known >= 0 else (0 if not letter.isalpha() else 3, *map(ord, letter)))
    return main, tones
