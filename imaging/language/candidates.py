"""Which other words an engine may have looked at, and what its own eyes charge for each (LANGUAGE)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from imaging.language.letters import fold, like_case, other_placement
from imaging.language.model import UNKNOWN, Model
from imaging.language.token import Choices

SPREAD = 7.0
"""Nats of the engine's cost that weigh one nat of the model's."""
FAR = 42.0
"""The dearest an alternative can be, in the engine's nats: also for characters it did not weigh at all."""
UNWEIGHED = 3.0
"""Nats for another mark on a letter when the engine told no alternatives."""
KEEP = 2.0
"""Nats by which every other word has to win; half as much again for capitalised words, which may be names."""
MOST = 8
"""Candidates of one word, the read one among them."""
RIVAL = 14.0
"""Engine's nats within which another letter may stand in a word that is itself a possible one."""
LOST_LETTER_BELOW = 0.7
"""A word that lost its first letter to a stroke or bracket is sought only when the engine was this unsure."""


class Seen(NamedTuple):
    """A run of letters within a token."""

    word: str
    choices: Sequence[Choices]
    confidence: float


def find_candidates(seen: Seen, read: int, model: Model) -> dict[int, tuple[float, str]]:
    """Other words the engine may have seen: number → (cost in nats, as it would be written). ``read``: the word's number."""
    penalty = KEEP * (1.5 if seen.word[:1].isupper() else 1.0)
    found: dict[int, tuple[float, str]] = {}
    for base in _bases(seen, read, model):
        for number in model.by_base.get(base, ()):
            if number != read and number not in found:
                cost, form = _cheapest_form(seen, model.words[number])
                found[number] = (cost + penalty, form)
    order = sorted(found, key=lambda one: found[one][0] + 0.3 * float(model.unigram[one]))
    return {number: found[number] for number in order[: MOST - 1]}


def _bases(seen: Seen, read: int, model: Model) -> Iterator[str]:
    """The word's base letters, then those with one letter as the engine's other reading has it."""
    base = fold(seen.word)
    yield base
    if len(base) < 2 or len(base) != len(seen.choices) or (seen.word[0].isupper() and read != UNKNOWN):
        return
    within = FAR if read == UNKNOWN else RIVAL
    for place, entry in enumerate(seen.choices):
        best = min(cost for _, cost in entry)
        for letter, cost in entry:
            other = fold(letter)
            if cost - best < within and len(other) == 1 and other.isalpha() and other != base[place]:
                yield base[:place] + other + base[place + 1 :]
    if read == UNKNOWN and seen.word.islower() and seen.confidence < LOST_LETTER_BELOW:
        yield from (longer for longer in model.by_tail.get(base, ()))


def _cheapest_form(seen: Seen, other: str) -> tuple[float, str]:
    forms = {like_case(form, seen.word) for form in (other, other_placement(other))}
    return min((channel(form, seen), form) for form in sorted(forms))


def channel(form: str, seen: Seen) -> float:
    """Nats the engine's eyes charge for reading ``form`` where they read ``seen.word``."""
    if len(form) == len(seen.word) + 1:
        return FAR / SPREAD + channel(form[1:], seen)
    if len(seen.choices) != len(seen.word) or len(form) != len(seen.word):
        return UNWEIGHED * sum(one != other for one, other in zip(seen.word, form, strict=False))
    return sum(_one_channel(letter, entry) for letter, entry in zip(form, seen.choices, strict=True)) / SPREAD


def _one_channel(letter: str, entry: Choices) -> float:
    best = min((cost for _, cost in entry), default=0.0)
    same = [cost for one, cost in entry if one in (letter, letter.swapcase())]
    return min(min(same, default=FAR + best) - best, FAR)
