"""Numbers on the margins: the paper's own page numbers, and sheet numbers (số tờ) in the upper right corner."""

import re
from collections.abc import Iterator, Sequence

from imaging.fields.layout import Piece
from imaging.fields.values import PageMark

PAGE_NUMBER = re.compile(r"^[-–—]?\s*(\d{1,4})\s*[-–—.]?$")
SHEET_NUMBER = re.compile(r"^(\d{1,4}[a-dđ]?)$")
CORNER = (0.8, 0.11)
MARGIN = 0.11


def find_numbers(pages: Sequence[Sequence[Piece]]) -> Iterator[PageMark]:
    """One page number and one sheet number of each page at most."""
    for page in pages:
        yield from _first(page, "page")
        yield from _first(page, "sheet")


def _first(page: Sequence[Piece], kind: str) -> Iterator[PageMark]:
    for piece in page:
        x, y = piece.centre
        text = piece.text.strip()
        if kind == "page" and (y < MARGIN or y > 1 - MARGIN) and 0.35 < x < 0.7:
            found = PAGE_NUMBER.match(text)
            if found:
                yield PageMark("page", found[1], piece.confidence, piece.page, piece.box)
                return
        if kind == "sheet" and x > CORNER[0] and y < CORNER[1]:
            found = SHEET_NUMBER.match(text.lower())
            if found:
                # Sheet numbers are pencilled or stamped: print is what the engine reads, so a person confirms.
                yield PageMark("sheet", found[1], 0.5 * piece.confidence, piece.page, piece.box)
                return
