"""Which way up a page stands, told by reading: a few pieces of its lines as they are and on their heads.

Of letters read the right way up the line network is nearly always sure: 89 to 100 of a hundred on real and typeset pages, in
small letters and capitals, with marks or without, and of figures. On their heads: 25 to 73. What it cannot read, a hand or
another script, it is as unsure of both ways, and then nothing is said."""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import NamedTuple, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.ocr.decoding import find_letters
from imaging.ocr.lines import find_lines
from imaging.ocr.net_file import Floats, Network, load_network
from imaging.ocr.network import one_thread, recognise
from imaging.ocr.strips import Place, Strip, cut
from imaging.ocr.tessdata import known_folder
from imaging.prepare import PAPER
from imaging.values import Pixels, Turn

Flags = NDArray[np.bool_]

PIECES, PIECE = 6, 10.0
"""Pieces of lines from all over the page, and their length in heights: some hundred letters. Where there are fewer lines the
pieces are longer."""
APART_MM = 2.0
"""White between the pieces of a sample."""
BLANK = 150
"""Between letters nothing is darker, paper 255."""
LEVEL_DEGREES = 0.3
"""Less skew moves the end of a piece by no more than the width of a stroke."""
SURE = -0.1
"""Log-probability of a letter the network is sure of."""
LEAST_LETTERS = 40
LEAST_LEAD, HALF_LEAD, CLEAR = 0.12, 0.05, 1.05
"""Lead of the share of sure letters over any other way, over the opposite way in each half of the pieces, and share and lead
together at least. The right way had 1.12 and more on typeset pages and 1.35 on real ones; the wrong one never more than 0.68
with both halves, 0.94 with mirrored letters. Figures that read both ways (0 6 8 9) lead by no more than 0.07."""
QUARTERS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Upright(NamedTuple):
    """``turn``: clockwise, makes the page upright. ``confidence``: 0.5..1."""

    turn: Turn
    confidence: float


def find_upright(plain: Pixels, dpi: float, ways: Sequence[tuple[Turn, float]], language: str = "vie") -> Upright | None:
    """Which of ``ways``, or half a turn further, makes a page readable; None where none reads far better than the others.

    ``plain``: as ``Prepared.plain``, ``dpi``: its scale. ``ways``: a clockwise turn for each axis that lines may run along,
    with the skew the page then has. Raises ``NotReadable`` where the language file holds another kind of network,
    ``LanguageMissing`` where there is none."""
    network = _network(language)
    white = cast(Pixels, cv2.convertScaleAbs(plain, alpha=255 / PAPER))
    samples: dict[Turn, Pixels] = {}
    for turn, degrees in ways:
        sample = _sample(_levelled(_turned(white, turn), degrees), dpi)
        if sample is not None:
            samples |= {turn: sample, _over(turn): _turned(sample, 180)}
    sure = dict(zip(samples, _letters(network, list(samples.values()), dpi), strict=True))
    enough = {turn: flags for turn, flags in sure.items() if min(len(flags), len(sure[_over(turn)])) >= LEAST_LETTERS}
    return _best(enough) if enough else None


@cache
def _network(language: str) -> Network:
    one_thread()
    return load_network(known_folder((language,)) / f"{language}.traineddata")


def _best(sure: Mapping[Turn, Flags]) -> Upright | None:
    """``sure``: of each way's letters, in reading order, whether the network is sure of them."""
    turn, other, *_ = sorted(sure, key=lambda one: -sure[one].mean())
    lead = float(sure[turn].mean() - sure[other].mean())
    clear = lead >= LEAST_LEAD and sure[turn].mean() + lead >= CLEAR and _agree(sure[turn], sure[_over(turn)][::-1])
    return Upright(turn, min(1.0, 0.5 + lead)) if clear else None


def _agree(way: Flags, over: Flags) -> bool:
    """Whether both halves of the pieces read better this way."""
    halves = zip(np.array_split(way, 2), np.array_split(over, 2), strict=True)
    return all(one.mean() >= two.mean() + HALF_LEAD for one, two in halves)


def _over(turn: Turn) -> Turn:
    return cast(Turn, (turn + 180) % 360)


def _letters(network: Network, samples: Sequence[Pixels], dpi: float) -> list[Flags]:
    """Of each sample, line after line, whether the network is sure of each letter."""
    strips = [_strips(network, sample, dpi) for sample in samples]
    scores = iter(recognise(network, [strip.pixels for some in strips for strip in some]))
    return [np.array([sure for one in islice(scores, len(some)) for sure in _sure(network, one)], bool) for some in strips]


def _strips(network: Network, sample: Pixels, dpi: float) -> list[Strip]:
    rows = find_lines(sample, dpi) or []
    return cut(sample, [place for row in rows for place in row], network.height)


def _sure(network: Network, scores: Floats) -> list[bool]:
    return [letter.sure > SURE for letter in find_letters(network, scores) if not letter.text.isspace()]


# --- a few pieces of lines ------------------------------------------------------------------------------------------


def _sample(picture: Pixels, dpi: float) -> Pixels | None:
    """Pieces of lines from all over the page, one below the other; None where no lines are found."""
    places = [place for row in find_lines(picture, dpi) or [] for place in row]
    if not places:
        return None
    count = min(PIECES, len(places))
    edges = [len(places) * number // count for number in range(count + 1)]
    widest = [max(places[first:last], key=lambda one: one.box[2] - one.box[0]) for first, last in pairwise(edges)]
    return _pasted([_beginning(picture, place, PIECE * PIECES / count) for place in widest], round(APART_MM * dpi / 25.4))


def _beginning(picture: Pixels, place: Place, heights: float) -> Pixels:
    """So much of the line, up to a blank column: half a letter reads as another one."""
    x0, y0, x1, y1 = place.box
    longest = round(heights * (y1 - y0))
    if x1 - x0 <= longest:
        return picture[y0:y1, x0:x1]
    least = longest // 2
    blank = np.flatnonzero(np.min(picture[y0:y1, x0 + least : x0 + longest], axis=0) > BLANK)
    return picture[y0:y1, x0 : x0 + (least + int(blank[-1]) if len(blank) else longest)]


def _pasted(pieces: Sequence[Pixels], apart: int) -> Pixels:
    """On white, one below the other."""
    high, wide = sum(len(piece) + apart for piece in pieces) + apart, max(piece.shape[1] for piece in pieces) + 2 * apart
    sheet, top = np.full((high, wide), 255, np.uint8), apart
    for piece in pieces:
        sheet[top : top + piece.shape[0], apart : apart + piece.shape[1]] = piece
        top += len(piece) + apart
    return sheet


def _turned(picture: Pixels, turn: Turn) -> Pixels:
    return cast(Pixels, cv2.rotate(picture, QUARTERS[turn])) if turn else picture


def _levelled(picture: Pixels, degrees: float) -> Pixels:
    """The picture turned by its skew about its middle, white beyond its edges."""
    if abs(degrees) < LEVEL_DEGREES:
        return picture
    height, width = picture.shape
    move = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cast(Pixels, cv2.warpAffine(picture, move, (width, height), flags=cv2.INTER_LINEAR, borderValue=255))
