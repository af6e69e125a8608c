"""Kind of paper and trích yếu: the centred title, or ``V/v`` under the number of an official letter."""

import re
from collections.abc import Callable, Sequence

from imaging.fields.layout import Piece, around, glued
from imaging.fields.values import Proposal
from imaging.language import fold

TYPES = {
    "nghi quyet": "01", "quyet dinh": "02", "chi thi": "03", "quy che": "04", "quy dinh": "05", "thong cao": "06",
    "thong bao": "07", "huong dan": "08", "chuong trinh": "09", "ke hoach": "10", "phuong an": "11", "de an": "12",
    "du an": "13", "bao cao": "14", "to trinh": "15", "giay uy quyen": "16", "phieu gui": "17", "phieu chuyen": "18",
    "phieu bao": "19", "bien ban": "20", "hop dong": "21", "cong van": "22", "cong dien": "23", "ban ghi nho": "24",
    "ban thoa thuan": "25", "giay moi": "26", "giay gioi thieu": "27", "giay nghi phep": "28", "thu cong": "29",
    "ban do": "30", "ban ve ky thuat": "31", "nghi dinh": "32", "thong tu": "32", "ket luan": "32", "luat": "32",
    "phap lenh": "32", "sac lenh": "32", "lenh": "32", "thong tri": "32", "dien": "32", "quy trinh": "32",
    "ban cam ket": "32", "ly lich": "32", "don": "32", "phieu trinh": "32", "quyet nghi": "32", "thong tu lien tich": "32",
}  # fmt: skip
"""Folded title to code of the list of kinds (TT 05, DOMAIN §4); kinds outside the list are 32 with their literal name."""

NAMES = {
    "01": "Nghị quyết", "02": "Quyết định", "03": "Chỉ thị", "04": "Quy chế", "05": "Quy định", "06": "Thông cáo",
    "07": "Thông báo", "08": "Hướng dẫn", "09": "Chương trình", "10": "Kế hoạch", "11": "Phương án", "12": "Đề án",
    "13": "Dự án", "14": "Báo cáo", "15": "Tờ trình", "16": "Giấy ủy quyền", "17": "Phiếu gửi", "18": "Phiếu chuyển",
    "19": "Phiếu báo", "20": "Biên bản", "21": "Hợp đồng", "22": "Công văn", "23": "Công điện", "24": "Bản ghi nhớ",
    "25": "Bản thỏa thuận", "26": "Giấy mời", "27": "Giấy giới thiệu", "28": "Giấy nghỉ phép", "29": "Thư công",
    "30": "Bản đồ", "31": "Bản vẽ kỹ thuật",
}  # fmt: skip

NOTATIONS = {
    "nq": "01", "qd": "02", "ct": "03", "qc": "04", "tb": "07", "hd": "08", "ctr": "09", "kh": "10", "pa": "11", "da": "12",
    "bc": "14", "ttr": "15", "bb": "20", "gm": "26", "gt": "27",
}  # fmt: skip
"""First part of a notation to the kind it belongs to: a second witness for the title."""

STOP = re.compile(r"^(kinh gui|can cu|thuc hien |theo |xet |de |ngay \d|trong |dieu \d|i\. |1\. |- |\(co |_{2,}|-{2,})")
SUBJECT_HEAD = re.compile(r"^v[/i\\|.]?\s?v\b\.?[:;]?\s*", re.IGNORECASE)
MOST_LINES = 6


def find_title(page: Sequence[Piece]) -> Piece | None:
    """The piece that names the kind of paper: capitals, centred, in the upper half."""
    for piece in page:
        words = re.sub(r"[^a-z ]", "", piece.folded).strip()
        if piece.upper and words in TYPES and 0.3 < piece.centre[0] < 0.75 and piece.centre[1] < 0.5:
            return piece
    return None


def find_type(title: Piece | None, page: Sequence[Piece], notation: str) -> tuple[Proposal, Proposal]:
    """Code of the kind, and its name. Without a title a ``V/v`` makes it an official letter."""
    kind = re.split(r"[-/]", fold(notation))[0]
    if title is not None:
        words = re.sub(r"[^a-z ]", "", title.folded).strip()
        code = TYPES[words]
        agrees = NOTATIONS.get(kind) in (code, None)
        sure = min(0.98, title.confidence + 0.1) if agrees else 0.5
        name = NAMES.get(code, title.text.strip(" :.*-").capitalize())
        return Proposal("type", code, sure, title.page, title.box), Proposal("type_name", name, sure, title.page, title.box)
    letter = _letter_head(page)
    if letter is not None:
        return Proposal("type", "22", 0.9, letter.page, letter.box), Proposal(
            "type_name", NAMES["22"], 0.9, letter.page, letter.box
        )
    if kind in NOTATIONS:
        code = NOTATIONS[kind]
        return Proposal("type", code, 0.5), Proposal("type_name", NAMES[code], 0.5)
    return Proposal("type", "", 0.0), Proposal("type_name", "", 0.0)


def _letter_head(page: Sequence[Piece]) -> Piece | None:
    upper = (piece for piece in page if piece.centre[1] < 0.45 and piece.box[0] < 0.45 * piece.size[0])
    return next((piece for piece in upper if SUBJECT_HEAD.match(piece.text) and "v" in piece.text[1:4].lower()), None)


def find_subject(title: Piece | None, page: Sequence[Piece]) -> Proposal:
    """The trích yếu as printed, without ``V/v``."""
    if title is not None:
        lines = _below(title, page, lambda piece: 0.25 < piece.centre[0] < 0.75)
    else:
        head = _letter_head(page)
        if head is None:
            return Proposal("subject", "", 0.0)
        lines = [head, *_below(head, page, lambda piece: piece.centre[0] < 0.48)]
    text = SUBJECT_HEAD.sub("", " ".join(piece.text for piece in lines)).strip(" -–_*.")
    if not text:
        return Proposal("subject", "", 0.0)
    sure = sum(piece.confidence for piece in lines) / len(lines)
    return Proposal("subject", text, sure if len(text) > 12 and not glued(text) else 0.4, lines[0].page, around(lines))


def _below(head: Piece, page: Sequence[Piece], belongs: Callable[[Piece], bool]) -> list[Piece]:
    """The lines right under ``head`` that stand close together, until another part of the paper begins."""
    found: list[Piece] = []
    last, pitch = head, 0.0
    for piece in page:
        step = piece.box[1] - last.box[1]
        if piece is head or step <= 0.4 * head.height or not belongs(piece):
            continue
        first_is_far = not found and step > 3.2 * head.height
        opened = found and step > max(1.45 * (pitch or 1.25 * head.height), 1.2 * piece.height + 12)
        if first_is_far or opened or STOP.match(fold(piece.text).strip()) or _authority(piece) or len(found) == MOST_LINES:
            break
        pitch = step if found else 0.0
        found.append(piece)
        last = piece
    return found


def _authority(piece: Piece) -> bool:
    """``ỦY BAN NHÂN DÂN TỈNH …`` between title and body: who decides, not what about."""
    return piece.upper and not re.match(r"^(ve |v/v)", piece.folded)
