"""Where documents begin and end in a bundle of pages."""

from collections.abc import Sequence

from imaging.fields.heading import find_number_line, find_regime
from imaging.fields.layout import Piece, heading, pieces
from imaging.fields.numbers import find_numbers
from imaging.fields.signing import is_appendix, is_office
from imaging.fields.subject import find_title
from imaging.fields.values import DocumentSpan
from imaging.values import PageText

BEGINS = 0.5


def find_documents(pages: Sequence[PageText]) -> tuple[DocumentSpan, ...]:
    """The bundle cut into documents, in order and without gaps; blank pages belong to what stands before them.

    ``confidence``: that a document begins there. The first page always begins one."""
    cut = [pieces(page, number) for number, page in enumerate(pages)]
    starts = {number: _start(cut, number) for number in range(len(pages))}
    first = [number for number, sure in starts.items() if number == 0 or sure >= BEGINS]
    ends = [*(number - 1 for number in first[1:]), len(pages) - 1]
    return tuple(DocumentSpan(one, last, starts[one]) for one, last in zip(first, ends, strict=True)) if pages else ()


def _start(cut: Sequence[Sequence[Piece]], number: int) -> float:
    """Belief 0..1 that a document begins on this page: heading, number, title; against it, a running page number."""
    page = cut[number]
    if not page:
        return 0.0
    top = heading(page)
    belief = 0.55 * bool(find_regime(top[:12]).value) + 0.3 * (find_number_line(top) is not None)
    belief += 0.25 * (find_title(page) is not None)
    if any(mark.kind == "page" and mark.value not in ("1", "01") for mark in find_numbers([page])):
        belief -= 0.45
    if is_appendix(page):
        belief -= 0.4
    if number and any(is_office(piece) for piece in cut[number - 1]):
        belief += 0.1
    return max(0.0, min(0.99, belief))
