"""From the network's probabilities to words: letters with what else they may be, and where each word stands."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.language.letters import fold
from imaging.language.token import Choices, Token
from imaging.ocr.engine import ReadLine, ReadWord
from imaging.ocr.net_file import Floats, Network
from imaging.ocr.network import POOL
from imaging.ocr.strips import Strip
from imaging.values import Box

Ints = NDArray[np.int_]

FAR = 42.0
"""Nats beyond which another reading is not told (``language.candidates``)."""
COST = 2.25
"""Tesseract's cost of a nat: its search charges what stands in no dictionary so much more."""
CLEAR = 30.0
"""Nats from which on another reading is one the network saw not to be there: of 607 words mended on pages made for setting
this, one lay beyond, of 19 spoilt thirteen."""
MOST = 12
"""Other readings of one letter."""
AROUND = 3
"""Steps beside a letter's own that may belong to it."""
NARROW, WIDE, WIDEST = 4.5, 8.0, 20.0
"""Px of a strip without ink that may be a blank between words, that likely are, and that are one whatever the network says:
a quarter of an em is seven; faded or blurred ink leaves as much within a word."""
HINTED, HINTED_WIDE = -6.0, -9.0
"""Log-probability of a blank from which a narrow one is believed, and a wide one. Of 47 wide gaps
within a word, on spoilt pages, 46 had -9.6 to -20; between words the network had not parted on real first pages, -1 to -8."""
ALIKE = {letter: group for group in ("I1l|", "Ss5", "Oo0", "B8", "Z2", "/⁄") for letter in group}
"""Letters (without marks) taken for each other: side by side without a step between, they are one letter read twice. On 41
real pages nine, all of them so (QHI15, 29/2023/QH1Š5)."""
NUMBER = re.compile(r"\d[.,]\d")
INKED = b"\x01"
FALL = 0.355
"""Confidence = 1 - ``FALL`` × root of the nats its least sure letter is short of certainty: so it spreads as Tesseract's own
figure does on the same words (hundredths 1, 5, 10, 25 of 1,900 words within 0.03)."""


class Runs(NamedTuple):
    """One for each letter: its code, first step, step after the last."""

    codes: Ints
    firsts: Ints
    lasts: Ints


class Letter(NamedTuple):
    """``first`` to ``last``: its steps. ``sure``: log-probability. ``choices``: readings with their cost, best first."""

    text: str
    first: int
    last: int
    sure: float
    choices: Choices


def decode(network: Network, strip: Strip, scores: Floats) -> ReadLine | None:
    """The line's words, or None where nothing is read. Boxes in px of the picture the strip was cut from."""
    filled = _filled(strip)
    words = [run for run in _words(_spaced(network, strip, filled, find_letters(network, scores), scores)) if run]
    if not words:
        return None
    spans = _spans(strip, filled, words)
    read = tuple(_word(run, _box(strip, span)) for run, span in zip(words, spans, strict=True))
    x0, y0, x1, y1 = zip(*(word.box for word in read), strict=True)
    box = min(x0), min(y0), max(x1), max(y1)
    base, slope = strip.place.baseline
    return ReadLine(read, box, (base + slope * (box[0] - strip.place.box[0]), slope))


def _spaced(network: Network, strip: Strip, filled: bytes, letters: Sequence[Letter], scores: Floats) -> Iterator[Letter]:
    """The letters, with a blank where the ink leaves room for one and the network nearly saw it: in names and capitals,
    for which Tesseract leans on its dictionary, it is often a hair from saying so."""
    gaps = _gaps(filled, NARROW / strip.zoom)
    column, blank = POOL / strip.zoom, network.letters.index(" ")
    text = ""
    before: Letter | None = None
    for letter in letters:
        text = (text + letter.text)[-3:]
        if gaps and before is not None and before.last < letter.first and _may_part(text):
            room = _room(gaps, (before.first + 0.5) * column, (letter.last - 0.5) * column) * strip.zoom
            if room >= NARROW and _is_blank(room, float(scores[before.last : letter.first, blank].max())):
                yield Letter(" ", before.last, letter.first, 0.0, ())
        yield letter
        before = letter


def _may_part(text: str) -> bool:
    """Whether a blank may stand before the last letter: not among blanks, not behind the comma or point within a number."""
    return not text[-2:].isspace() and not NUMBER.fullmatch(text)


def _is_blank(room: float, hint: float) -> bool:
    """``room``: px of the strip without ink; ``hint``: the network's log-probability of a blank there."""
    return room >= WIDEST or hint > (HINTED_WIDE if room >= WIDE else HINTED)


def _gaps(filled: bytes, least: float) -> list[tuple[int, int]]:
    """(first column, column after the last) of the runs without ink, those at least so wide."""
    marks = np.flatnonzero(np.frombuffer(filled, np.bool_))
    wide = np.flatnonzero(np.diff(marks) > least)
    return [(int(marks[one]) + 1, int(marks[one + 1])) for one in wide]


def _room(gaps: Sequence[tuple[int, int]], first: float, last: float) -> int:
    """The widest of the gaps with ink on both sides between two columns, px."""
    widest = 0
    for start, end in islice(gaps, bisect_left(gaps, (int(first) + 1, 0)), None):
        if end >= int(last):
            break
        widest = max(widest, end - start)
    return widest


def _filled(strip: Strip) -> bytes:
    """Which columns of the view hold the line's own ink, not a rule above it or a neighbour's foot: a byte each, 0 or 1."""
    first, last = _own_rows(strip)
    return cast(NDArray[np.bool_], strip.ink[first:last].any(axis=0)).tobytes()


def _own_rows(strip: Strip) -> tuple[int, int]:
    """The rows of the view that are the line's own."""
    _, y0, _, y1 = strip.place.box
    return max(0, y0 - strip.box[1]), max(1, y1 - strip.box[1])


def find_letters(network: Network, scores: Floats) -> list[Letter]:
    """The best letter of each run of steps, weighed against all others in the same place."""
    runs = _runs(network, scores.argmax(axis=1))
    if not runs.codes.size:
        return []
    weighed = _weighed(scores, _windows(runs, len(scores)), network.blank)
    weighed[:, network.silent] = -np.inf
    likely, values = _likeliest(weighed)
    runs = runs._replace(codes=_settled(network, runs.codes, likely[:, 0]))
    costs = COST * (values[:, :1] - values)
    sure = np.minimum(_surest(scores, runs), -_doubts(network, runs.codes, likely, values, costs))
    texts = network.texts[runs.codes].tolist()
    return list(map(Letter, texts, runs.firsts.tolist(), runs.lasts.tolist(), sure.tolist(), _choices(network, likely, costs)))


def _likeliest(weighed: Floats) -> tuple[Ints, Floats]:
    """For each letter the ``MOST`` likeliest codes, best first, and their values."""
    count, codes = weighed.shape
    rows = np.arange(count)[:, None]
    least = np.partition(weighed, codes - MOST, axis=1)[:, codes - MOST]
    likely = np.flatnonzero(weighed >= least[:, None])  # half the time of sorting places
    if likely.size > count * MOST:  # two alike to the last bit
        likely = (np.argsort(-weighed, axis=1)[:, :MOST] + rows * codes).ravel()
    values = weighed.ravel()[likely].reshape(count, MOST)
    order = np.argsort(-values, axis=1) + rows * MOST
    return likely[order] % codes, values.ravel()[order]


def _settled(network: Network, codes: Ints, best: Ints) -> Ints:
    """What weighing found best, where that is the same letter or one like it."""
    settled = codes.copy()
    for one in np.flatnonzero(codes != best).tolist():
        if _wavers(network, int(best[one]), int(codes[one])):
            settled[one] = best[one]
    return settled


def _doubts(network: Network, codes: Ints, likely: Ints, values: Floats, costs: Floats) -> NDArray[np.float64]:
    """Nats by which each letter is short of certain, among those weighed."""
    doubts: NDArray[np.float64] = np.log(np.exp(values - values[:, :1]).sum(axis=1)).astype(np.float64)
    for one in np.flatnonzero(codes != likely[:, 0]).tolist():
        text, texts = network.letters[codes[one]], network.texts[likely[one]].tolist()
        doubts[one] += (float(costs[one, texts.index(text)]) if text in texts else FAR) / COST
    return doubts


def _choices(network: Network, likely: Ints, costs: Floats) -> Iterator[Choices]:
    """For each letter the readings worth telling, best first."""
    near = costs < FAR
    told = list(zip(network.texts[likely[near]].tolist(), costs[near].tolist(), strict=True))
    first = 0
    for last in np.cumsum(np.count_nonzero(near, axis=1)).tolist():
        yield tuple(told[first:last])
        first = last


def _surest(scores: Floats, runs: Runs) -> Floats:
    """The best log-probability of each run's code within it."""
    lengths = runs.lasts - runs.firsts
    begins = np.cumsum(lengths) - lengths
    steps = np.arange(lengths.sum()) + np.repeat(runs.firsts - begins, lengths)
    return cast(Floats, np.maximum.reduceat(scores[steps, np.repeat(runs.codes, lengths)], begins))


def _runs(network: Network, best: Ints) -> Runs:
    """Every run that is a letter. Two readings of one letter side by side are one letter that wavered, not two."""
    edges = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
    codes = best[edges[:-1]]
    spoken = np.flatnonzero(network.speaks[codes])
    runs: list[tuple[int, int, int]] = []
    for run in zip(codes[spoken].tolist(), edges[spoken].tolist(), edges[spoken + 1].tolist(), strict=True):
        if runs and runs[-1][2] == run[1] and _wavers(network, runs[-1][0], run[0]):
            runs[-1] = (run[0], runs[-1][1], run[2])
        else:
            runs.append(run)
    return Runs(*np.array(runs, np.int_).reshape(-1, 3).T)


def _wavers(network: Network, one: int, two: int) -> bool:
    """Whether two codes are one letter with other marks, or letters that are taken for each other."""
    first, second = network.letters[one], network.letters[two]
    return fold(first) == fold(second) or _alike(first) == _alike(second) != ""


def _alike(letter: str) -> str:
    base = fold(letter)
    return ALIKE.get(base.upper() if letter.isupper() else base, "")


def _windows(runs: Runs, length: int) -> tuple[Ints, Ints]:
    """The steps each letter may take, first ones and how many: its own and some beside them, not beyond the middle to its
    neighbours."""
    middles = np.concatenate([[0], (runs.lasts[:-1] + runs.firsts[1:]) // 2, [length]])
    starts = np.maximum(runs.firsts - AROUND, middles[:-1])
    return starts, np.minimum(runs.lasts + AROUND, middles[1:]) - starts


def _weighed(scores: Floats, windows: tuple[Ints, Ints], blank: int) -> Floats:
    """For each window the best log-likelihood of every code standing once in it, against an empty window (letters, codes).

    The code takes some steps on end, blanks the rest: the greatest sum of a run of (code - blank), for all at once."""
    gain = scores - scores[:, blank : blank + 1]
    starts, lengths = windows
    longest_first = np.argsort(-lengths, kind="stable")
    starts, lengths = starts[longest_first], lengths[longest_first]
    here = gain[starts]
    best = here.copy()
    longer = (lengths > np.arange(1, lengths[0])[:, None]).sum(axis=1).tolist()
    for step, going in enumerate(longer, 1):
        now, kept = here[:going], best[:going]
        np.maximum(now, 0, out=now)
        now += gain[starts[:going] + step]
        np.maximum(kept, now, out=kept)
    found = np.empty_like(best)
    found[longest_first] = best
    return cast(Floats, found)


def _words(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    word: list[Letter] = []
    for letter in letters:
        if letter.text.isspace():
            yield word
            word = []
        else:
            word.append(letter)
    yield word


def _word(letters: Sequence[Letter], box: Box) -> ReadWord:
    text = "".join(letter.text for letter in letters)
    short = -min(letter.sure for letter in letters)
    sure = max(0.0, 1 - FALL * max(0.0, short) ** 0.5)
    return ReadWord(Token(text, sure, tuple(letter.choices for letter in letters), CLEAR), box)


# --- places ----------------------------------------------------------------------------------------------------------


def _spans(strip: Strip, filled: bytes, words: Sequence[Sequence[Letter]]) -> list[tuple[int, int]]:
    """Columns of the strip's view each word takes: parted in the middle of the widest gap of ink between them."""
    width = len(filled)
    column = POOL / strip.zoom
    edges = [0]
    for left, right in pairwise(words):
        first, last = int((left[-1].first + 0.5) * column), int((right[0].last - 0.5) * column)
        edges.append(min(width, max(edges[-1], _gap(filled, min(first, width), min(last, width)))))
    edges.append(width)
    ends = zip(words, edges, edges[1:], strict=False)
    return [_inked(filled, first, last, (run[0].first * column, run[-1].last * column)) for run, first, last in ends]


def _gap(filled: bytes, first: int, last: int) -> int:
    """The middle of the widest run without ink."""
    if last <= first:
        return (first + last) // 2
    between = filled[first:last]
    widest = max(map(len, between.split(INKED)))
    return first + between.index(bytes(widest)) + widest // 2


def _inked(filled: bytes, first: int, last: int, guess: tuple[float, float]) -> tuple[int, int]:
    """The ink within, or the letters' own steps where there is none. Specks far outside the letters are left out."""
    reach = (guess[1] - guess[0]) / 4 + 12
    low, high = max(first, int(guess[0] - reach)), min(last, int(guess[1] + reach) + 1)
    begin, end = filled.find(INKED, low, high), filled.rfind(INKED, low, high)
    if begin < 0:
        return max(first, int(guess[0])), max(first + 1, min(last, int(guess[1]) + 1))
    return begin, end + 1


def _box(strip: Strip, span: tuple[int, int]) -> Box:
    """The word's ink, in px of the picture; rows of the line's own ink only, so that neighbours above do not count."""
    left, top = strip.box[0], strip.box[1]
    first, last = _own_rows(strip)
    _, y, _, filled = cv2.boundingRect(strip.ink[first:last, span[0] : span[1]].view(np.uint8))
    if filled:
        first, last = first + y, first + y + filled
    return left + span[0], top + first, left + span[1], top + last
