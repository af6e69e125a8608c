"""Which other words an engine may have looked at, and what its own eyes charge for each (LANGUAGE)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import inf
from operator import itemgetter

from imaging.language.letters import DOT, fold, like_case, split_tone
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
COST = itemgetter(1)


@dataclass(slots=True)
class Seen:
    """A run of letters within a token."""

    word: str
    choices: Sequence[Choices]
    confidence: float
    named: bool = False
    """Whether another capitalised word stands right before or behind it."""
    clear: float = inf
    """See ``Token``. A word that is one by itself is not changed against what the engine saw so clearly."""
    is_weighed: bool = field(init=False)
    """Whether the engine told other readings of every letter."""
    best: Sequence[float] = field(init=False)
    """The cost of each letter's best reading."""
    as_read: Sequence[float] = field(init=False)
    """For each letter, by how many nats it is dearer as it was read."""

    def __post_init__(self) -> None:
        self.is_weighed = len(self.choices) == len(self.word)
        self.best = [min(map(COST, entry), default=0.0) for entry in self.choices]
        self.as_read = [self.nats(letter, place) for place, letter in enumerate(self.word)] if self.is_weighed else ()

    def nats(self, letter: str, place: int) -> float:
        """By how many nats ``letter``, in either case, is dearer there than the best reading."""
        entry, best, either = self.choices[place], self.best[place], (letter, letter.swapcase())
        if entry[:1] == ((letter, best),):
            return 0.0
        told = [cost for one, cost in entry if one in either]
        far = FAR if _tone_above(letter, self.word[place]) else UNLIKELY
        return min(min(told) - best, far) if told else far

    def may_be(self, form: str, near: Sequence[Sequence[str]]) -> bool:
        """Whether none of the letters in which ``form`` differs was seen not to be there; ``near``: ``within_clear``."""
        for letter, read, told in zip(form, self.word, near, strict=False):
            if letter != read and told and letter not in told and letter.swapcase() not in told:
                return False
        return True

    def within_clear(self) -> list[list[str]]:
        """For each letter the readings within ``clear``; none told where it was not weighed against others."""
        if not self.is_weighed or self.clear > FAR:
            return []
        letters = [(entry if len(entry) > 1 else (), best) for entry, best in zip(self.choices, self.best, strict=True)]
        return [[one for one, cost in entry if cost - best < self.clear] for entry, best in letters]


def find_candidates(seen: Seen, read: int, model: Model) -> dict[int, tuple[float, str]]:
    """Other words the engine may have seen: number → (cost in nats, as it would be written). ``read``: the word's number."""
    penalty = _penalty(seen)
    near = seen.within_clear() if read != UNKNOWN else []
    found: dict[int, tuple[float, str]] = {}
    for base in _bases(seen, read, model):
        for number, spelling in model.by_base.get(base, ()):
            form = like_case(spelling, seen.word)
            if number == read or not seen.may_be(form, near):
                continue
            cost = channel(form, seen) + (KEEP if number >= model.confirmed_from else penalty)
            found[number] = min(found.get(number, (inf, "")), (cost, form))
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
    for place, (entry, best) in enumerate(zip(seen.choices, seen.best, strict=True)):
        for other in [fold(letter) for letter, cost in entry if cost - best < within]:
            if other != base[place] and len(other) == 1 and other.isalpha():
                yield base[:place] + other + base[place + 1 :]
    if read == UNKNOWN and seen.word.islower() and seen.confidence < LOST_LETTER_BELOW:
        yield from (longer for longer in model.by_tail.get(base, ()))


def channel(form: str, seen: Seen) -> float:
    """Nats the engine's eyes charge for reading ``form`` where they read ``seen.word``."""
    if len(form) == len(seen.word) + 1:
        return LOST_LETTER + channel(form[1:], seen)
    if not seen.is_weighed or len(form) != len(seen.word):
        pairs = [(one, other) for one, other in zip(form, seen.word, strict=False) if one != other]
        return UNWEIGHED * sum(FAR if _tone_above(one, other) else UNLIKELY for one, other in pairs) / SPREAD
    costs = seen.as_read
    if form != seen.word:
        letters = zip(form, seen.word, seen.as_read, strict=True)
        costs = [cost if one == read else seen.nats(one, place) for place, (one, read, cost) in enumerate(letters)]
    return sum(costs) / SPREAD


@lru_cache(maxsize=4096)
def _tone_above(one: str, other: str) -> bool:
    """Whether two letters differ in a tone above the same vowel, or not at all."""
    (plain, tone), (same, read) = split_tone(one.lower()), split_tone(other.lower())
    return plain == same and (tone == read or DOT not in (tone, read))
