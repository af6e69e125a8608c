"""Field proposals: what a document says about itself, each value with its confidence and the place it came from.

The State form (NĐ 30) and the Party form; DOMAIN §7. A machine value is a proposal, a person confirms."""

from collections.abc import Sequence

from imaging.fields.bundle import find_documents
from imaging.fields.heading import find_date, find_issuer, find_number, find_number_line, find_regime, settle_notation
from imaging.fields.layout import Piece, heading, pieces
from imaging.fields.marks import find_marks
from imaging.fields.numbers import find_numbers
from imaging.fields.signing import find_signer, is_appendix
from imaging.fields.subject import find_subject, find_title, find_type
from imaging.fields.values import SURE, DocumentSpan, PageMark, Proposal, Proposals
from imaging.values import PageText

__all__ = ["SURE", "DocumentSpan", "PageMark", "Proposal", "Proposals", "find_documents", "marks_on", "propose"]


def propose(pages: Sequence[PageText], *, years: tuple[int, int] | None = None) -> Proposals:
    """Proposals for one document from the text of its pages, in order.

    ``years``: first and last year of the archive file; only they complete a date of two figures. A field sought in vain is
    there with an empty value and confidence 0; values under ``SURE`` are to be flagged. Marks may occur more than once."""
    cut = [pieces(page, number) for number, page in enumerate(pages)]
    first: Sequence[Piece] = next((page for page in cut if page), ())
    top = heading(first)
    line = find_number_line(top)
    regime = find_regime(top)
    number, notation = find_number(line)
    title = find_title(first)
    kind, kind_name = find_type(title, first, notation.value)
    body = [page for page in cut if not is_appendix(page)] or cut
    found = (
        regime,
        find_issuer(top, line, regime.value),
        number,
        settle_notation(notation, kind),
        *find_date(top, years),
        kind,
        kind_name,
        find_subject(title, first),
        *find_signer(body),
        *find_marks(cut),
    )
    return Proposals(found, tuple(find_numbers(cut)))


def marks_on(page: PageText) -> tuple[Proposal, ...]:
    """Secrecy and urgency marks of a single page: the alarm on a fresh image."""
    return tuple(find_marks([pieces(page)]))
