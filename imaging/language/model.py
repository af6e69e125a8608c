"""The compact trigram model of official Vietnamese: words as numbers, log-probabilities in one byte each.

Made by ``build.py``. Absolute discounting with back-off; bigrams seen 3 times and trigrams seen 4 times or more are kept."""

import json
import zlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from imaging.language.letters import fold, one_placement, placements

FILE = Path(__file__).with_name("official.model")
BREAK, NUMBER, UNKNOWN, COMMA, SEMICOLON, COLON = range(6)
"""Numbers with a meaning of their own: a sentence's edge, anything with a digit, any word not listed, and three signs."""
SPECIAL = ("<s>", "<n>", "<u>", ",", ";", ":")
NATS = 16.0
"""A stored byte is a cost of byte / NATS nats: 0 to 15.9 in steps of a sixteenth."""

Ids = NDArray[np.int64]
Costs = NDArray[np.float32]


@dataclass(frozen=True)
class Model:
    """Costs are natural logarithms with the sign turned: 0 = certain."""

    words: tuple[str, ...]
    unigram: Costs
    backoff: Costs
    pairs: Ids
    """first * size + second, ascending."""
    pair_cost: Costs
    pair_backoff: Costs
    triples: Ids
    """place in ``pairs`` * size + third, ascending."""
    triple_cost: Costs
    confirmed_from: int = 1 << 40
    """Words numbered from here on are not of the official text: people confirmed them (``learned.py``)."""

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Word to number."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def by_base(self) -> dict[str, tuple[tuple[int, str], ...]]:
        """Base letters to all words that differ in tones and vowel marks only: their numbers, with each way to write them."""
        groups: dict[str, list[tuple[int, str]]] = {}
        for number, word in enumerate(self.words[len(SPECIAL) :], len(SPECIAL)):
            groups.setdefault(fold(word), []).extend((number, form) for form in placements(word))
        return {base: tuple(group) for base, group in groups.items()}

    @cached_property
    def by_tail(self) -> dict[str, tuple[str, ...]]:
        """Base letters without their first one, to the whole: ``eu`` → ``neu``, ``keu`` …"""
        groups: dict[str, list[str]] = {}
        for base in self.by_base:
            groups.setdefault(base[1:], []).append(base)
        return {tail: tuple(group) for tail, group in groups.items()}

    def number(self, word: str) -> int:
        """The word's number; ``word`` in lower case, either tone placement."""
        return self.numbers.get(one_placement(word), UNKNOWN)

    def knows(self, word: str) -> bool:
        """Whether the word, in any case, is in the vocabulary."""
        return self.number(word.lower()) != UNKNOWN

    def has_pair(self, first: int, second: int) -> bool:
        """Whether the two words were seen side by side often enough to be kept."""
        return bool(self.pair_place(np.array([first]), np.array([second]))[0] >= 0)

    def pair_place(self, first: Ids, second: Ids) -> Ids:
        """Places of the pairs in ``pairs``, -1 where a pair was not kept."""
        return _find(self.pairs, first * len(self.words) + second)

    def cost2(self, first: Ids, second: Ids) -> Costs:
        """Cost of ``second`` after ``first``; arrays that broadcast to each other."""
        place = self.pair_place(first, second)
        loose = self.backoff[first] + self.unigram[second]
        return np.where(place >= 0, self.pair_cost[place], loose)

    def cost3(self, first: Ids, second: Ids, third: Ids) -> Costs:
        """Cost of ``third`` after ``first second``; arrays that broadcast to each other."""
        context = self.pair_place(first, second)
        key = np.where(context >= 0, context * len(self.words) + third, -1)
        place = _find(self.triples, key)
        weight = np.where(context >= 0, self.pair_backoff[context], 0)
        return np.where(place >= 0, self.triple_cost[place], weight + self.cost2(second, third))


def _find(keys: Ids, wanted: Ids) -> Ids:
    place = np.searchsorted(keys, wanted)
    return np.where(keys.take(place, mode="clip") == wanted, place, -1)


def pack(model: Model) -> bytes:
    """The model as bytes: a line of JSON, then columns compressed together. A twelfth larger than the tightest packing
    there is, and unpacked in a sixth of the time: every start waits for it."""
    words = "\n".join(model.words).encode()
    columns = [words, *_columns(model)]
    head = {"format": 2, "sizes": [len(column) for column in columns]}
    return json.dumps(head).encode() + b"\n" + zlib.compress(b"".join(columns), 9)


def _columns(model: Model) -> list[bytes]:
    costs = (model.unigram, model.backoff, model.pair_cost, model.pair_backoff, model.triple_cost)
    return [*(_bytes(cost) for cost in costs), _steps(model.pairs), _steps(model.triples)]


def _bytes(cost: Costs) -> bytes:
    packed: bytes = np.clip(np.rint(cost * NATS), 0, 255).astype(np.uint8).tobytes()
    return packed


def _steps(keys: Ids) -> bytes:
    """Differences of ascending keys, one plane of bytes after another: equal bytes side by side pack well."""
    steps = np.diff(keys, prepend=0).astype("<u4").tobytes()
    return b"".join(steps[plane::4] for plane in range(4))


def unpack(data: bytes) -> Model:
    """The model from ``pack``. Raises ``ValueError`` for anything else."""
    head, _, body = data.partition(b"\n")
    try:
        sizes = json.loads(head)["sizes"]
        content = zlib.decompress(body)
    except (ValueError, KeyError, TypeError, zlib.error) as broken:
        raise ValueError("not a language model, or a damaged one") from broken
    ends = np.cumsum(sizes)
    parts = [content[end - size : end] for size, end in zip(sizes, ends, strict=True)]
    words = tuple(parts[0].decode().split("\n"))
    unigram, backoff, pair_cost, pair_backoff, triple_cost = (_costs(part) for part in parts[1:6])
    return Model(words, unigram, backoff, _keys(parts[6]), pair_cost, pair_backoff, _keys(parts[7]), triple_cost)


def _costs(part: bytes) -> Costs:
    return np.frombuffer(part, np.uint8).astype(np.float32) / np.float32(NATS)


def _keys(part: bytes) -> Ids:
    steps = np.ascontiguousarray(np.frombuffer(part, np.uint8).reshape(4, -1).T).view("<u4").reshape(-1)
    return np.cumsum(steps, dtype=np.int64)


@cache
def load_model(path: Path = FILE) -> Model:
    """The model of the package, loaded once in a process."""
    return unpack(path.read_bytes())
