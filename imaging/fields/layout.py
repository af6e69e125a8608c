"""Lines of a page cut into the pieces that stand apart: the two columns of a heading, a mark in a corner."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from statistics import fmean

from imaging.language import fold
from imaging.values import Box, PageText, Word

APART = 1.9
"""A gap between words of so many line heights divides columns: a justified line never opens that far."""
RIGHT_HEADS = re.compile(r"^(cong hoa xa|dang cong san|dang lao dong|viet nam dan chu|doc lap)")
"""What the right column of a heading begins with, however near it stands to the left one."""


@dataclass(frozen=True)
class Piece:
    """Words of one line with no wide gap between them; ``box`` in px of the page, ``size`` of the page itself."""

    words: tuple[Word, ...]
    size: tuple[int, int]
    page: int = 0

    @cached_property
    def text(self) -> str:
        """The words with single blanks."""
        return " ".join(word.text for word in self.words)

    @cached_property
    def folded(self) -> str:
        """Base letters in lower case, without signs at the ends."""
        return fold(self.text).strip(" .,:;*_-–—'\"|")

    @cached_property
    def box(self) -> Box:
        """Around all words."""
        boxes = [word.box for word in self.words]
        return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

    @property
    def height(self) -> int:
        """Px."""
        return self.box[3] - self.box[1]

    @property
    def centre(self) -> tuple[float, float]:
        """Of the box as shares of the page's width and height."""
        x0, y0, x1, y1 = self.box
        return (x0 + x1) / 2 / self.size[0], (y0 + y1) / 2 / self.size[1]

    @property
    def confidence(self) -> float:
        """Mean of the words', the engine's own."""
        return fmean(word.confidence for word in self.words)

    @property
    def upper(self) -> bool:
        """Whether every letter is a capital, and there are two at least."""
        return self.text.isupper() and sum(one.isalpha() for one in self.text) >= 2


def pieces(page: PageText, number: int = 0) -> tuple[Piece, ...]:
    """All pieces of a page from top to bottom, left before right."""
    found = [Piece(words, page.size, number) for line in page.lines for words in _split(line.words)]
    return tuple(sorted(found, key=lambda piece: (round(piece.centre[1] * 150), piece.box[0])))


def _split(words: Sequence[Word]) -> Iterator[tuple[Word, ...]]:
    start = 0
    for place, (one, two) in enumerate(pairwise(words), 1):
        if _divided(one, two) or RIGHT_HEADS.match(fold(" ".join(word.text for word in words[place : place + 3]))):
            yield tuple(words[start:place])
            start = place
    if words:
        yield tuple(words[start:])


def _divided(one: Word, two: Word) -> bool:
    height = max(one.box[3] - one.box[1], two.box[3] - two.box[1])
    return two.box[0] - one.box[2] > APART * height


def heading(found: Sequence[Piece]) -> tuple[Piece, ...]:
    """The pieces above the body: until the first ``Căn cứ`` or ``Kính gửi``, and never below the middle of the page."""
    until = next((piece.box[1] for piece in found if BODY.match(piece.folded)), None)
    if until is None or not found:
        return tuple(piece for piece in found if piece.centre[1] < 0.45)
    return tuple(piece for piece in found if piece.box[1] < until and piece.centre[1] < 0.6)


BODY = re.compile(r"^(can cu|kinh gui|thuc hien |theo de nghi|xet de nghi|de nghi |dieu 1\b)")


LONGEST = 7
"""Letters of the longest syllable (nghiêng)."""


def glued(text: str) -> bool:
    """Whether words were read without the blanks between them: ``BANNHÂNDÂN``."""
    return any(len(word) > LONGEST and word.isalpha() for word in re.split(r"[\s\-–/.,;:()]+", text))


def around(found: Sequence[Piece]) -> Box:
    """One box around several pieces."""
    boxes = [piece.box for piece in found]
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
