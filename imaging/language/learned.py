"""What people at this station confirmed: names, places and turns of phrase the official text does not know.

Only words a person looked at are counted: an engine's own confident readings fed back would repeat its errors (LANGUAGE).
A misreading that was put right ``LEAST`` times is put right by itself, where nothing speaks against it: the word read is one
nobody writes, or it stood beside the same neighbour when the person corrected it. Beside that the confirmed words and pairs
join the model, so that the same name misread another way is found as well. Figures and codes are never learned."""

import json
import lzma
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np

from imaging.language.letters import nfc, one_placement
from imaging.language.model import SPECIAL, UNKNOWN, Costs, Ids, Model, load_model

LEAST = 2
"""Times a person has to have confirmed a thing before the machine acts on it alone."""
SHARE = 0.8
"""Of all times that reading was looked at, the share in which it was put right the same way."""
WEIGHT = 50
"""How often a confirmation counts beside a word of the official text: a little more than a phrase of ``phrases.txt``."""
TEXT_WORDS = 2.2e7
"""Words the official model was counted on, weights included (``build.py`` prints it)."""
DEAREST = 15.9
WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """One word as a person left it. ``before``: as it was read; the same as ``after`` where it was right.

    ``left``, ``right``: the words beside it, empty at a line's end or where they are not sure."""

    before: str
    after: str
    left: str = ""
    right: str = ""


Slip = tuple[str, str]
"""What was read and what was printed, by ``key``."""
Pair = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Learned:
    """Counts of confirmations; additive, a value: nothing here is changed after it is made."""

    words: Mapping[str, int] = field(default_factory=dict)
    pairs: Mapping[Pair, int] = field(default_factory=dict)
    """Two neighbours, the confirmed word among them; lower case, look-up spelling."""
    slips: Mapping[Slip, int] = field(default_factory=dict)
    """Also (x, x): how often a reading was confirmed as it stood."""
    beside: Mapping[tuple[str, str, str], int] = field(default_factory=dict)
    """(read, printed, neighbour): the company a slip was seen in; ``<word`` on its left, ``>word`` on its right."""

    def __add__(self, other: "Learned") -> "Learned":
        return Learned(
            dict(Counter(self.words) + Counter(other.words)),
            dict(Counter(self.pairs) + Counter(other.pairs)),
            dict(Counter(self.slips) + Counter(other.slips)),
            dict(Counter(self.beside) + Counter(other.beside)),
        )

    def __bool__(self) -> bool:
        return bool(self.words or self.slips)

    def put_right(self, word: str, left: str = "", right: str = "", *, written: bool = False) -> str:
        """What people made of this reading, in its own letter case; empty where they did not, or not alike.

        ``written``: the reading is itself a word of the language: then it has to stand beside the same neighbour."""
        read = key(word)
        after, count = max(self._by_reading.get(read, {"": 0}).items(), key=lambda one: (one[1], one[0]))
        seen = sum(self._by_reading.get(read, {}).values())
        if after in ("", read) or count < LEAST or count < SHARE * seen:
            return ""
        company = (f"<{key(left).lower()}" if left else "", f">{key(right).lower()}" if right else "")
        if written and not any(self.beside.get((read, after, one), 0) >= LEAST for one in company if one):
            return ""
        return after.upper() if word.isupper() and len(word) > 1 else after

    @cached_property
    def _by_reading(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for (read, after), count in self.slips.items():
            found.setdefault(read, {})[after] = count
        return found

    @cached_property
    def model(self) -> Model:
        """The official model with what was learned here, made once."""
        return extended(load_model(), self)

    def save(self, path: Path) -> None:
        """Writes the whole file or none of it. Raises ``OSError``."""
        words = [[word, count] for word, count in sorted(self.words.items())]
        others = (sorted(self.pairs.items()), sorted(self.slips.items()), sorted(self.beside.items()))
        tables = [words, *([[*one, count] for one, count in table] for table in others)]
        packed = lzma.compress(json.dumps({"format": 1, "tables": tables}, ensure_ascii=False).encode())
        part = path.with_suffix(path.suffix + ".part")
        part.write_bytes(packed)
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> "Learned":
        """What was saved; empty where nothing was yet. Raises ``ValueError`` for a damaged file."""
        try:
            words, pairs, slips, beside = json.loads(lzma.decompress(path.read_bytes()))["tables"]
            return cls(
                {word: int(count) for word, count in words},
                {(one, two): int(count) for one, two, count in pairs},
                {(one, two): int(count) for one, two, count in slips},
                {(one, two, three): int(count) for one, two, three, count in beside},
            )
        except FileNotFoundError:
            return cls()
        except (lzma.LZMAError, ValueError, KeyError, TypeError) as broken:
            raise ValueError(f"{path}: not a list of learned words, or a damaged one; learn again from the records") from broken


def key(word: str) -> str:
    """The spelling a reading is filed under: lower case but for a capital at its head, either tone placement."""
    low = one_placement(nfc(word).lower())
    return low if word[:1].islower() else low[:1].upper() + low[1:]


def bare(text: str) -> str:
    """The one run of letters of a token, empty for figures, codes and lone signs."""
    found = WORD.findall(nfc(text))
    return found[0] if len(found) == 1 and not any(one.isdigit() for one in text) else ""


def learn(pairs: Iterable[Confirmed]) -> Learned:
    """Counts of what people confirmed. Tokens with figures, and codes, are passed over; changes that join or part words
    teach their words, not their slip."""
    words: Counter[str] = Counter()
    beside: Counter[Pair] = Counter()
    slips: Counter[Slip] = Counter()
    company: Counter[tuple[str, str, str]] = Counter()
    for one in pairs:
        spelt = [bare(token) for token in one.after.split()]
        words.update(_low(word) for word in spelt if word)
        beside.update(_neighbours([bare(one.left), *spelt, bare(one.right)]))
        before, after = bare(one.before), spelt[0] if len(spelt) == 1 else ""
        if before and after and " " not in one.before.strip():
            slip = (key(before), key(after))
            slips[slip] += 1
            company.update((*slip, one) for one in _company(bare(one.left), bare(one.right)))
    return Learned(dict(words), dict(beside), dict(slips), dict(company))


def _company(left: str, right: str) -> Iterator[str]:
    if left:
        yield f"<{_low(left)}"
    if right:
        yield f">{_low(right)}"


def _low(word: str) -> str:
    return one_placement(word.lower())


def _neighbours(words: list[str]) -> Iterator[Pair]:
    return ((_low(one), _low(two)) for one, two in pairwise(words) if one and two)


def extended(model: Model, learned: Learned) -> Model:
    """The model with the confirmed words in its vocabulary and the confirmed pairs among its own."""
    often = {word: count for word, count in learned.words.items() if count >= LEAST}
    words = (*model.words, *sorted(word for word in often if word not in model.numbers))
    unigram = np.concatenate([model.unigram, np.full(len(words) - len(model.words), DEAREST, np.float32)])
    numbers = {word: number for number, word in enumerate(words)}
    for word, count in often.items():
        share = np.exp(-unigram[numbers[word]]) + WEIGHT * count / TEXT_WORDS
        unigram[numbers[word]] = -np.log(share)
    backoff = np.concatenate([model.backoff, np.zeros(len(words) - len(model.words), np.float32)])
    return _with_pairs(model, words, unigram, backoff, _numbered(learned, numbers))


def _numbered(learned: Learned, numbers: Mapping[str, int]) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for (one, two), count in learned.pairs.items():
        first, second = numbers.get(one, UNKNOWN), numbers.get(two, UNKNOWN)
        if count >= LEAST and min(first, second) >= len(SPECIAL):
            found[first, second] = count
    return found


def _with_pairs(
    model: Model, words: tuple[str, ...], unigram: Costs, backoff: Costs, site: dict[tuple[int, int], int]
) -> Model:
    old, size = len(model.words), len(words)
    kept = (model.pairs // old) * size + model.pairs % old
    pairs = np.union1d(kept, np.array([first * size + second for first, second in site], np.int64))
    place = np.searchsorted(pairs, kept)
    cost, left = np.full(len(pairs), np.float32(np.inf)), np.zeros(len(pairs), np.float32)
    cost[place], left[place] = model.pair_cost, model.pair_backoff
    for (first, second), count in site.items():
        at = int(np.searchsorted(pairs, first * size + second))
        cost[at] = _site_cost(float(cost[at]), float(backoff[first] + unigram[second]), float(unigram[first]), count)
    triples: Ids = place[model.triples // old] * size + model.triples % old
    return Model(words, unigram, backoff, pairs, cost, left, triples, model.triple_cost, old)


def _site_cost(pair: float, loose: float, first: float, count: int) -> float:
    """The pair's cost when so many confirmations stand beside all the official text says about its first word."""
    official = np.exp(-pair) if np.isfinite(pair) else np.exp(-loose)
    here = WEIGHT * count / (np.exp(-first) * TEXT_WORDS + WEIGHT * count)
    return float(-np.log(min(1.0, (1 - here) * official + here)))
