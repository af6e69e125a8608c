"""Words read without the blanks between them: ``BANNHÂNDÂN`` is ``BAN NHÂN DÂN``."""

import re

from imaging.language.model import UNKNOWN, Model, load_model
from imaging.language.syllable import possible

SHORTEST = 5
"""Letters of a token worth a thought."""
LONGEST = 7
"""Letters of the longest syllable (nghiêng)."""
LETTERS = re.compile(r"^([(“\"]?)([^\W\d_]+)([.,;:!?)”\"]*)$")


def part(text: str, model: Model | None = None) -> tuple[str, ...]:
    """The words of a token nobody writes, in its own letters; the token alone where it is a word, a code or a name.

    Every part is a word of the language and stands beside its neighbour in official text: nothing else is parted."""
    found = LETTERS.match(text)
    model = model or load_model()
    if found is None or len(found[2]) < SHORTEST or possible(found[2]) or model.knows(found[2]):
        return (text,)
    head, letters, tail = found.groups()
    cuts = _cuts(letters.lower(), model)
    if not cuts or not _one_case([letters[start:end] for start, end in cuts]):
        return (text,)
    words = [letters[start:end] for start, end in cuts]
    return (head + words[0], *words[1:-1], words[-1] + tail)


def _one_case(words: list[str]) -> bool:
    """All in capitals, or none with a capital inside: codes and foreign names mix them."""
    return all(word.isupper() for word in words) or all(word[1:].islower() or len(word) == 1 for word in words)


def _cuts(letters: str, model: Model) -> tuple[tuple[int, int], ...]:
    """The cheapest way to cut into words of which each is known beside the next; empty where there is none."""
    best: dict[int, dict[int, tuple[float, tuple[tuple[int, int], ...]]]] = {0: {-1: (0.0, ())}}
    for end in range(2, len(letters) + 1):
        for start in range(max(0, end - LONGEST), end - 1):
            word = letters[start:end]
            number = model.number(word)
            if number == UNKNOWN or not possible(word):
                continue
            for before, (cost, spans) in best.get(start, {}).items():
                if before >= 0 and not model.has_pair(before, number):
                    continue
                total = cost + float(model.unigram[number])
                kept = best.setdefault(end, {}).get(number)
                if kept is None or total < kept[0]:
                    best[end][number] = (total, (*spans, (start, end)))
    ends = best.get(len(letters), {})
    return min(ends.values())[1] if ends else ()
