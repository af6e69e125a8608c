"""Who signed: the block at the lower right of the last page before the appendices."""

import re
from collections.abc import Sequence

from imaging.fields.layout import Piece
from imaging.fields.values import Proposal
from imaging.language import fold

TITLE = re.compile(
    r"^((tm|kt|tl|tuq|t m|k t|t l|q|pho|quyen)[./ ]+)*"
    r"(pho )?(chu tich|bi thu|giam doc|chanh|truong|pho truong|thu truong|bo truong|cuc truong|vu truong|tong|hieu truong"
    r"|chu nhiem|vien truong|thu tuong|uy vien|thuong truc|to truong|tham phan|ke toan truong|pho )"
)
HEAD = re.compile(r"^(t ?\W?m|k ?\W?t|t ?\W?l|tuq)\W+\w")
NAME = re.compile(r"^[^\W\d_]+( [^\W\d_]+){1,5}$")
RANKS = re.compile(
    r"^(\(da ky\)|da ky|dai ta|thuong ta|trung ta|thieu ta|thieu tuong|trung tuong|ths|ts|pgs|gs|bs)\W*", re.IGNORECASE
)
APPENDIX = re.compile(r"^(phu luc|danh muc|danh sach|bieu |bieu mau|mau so|kem theo|\(kem theo|\(ban hanh kem)")


def is_appendix(page: Sequence[Piece]) -> bool:
    """Whether the page begins as an appendix does."""
    first = [piece for piece in page if sum(one.isalpha() for one in piece.text) > 3][:3]
    return any(APPENDIX.match(piece.folded) and (piece.upper or piece.text[:1] == "(") for piece in first)


def find_signer(pages: Sequence[Sequence[Piece]]) -> tuple[Proposal, Proposal]:
    """Name and office of the signer: the last page with such a block and a name under it, else the last with a block."""
    found = [(_name(page, offices), _title(offices)) for page in reversed(pages) if (offices := _offices(page))]
    nothing = (Proposal("signer", "", 0.0), Proposal("signer_title", "", 0.0))
    return next((pair for pair in found if pair[0].value), found[0] if found else nothing)


def _offices(page: Sequence[Piece]) -> list[Piece]:
    return [piece for piece in page if is_office(piece)]


def is_office(piece: Piece) -> bool:
    """A line of the block above the signature: capitals, right of the middle: ``KT. CHỦ TỊCH``, ``T/M BAN THƯỜNG VỤ``."""
    text = re.sub(r"[^a-z ]+", " ", piece.folded).strip()
    if not piece.upper or piece.centre[0] < 0.5 or piece.centre[1] < 0.15 or len(piece.words) > 9:
        return False
    return bool(TITLE.match(re.sub(" +", " ", text)) or HEAD.match(fold(piece.text)))


def _title(offices: Sequence[Piece]) -> Proposal:
    last = offices[-1]
    block = [piece for piece in offices if last.box[1] - piece.box[1] < 9 * last.height]
    value = " ".join(piece.text.strip(" ,;*") for piece in block)
    return Proposal("signer_title", value, min(piece.confidence for piece in block), last.page, last.box)


def _name(page: Sequence[Piece], offices: Sequence[Piece]) -> Proposal:
    under = offices[-1].box[3]
    middle = sum(piece.centre[0] for piece in offices) / len(offices)
    for piece in page:
        text = RANKS.sub("", fold(piece.text))
        value = piece.text.strip(" .,:;*_-")[-len(text.strip()) :] if text.strip() else ""
        beside = abs(piece.centre[0] - middle) < 0.14
        if piece.box[1] > under and beside and NAME.match(value) and all(part[:1].isupper() for part in value.split()):
            sure = min(word.confidence for word in piece.words)
            return Proposal("signer", value, sure, piece.page, piece.box)
    return Proposal("signer", "", 0.0, offices[-1].page, None)
