"""The noisy channel: which words were printed, given what the engine saw and how official Vietnamese runs (LANGUAGE).

Tones and vowel marks are mended, one letter where the engine itself nearly read another, and signs that were told apart
by a hair. Tokens with digits and codes are not touched; a name keeps its letters unless the text around it speaks clearly
for another. What changed is for the caller to record."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from imaging.language.candidates import SPREAD, Seen, channel, find_candidates
from imaging.language.learned import Learned, bare, extended
from imaging.language.letters import one_placement
from imaging.language.lookalikes import plain_letters
from imaging.language.model import BREAK, NUMBER, SPECIAL, UNKNOWN, Costs, Ids, Model, load_model
from imaging.language.signs import mend_signs
from imaging.language.syllable import possible
from imaging.language.token import Token
from imaging.language.words import sign

LETTERS = re.compile(r"[^\W\d_]+")
STRANGE, STRANGE_NAME = 5.0, 2.0
"""Nats for one particular word outside the vocabulary, lower case or capitalised: ``<u>`` stands for thousands of them."""
STROKES = frozenset("#£@§¢|!¡/")
"""What an engine makes of a first letter it cannot read."""
SIGNS = re.compile(r"[.,;:!?…]+")
NEARLY_ALIKE = frozenset(",;:")
"""Signs that are told apart by what follows. A full stop is not among them: the model sees ends of lines as ends."""
SPECIAL_IDS = {name: number for number, name in enumerate(SPECIAL)}
NEAR = 14.0
"""Nats of the engine's within which another sign is worth a thought."""
SIGN_KEEP = 3.0
NO_CHOICE = np.zeros((1, 1), np.int64)


@dataclass(frozen=True, slots=True)
class Slot:
    """One word or sign of the running text. The first of ``ids``, ``costs`` and ``forms`` is what was read."""

    ids: tuple[int, ...]
    costs: tuple[float, ...]
    forms: tuple[str, ...] = ()
    place: tuple[int, int, int] | None = None
    """Line, token and first character; None for what cannot change."""
    length: int = 0


def mend(lines: Sequence[Sequence[Token]], model: Model | None = None, *, learned: Learned | None = None) -> list[list[str]]:
    """The text of every token after mending, in the same shape. Look-alike letters are always replaced.

    ``learned``: what people at this station confirmed; it decides before the model does, and joins the model."""
    official = model or load_model()
    tokens = mend_signs([[_plain(token) for token in line] for line in lines], official)
    told = _told(tokens, learned, official) if learned else {}
    if learned:
        tokens = [[told.get((row, column), token) for column, token in enumerate(line)] for row, line in enumerate(tokens)]
    texts = [[token.text for token in line] for line in tokens]
    model = official if not learned else learned.model if model is None else extended(official, learned)
    slots = [slot for number, line in enumerate(tokens) for slot in _line_slots(number, line, model, told)]
    if not slots:
        return texts
    changes = list(_changes(slots, _best_path(slots, model), model))
    for slot, chosen in reversed(changes):  # from the end, so that places before stay true
        assert slot.place is not None
        row, column, start = slot.place
        old, new = texts[row][column], slot.forms[chosen]
        if len(new) > slot.length and old[start - 1 : start] in STROKES:
            start -= 1  # the stroke is what the lost letter was taken for
        texts[row][column] = old[:start] + new + old[start + slot.length + (slot.place[2] - start) :]
    return texts


def _plain(token: Token) -> Token:
    text = plain_letters(token.text)
    if text == token.text and len(token.choices) in (0, len(text)):
        return token
    return replace(token, text=text, choices=token.choices if len(token.choices) == len(text) else ())


Told = dict[tuple[int, int], Token]
"""By line and token: what people made of such a reading."""


def _told(tokens: Sequence[Sequence[Token]], learned: Learned, model: Model) -> Told:
    """Readings that people put right before, wherever nothing speaks against it."""
    found: Told = {}
    for row, line in enumerate(tokens):
        for column, token in enumerate(line):
            word = bare(token.text)
            left = bare(line[column - 1].text) if column else ""
            right = bare(line[column + 1].text) if column + 1 < len(line) else ""
            after = learned.put_right(word, left, right, written=model.knows(word)) if word else ""
            if after:
                found[row, column] = Token(token.text.replace(word, after, 1), token.confidence)
    return found


def _line_slots(row: int, line: Sequence[Token], model: Model, told: Told) -> Iterator[Slot]:
    for column, token in enumerate(line):
        if not token.text.isalpha() and any(one.isdigit() for one in token.text):
            yield _fixed(NUMBER)
            yield from _sign_slots((row, column), token, len(token.text) - 1, len(token.text))
        else:
            settled = (row, column) in told
            yield from _token_slots((row, column), token, model, named=_named(line, column), settled=settled)


def _named(line: Sequence[Token], column: int) -> bool:
    """Whether a capitalised word stands right before or behind, with no sign between."""
    before = line[column - 1].text if column else ""
    after = line[column + 1].text if column + 1 < len(line) and line[column].text.isalpha() else ""
    return (before.istitle() and before.isalpha()) or after.istitle()


def _fixed(number: int) -> Slot:
    return Slot((number,), (0.0,))


def _sign_slots(where: tuple[int, int], token: Token, start: int, end: int) -> Iterator[Slot]:
    """The signs between two places of a token; a single one with the signs the engine nearly read instead."""
    for run in SIGNS.finditer(token.text, start, end):
        others = _other_signs(token, run) if len(run[0]) == 1 and run[0] in NEARLY_ALIKE else {}
        ids = tuple(SPECIAL_IDS[sign(one)] for one in (run[0], *others))
        yield Slot(ids, (0.0, *others.values()), (run[0], *others), (*where, run.start()), len(run[0]))


def _other_signs(token: Token, run: re.Match[str]) -> dict[str, float]:
    if len(token.choices) != len(token.text):
        return {}
    weighed = dict(token.choices[run.start()])
    own = weighed.get(run[0], 0.0)
    near = {one: cost - own for one, cost in weighed.items() if one in NEARLY_ALIKE and one != run[0] and cost - own < NEAR}
    return {one: cost / SPREAD + SIGN_KEEP for one, cost in near.items()}


def _token_slots(where: tuple[int, int], token: Token, model: Model, *, named: bool, settled: bool) -> Iterator[Slot]:
    text = token.text
    code = settled or is_code(text)
    end = 0
    for first, last in [(0, len(text))] if text.isalpha() else [span.span() for span in LETTERS.finditer(text)]:
        yield from _sign_slots(where, token, end, first) if end < first else ()
        end = last
        seen = Seen(text[first:last], token.choices[first:last], token.confidence, named, token.clear)
        yield _word_slot((*where, first), seen, model, fixed=code)
    yield from _sign_slots(where, token, end, len(text)) if end < len(text) else ()


def is_code(text: str) -> bool:
    """Whether a token is a sign rather than a word: capitals joined by strokes or points, single letters, list letters."""
    if text.isalpha():
        return len(text) == 1 and text.isupper()
    spans = LETTERS.findall(text)
    if len(spans) > 1:
        if all(len(span) > 1 and possible(span) and not span.isupper() for span in spans) and "-" in text:
            return False  # Dần-năm: two words, a dash without its blanks
        return any(not span.islower() for span in spans) or any(one in text for one in "/@_.")
    return bool(spans) and len(spans[0]) == 1


def _word_slot(place: tuple[int, int, int], seen: Seen, model: Model, *, fixed: bool) -> Slot:
    read = model.number(seen.word.lower())
    found = {} if fixed else find_candidates(seen, read, model)
    strange = (STRANGE_NAME if seen.word[:1].isupper() else STRANGE) if read == UNKNOWN else 0.0
    costs = (channel(seen.word, seen) + strange, *(cost for cost, _ in found.values()))
    forms = (seen.word, *(form for _, form in found.values()))
    return Slot((read, *found), costs, forms, place, len(seen.word))


def _best_path(slots: Sequence[Slot], model: Model) -> list[int]:
    """Viterbi over pairs of neighbours: the index of the best candidate of every slot."""
    ids = [(BREAK,), (BREAK,), *(slot.ids for slot in slots)]
    costs = _running_costs(ids, model)
    score = next(costs)[0] + np.array(slots[0].costs, np.float32)
    back: list[Ids] = []
    for slot, cost in zip(slots[1:], costs, strict=True):
        if cost.size == 1:  # nothing to choose: the score is the same for all
            back.append(NO_CHOICE)
        else:
            total = score[:, :, None] + cost
            back.append(total.argmin(axis=0))
            score = total.min(axis=0) + np.array(slot.costs, np.float32)
    return _walk_back(score, back)


def _running_costs(ids: Sequence[tuple[int, ...]], model: Model) -> Iterator[Costs]:
    """The cost of every candidate after every two before it, slot after slot from the third on: looked up all together."""
    runs = list(zip(ids, ids[1:], ids[2:], strict=False))
    found = model.cost3(*np.array([one for run in runs for one in product(*run)], np.int64).T)
    end = 0
    for run in runs:
        first, second, third = map(len, run)
        start, end = end, end + first * second * third
        yield found[start:end].reshape(first, second, third)


def _walk_back(score: Costs, back: Sequence[Ids]) -> list[int]:
    first, last = (int(one) for one in np.unravel_index(int(score.argmin()), score.shape))
    path = [last, first]
    for choice in reversed(back):
        path.append(int(choice[path[-1], path[-2]]))
    return path[: len(back) + 1][::-1]


def _changes(slots: Sequence[Slot], path: Sequence[int], model: Model) -> Iterator[tuple[Slot, int]]:
    """The slots whose best candidate is another word, and whose neighbours say so too."""
    for number, (slot, chosen) in enumerate(zip(slots, path, strict=True)):
        if chosen and _differs(slot, chosen) and (not slot.forms[0].isalpha() or _borne_out(slots, path, number, model)):
            yield slot, chosen


def _differs(slot: Slot, chosen: int) -> bool:
    """Two spellings of one word are no change."""
    return one_placement(slot.forms[chosen].lower()) != one_placement(slot.forms[0].lower())


def _borne_out(slots: Sequence[Slot], path: Sequence[int], number: int, model: Model) -> bool:
    """Whether the new word stands beside a neighbour more often than the old one does, and was seen there at all."""
    new, old = (np.array([slots[number].ids[one]]) for one in (path[number], 0))
    if old[0] == UNKNOWN and slots[number].forms[0].islower():
        old = np.array([-1])  # a word nobody writes is never oftener
    left = np.array([slots[number - 1].ids[path[number - 1]]]) if number else np.array([BREAK])
    if _oftener(left, new, left, old, model):
        return True
    if number + 1 == len(slots):
        return False
    right = np.array([slots[number + 1].ids[path[number + 1]]])
    return _oftener(new, right, old, right, model)


def _oftener(first: Ids, second: Ids, old_first: Ids, old_second: Ids, model: Model) -> bool:
    if not {BREAK, UNKNOWN}.isdisjoint({int(first[0]), int(second[0])}) or model.pair_place(first, second)[0] < 0:
        return False
    return bool(_together(first, second, model) < _together(old_first, old_second, model))


def _together(first: Ids, second: Ids, model: Model) -> float:
    if min(first[0], second[0]) < 0 or model.pair_place(first, second)[0] < 0:
        return float("inf")
    return float(model.unigram[first[0]] + model.cost2(first, second)[0])
