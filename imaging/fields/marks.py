"""Secrecy and urgency marks: a whole line in capitals, never a word within one (MẬT is not MẶT TRẬN)."""

import re
from collections.abc import Iterator, Sequence

from imaging.fields.layout import Piece
from imaging.fields.values import Mark, Name, Proposal

SECRECY: dict[str, Mark] = {"mat": "mat", "toi mat": "toi_mat", "tuyet mat": "tuyet_mat"}
URGENCY: dict[str, Mark] = {
    "khan": "khan",
    "thuong khan": "thuong_khan",
    "hoa toc": "hoa_toc",
    "hoa toc hen gio": "hoa_toc",
}
URGENT_ABOVE = 0.55
"""Urgency stands in the heading; a secrecy mark is an alarm wherever it stands."""


def find_marks(pages: Sequence[Sequence[Piece]]) -> Iterator[Proposal]:
    """Every mark on every page. A mark is an alarm for a person, not a decision: doubt does not silence it."""
    for page in pages:
        for piece in page:
            yield from _marks(piece)


def _marks(piece: Piece) -> Iterator[Proposal]:
    words = re.sub(r"[^a-z ]+", "", piece.folded).strip()
    if not piece.upper:
        return
    for name, table in (("secrecy", SECRECY), ("urgency", URGENCY)):
        mark = table.get(words)
        if mark and (name == "secrecy" or piece.centre[1] < URGENT_ABOVE):
            yield Proposal(_named(name), mark, _certainty(piece, words), piece.page, piece.box)


def _named(name: str) -> Name:
    return "secrecy" if name == "secrecy" else "urgency"


def _certainty(piece: Piece, words: str) -> float:
    """Less for ``MẶT`` alone, which a misread hook makes of MẬT, and for a mark low on the page."""
    spelt = "MẶT" not in piece.text
    high = piece.centre[1] < URGENT_ABOVE
    return piece.confidence * (1.0 if spelt else 0.6) * (1.0 if high else 0.7)
