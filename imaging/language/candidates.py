"""Which other words an engine may have looked at, and what its own eyes charge for each (LANGUAGE)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf
from operator import itemgetter

from imaging.language.letters import DOT, fold, like_case, other_placement, split_tone
from imaging.language.model import UNKNOWN, Model
from imaging.language.token import Choices

SPREAD = 6.0
"""Nats of the engine's cost that weigh one nat of the model's."""
FAR = 42.0
"""The dearest an alternative can be, in the engine's nats: also for a character it did not weigh at all, where only the
tone above the same vowel differs (the slip it makes most: ô for ổ, â for ẩ)."""
UNLIKELY = 63.0
"""The same for a dot below come or gone, or another vowel mark: nine in ten of the words spoilt were such changes."""
UNWEIGHED = 0.6
"""Share of those costs when the engine told no alternatives at all."""
KEEP = 3.0
"""Nats by which every other word has to win."""
KEEP_CAPITAL, KEEP_NAME = 1.5, 2.5
"""Times ``KEEP`` for a capitalised word, and for one beside another: most likely a name. In a line of capitals neither is."""
MOST = 8
"""Candidates of one word, the read one among them."""
RIVAL = 14.0
"""Engine's nats within which another letter may stand in a word that is itself a possible one."""
LOST_LETTER = 8.0
"""Nats for a first letter taken for a stroke."""
LOST_LETTER_BELOW = 0.7
"""A word that lost its first letter to a stroke or bracket is sought only when the engine was this unsure."""


@dataclass(frozen=True)
class Seen:
    """A run of letters within a token."""

    word: str
    choices: Sequence[Choices]
    confidence: float
    named: bool = False
    """Whether another capitalised word stands right before or behind it."""
    clear: float = inf
    """See ``Token``. A word that is one by itself is not changed against what the engine saw so clearly."""

    @cached_property
    def is_weighed(self) -> bool:
        """Whether the engine told other readings of every letter."""
        return len(self.choices) == len(self.word)

    @cached_property
    def dearer(self) -> tuple[dict[str, float], ...]:
        """For each letter, by how many nats each reading of it is dearer than the best."""
        return tuple(map(_dearer, self.choices))

    @cached_property
    def as_read(self) -> tuple[float, ...]:
        """The same for each letter as it was read."""
        return tuple(_one_channel(read, read, told) for read, told in zip(self.word, self.dearer, strict=True))


def _dearer(entry: Choices) -> dict[str, float]:
    dearest_first = sorted(entry, key=itemgetter(1), reverse=True)
    best = dearest_first[-1][1] if entry else 0.0
    return {letter: cost - best for letter, cost in dearest_first}


def find_candidates(seen: Seen, read: int, model: Model) -> dict[int, tuple[float, str]]:
    """Other words the engine may have seen: number → (cost in nats, as it would be written). ``read``: the word's number."""
    penalty = _penalty(seen)
    found: dict[int, tuple[float, str]] = {}
    for base in _bases(seen, read, model):
        for number in model.by_base.get(base, ()):
            if number != read and number not in found:
                cost, form = _cheapest_form(seen, model.words[number])
                if read != UNKNOWN and _seen_not_to_be(form, seen):
                    continue
                found[number] = (cost + (KEEP if number >= model.confirmed_from else penalty), form)
    order = sorted(found, key=lambda one: found[one][0] + 0.3 * float(model.unigram[one]))
    return {number: found[number] for number in order[: MOST - 1]}


def _penalty(seen: Seen) -> float:
    if not seen.word[:1].isupper() or seen.word.isupper():
        return KEEP
    return KEEP * (KEEP_NAME if seen.named else KEEP_CAPITAL)


def _bases(seen: Seen, read: int, model: Model) -> Iterator[str]:
    """The word's base letters, then those with one letter as the engine's other reading has it."""
    base = fold(seen.word)
    yield base
    if len(base) < 2 or len(base) != len(seen.choices) or (seen.word[0].isupper() and read != UNKNOWN):
        return
    within = FAR if read == UNKNOWN else RIVAL
    for place, entry in enumerate(seen.choices):
        best = min(cost for _, cost in entry)
        for other in (fold(letter) for letter, cost in entry if cost - best < within):
            if other != base[place] and len(other) == 1 and other.isalpha():
                yield base[:place] + other + base[place + 1 :]
    if read == UNKNOWN and seen.word.islower() and seen.confidence < LOST_LETTER_BELOW:
        yield from (longer for longer in model.by_tail.get(base, ()))


def _cheapest_form(seen: Seen, other: str) -> tuple[float, str]:
    forms = {other, other_placement(other)}
    return min((channel(form, seen), form) for form in (like_case(form, seen.word) for form in forms))


def channel(form: str, seen: Seen) -> float:
    """Nats the engine's eyes charge for reading ``form`` where they read ``seen.word``."""
    if len(form) == len(seen.word) + 1:
        return LOST_LETTER + channel(form[1:], seen)
    if not seen.is_weighed or len(form) != len(seen.word):
        pairs = [(one, other) for one, other in zip(form, seen.word, strict=False) if one != other]
        return UNWEIGHED * sum(FAR if _tone_above(one, other) else UNLIKELY for one, other in pairs) / SPREAD
    letters = zip(form, seen.word, seen.as_read, seen.dearer, strict=True)
    return sum(cost if one == read else _one_channel(one, read, told) for one, read, cost, told in letters) / SPREAD


def _seen_not_to_be(form: str, seen: Seen) -> bool:
    """Whether a letter of ``form`` is one the engine weighed among others and saw not to be there."""
    if not seen.is_weighed or len(form) != len(seen.word):
        return False
    letters = zip(form, seen.word, seen.choices, seen.dearer, strict=True)
    changed = ((letter, read, told) for letter, read, entry, told in letters if letter != read and len(entry) > 1)
    return any(_one_channel(letter, read, told) >= seen.clear for letter, read, told in changed)


def _one_channel(letter: str, read: str, told: dict[str, float]) -> float:
    far = FAR if _tone_above(letter, read) else UNLIKELY
    return min(told.get(letter, far), told.get(letter.swapcase(), far), far)


@lru_cache(maxsize=4096)
def _tone_above(one: str, other: str) -> bool:
    """Whether two letters differ in a tone above the same vowel, or not at all."""
    (plain, tone), (same, read) = split_tone(one.lower()), split_tone(other.lower())
    return plain == same and (tone == read or DOT not in (tone, read))
