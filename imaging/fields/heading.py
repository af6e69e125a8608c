"""The heading of a paper: regime, issuing body, number and notation, place and date (State form of NĐ 30, Party form)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from imaging.fields.layout import Piece, around, glued
from imaging.fields.values import Proposal, Regime
from imaging.language import fold
from imaging.values import Word

REGIMES: tuple[tuple[str, Regime], ...] = (
    ("dang cong san viet nam", "party"),
    ("dang lao dong viet nam", "party_1951"),
    ("viet nam dan chu cong hoa", "state_1945"),
    ("cong hoa xa hoi chu nghia", "state"),
    ("doc lap tu do hanh phuc", "state"),
)
MOTTO = re.compile(r"cong hoa xa hoi|dang cong san viet nam$|dang lao dong|dan chu cong hoa|doc lap|hanh phuc")
BODIES = re.compile(
    r"^(uy ban|ubnd|hoi dong|hdnd|bo |so |ban |phong |cuc |chi cuc|tong cuc|van phong|vien |truong |hoi |dang uy|dang bo"
    r"|tinh uy|huyen uy|thanh uy|quan uy|thi uy|chi bo|cong ty|tap doan|toa an|cong an|trung tam|lien doan|doan |doan dbqh"
    r"|mat tran|thanh tra|kho bac|ngan hang|bao hiem|chinh phu|quoc hoi|thu tuong|chu tich nuoc|bo chi huy|ubmttq|ubkt"
    r"|lien minh|hiep hoi|thuong truc|benh vien|nha xuat ban|so$)"
)
NUMBER_HEAD = re.compile(r"^s[o0][\s:;.,]|^s[o0]$|^s[o0][:;.]")
PARTS = re.compile(r"^\s*(?P<number>[^/\-–]*?)\s*(?P<stroke>[-–/])\s*(?P<notation>[^\W\d_][\w\s/.\-–]*)")
CLEAN_NUMBER = re.compile(r"^\d{1,5}[a-zđA-ZĐ]{0,2}$")
KINDS = {"01": "NQ", "02": "QĐ", "03": "CT", "07": "TB", "10": "KH", "14": "BC", "15": "TTr", "20": "BB", "26": "GM"}
"""Kinds of paper whose notation always begins the same way."""
HANDWRITTEN = 0.5
"""The most a value can have that was written by hand: always flagged, Tesseract reads print."""
PRINTED_SURE = 0.85


def find_regime(top: Sequence[Piece]) -> Proposal:
    """``state``, ``party`` or one of the older ones, by the words above the rule."""
    for phrase, regime in REGIMES:
        for piece in top:
            if phrase in _letters(piece.folded):
                return Proposal("regime", regime, min(0.99, piece.confidence + 0.05), piece.page, piece.box)
    return Proposal("regime", "", 0.0)


def _letters(folded: str) -> str:
    return " ".join(re.findall(r"[a-z]+", folded))


def find_number_line(top: Sequence[Piece]) -> Piece | None:
    """The piece that begins with ``Số``, left of the middle and in the upper third."""
    named = (piece for piece in top if NUMBER_HEAD.match(fold(piece.text)) and piece.centre[1] < 0.36)
    lines = [piece for piece in named if re.search(r"[:/\d]", piece.text) or piece.folded == "so"]  # not SỞ NỘI VỤ
    left = [piece for piece in lines if piece.box[0] < 0.45 * piece.size[0]]
    return _whole_number(left[0], top) if left else None


def _whole_number(head: Piece, top: Sequence[Piece]) -> Piece:
    """With the notation that stands behind the blank left for the pen: ``Số:          /QĐ-UBND``."""
    row = (head.box[1], head.box[3])
    for piece in top:
        middle = piece.centre[1] * piece.size[1]
        if piece is not head and row[0] < middle < row[1] and piece.text[:1] in "/-–" and piece.centre[0] < 0.5:
            return Piece((*head.words, *piece.words), head.size, head.page)
    return head


def find_number(line: Piece | None) -> tuple[Proposal, Proposal]:
    """Number (``15``, ``245a``) and notation (``QĐ-UBND``, ``NQ/ĐU``) as two fields."""
    if line is None:
        return Proposal("number", "", 0.0), Proposal("notation", "", 0.0)
    rest = re.sub(r"^\W*[Ss]\w?\s*[:;.,]?", "", line.text, count=1)
    found = PARTS.match(rest)
    if found is None:
        digits = re.sub(r"\W", "", rest)
        return Proposal("number", digits if CLEAN_NUMBER.match(digits) else "", 0.3, line.page, line.box), Proposal(
            "notation", "", 0.0, line.page, line.box
        )
    return _number(line, found["number"]), _notation(line, found["notation"])


def _number(line: Piece, text: str) -> Proposal:
    value = re.sub(r"\s", "", text)
    if not CLEAN_NUMBER.match(value):
        return Proposal("number", re.sub(r"\D", "", value), 0.2, line.page, line.box)
    words = [word for word in line.words if value[:2] in word.text] or list(line.words)
    # A printed number stands close to its notation; a blank between them was left for the pen.
    printed = any(value in word.text and re.search(r"[-/–]", word.text) for word in line.words)
    sure = min(word.confidence for word in words)
    pen = next((word for word in words if word.hand), None)
    if pen is not None:
        return Proposal("number", value, min(pen.confidence, HANDWRITTEN), line.page, pen.box)
    return Proposal("number", value, sure if printed else min(sure, HANDWRITTEN), line.page, words[0].box)


def _notation(line: Piece, text: str) -> Proposal:
    value = re.sub(r"\s*([-–/])\s*", r"\1", text.strip(" .,;:-–/")).replace("–", "-").split(" ")[0]
    whole = re.search(r"[-/]", value) is not None  # a kind and a body; one alone lost what stands between
    # Within the kind of paper a small r or g is usual (TTr, TTg); anything else is in capitals.
    plausible = bool(re.match(r"^[A-ZĐƯÔĂÂƠÊ]{1,6}[rgđa-z]?[A-Za-zĐđƯÔ\d]*([-/][\wĐđ]+)*$", value))
    words = [word for word in line.words if value[:4] in word.text.replace("–", "-")] or list(line.words)
    sure = min(word.confidence for word in words)
    return Proposal("notation", value, sure if plausible and whole else min(sure, 0.4), line.page, words[-1].box)


def settle_notation(notation: Proposal, kind: Proposal) -> Proposal:
    """The notation with its first part as the printed kind of paper has it, where it was misread by a letter or lost its
    hyphen: ``TIr-UBND`` and ``TTrUBND`` under TỜ TRÌNH are ``TTr-UBND``. What was put right is flagged."""
    expected = KINDS.get(kind.value) if kind.confidence >= PRINTED_SURE else None
    if expected is None or not notation.value or fold(re.split(r"[-/]", notation.value)[0]) == fold(expected):
        return notation
    first, stroke, rest = re.match(r"^([^-/]*)([-/]?)(.*)$", notation.value).groups()  # type: ignore[union-attr]
    if not stroke and fold(first).startswith(fold(expected)):
        first, stroke, rest = expected, "-", first[len(expected) :]
    elif not (stroke and len(first) == len(expected) > 1 and sum(a != b for a, b in zip(first, expected, strict=True)) == 1):
        return replace(notation, confidence=min(notation.confidence, HANDWRITTEN)) if kind.value in KINDS else notation
    return replace(notation, value=f"{expected}{stroke or '-'}{rest}", confidence=min(notation.confidence, HANDWRITTEN))


def find_issuer(top: Sequence[Piece], number_line: Piece | None, regime: str) -> Proposal:
    """The issuing body: the left column above the number, its superior left out (``UBND TỈNH …`` over ``BAN CHỈ ĐẠO 138``)."""
    left = list(_left_column(top, number_line))
    groups: list[list[Piece]] = []
    for piece in left:
        if BODIES.match(piece.folded) or not groups:
            groups.append([piece])
        else:
            groups[-1].append(piece)
    if not groups:
        return Proposal("issuer", "", 0.0)
    chosen = groups[-1]
    value = " ".join(piece.text.strip(" *_-–.|") for piece in chosen).strip()
    sure = min(piece.confidence for piece in chosen)
    fits = BODIES.match(chosen[0].folded) and value.isupper() and len(value) > 3 and not glued(value)
    return Proposal("issuer", value, sure if fits else min(sure, 0.5), chosen[0].page, around(chosen))


def _left_column(top: Sequence[Piece], number_line: Piece | None) -> Iterator[Piece]:
    below = number_line.box[1] if number_line else top[0].size[1] * 0.2 if top else 0
    for piece in top:
        above = piece.centre[1] * piece.size[1] < below
        left = piece.centre[0] < 0.5 and piece.box[0] < 0.42 * piece.size[0]
        words = sum(one.isalpha() for one in piece.text)
        if above and left and piece.upper and words >= 3 and not MOTTO.search(piece.folded):
            yield piece


def find_date(top: Sequence[Piece], years: tuple[int, int] | None = None) -> tuple[Proposal, Proposal]:
    """Place and date. The date is ISO, shortened to what was readable: ``2025-01-23``, ``2025-01``, ``2025``.

    ``years``: first and last year of the file, which alone may complete a year of two figures."""
    for piece in top:
        texts = [fold(word.text) for word in piece.words]
        marks = [_at(texts, head) for head in ("ngay", "thang", "nam")]
        day, month, year = marks
        if month is not None and year is not None and month < year and piece.centre[1] < 0.4:
            return _place(piece, day if day is not None else month), _date(piece, day, month, year, years)
    return Proposal("place", "", 0.0), _numeric_date(top)


def _at(texts: Sequence[str], head: str) -> int | None:
    return next((place for place, text in enumerate(texts) if text.startswith(head)), None)


def _place(piece: Piece, until: int) -> Proposal:
    words = list(takewhile(lambda word: not word.text.startswith("("), piece.words[:until]))
    value = " ".join(word.text for word in words).strip(" ,.")
    sure = min((word.confidence for word in words), default=0.0)
    return Proposal("place", value, sure if value[:1].isupper() else 0.3 * sure, piece.page, piece.box)


def _date(piece: Piece, day: int | None, month: int, year: int, years: tuple[int, int] | None) -> Proposal:
    days = _figures(piece.words, day, month, 4) if day is not None and day < month else ("", 0.0)
    months = _figures(piece.words, month, year, 5)
    after = _figures(piece.words, year, len(piece.words), 3)
    whole = _year(after[0], years)
    if not whole:
        return Proposal("date", "", 0.2, piece.page, piece.box)
    parts, sure = [whole], after[1]
    for (text, certain), most in ((months, 12), (days, 31)):
        if not text.isdigit() or not 1 <= int(text) <= most:
            return Proposal("date", "-".join(parts), min(sure, 0.4), piece.page, piece.box)
        parts.append(f"{int(text):02d}")
        sure = min(sure, certain)
    return Proposal("date", "-".join(parts), sure, piece.page, piece.box)


def _figures(words: Sequence[Word], head: int, until: int, prefix: int) -> tuple[str, float]:
    """What stands between two of the words ngày, tháng, năm, and how surely it was printed there."""
    glued = words[head].text[prefix:]
    between = list(words[head + 1 : until])
    if prefix == 3:
        between = between[:1]
    text = (glued + "".join(word.text for word in between)).strip(" .,;:")
    confidences = [word.confidence for word in (between or [words[head]])]
    sure = min(confidences)
    if glued or len(between) != 1 or between[0].hand or not _level(between[0], words):
        sure = min(sure, HANDWRITTEN)
    return text, sure if sure >= PRINTED_SURE else min(sure, HANDWRITTEN)


def _level(word: Word, line: Sequence[Word]) -> bool:
    """Whether a figure is as high as the line's printed year and stands on its foot: a pen keeps neither."""
    year = next((other for other in reversed(line) if re.fullmatch(r"\d{4}[.,]?", other.text)), None)
    if year is None or word is year:
        return True
    height = year.box[3] - year.box[1]
    return abs((word.box[3] - word.box[1]) - height) < 0.13 * height + 1 and abs(word.box[3] - year.box[3]) < 0.25 * height


def _year(text: str, years: tuple[int, int] | None) -> str:
    digits = re.sub(r"\D", "", text)
    if len(digits) == 4 and 1900 <= int(digits) <= 2100:
        return digits
    if len(digits) == 2 and years is not None:
        fitting = [year for year in range(years[0], years[1] + 1) if year % 100 == int(digits)]
        return str(fitting[0]) if len(fitting) == 1 else ""
    return ""


def _numeric_date(top: Sequence[Piece]) -> Proposal:
    for piece in top:
        found = re.search(r"\b(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})\b", piece.text)
        if found and piece.centre[0] > 0.45 and 1 <= int(found[2]) <= 12 and 1 <= int(found[1]) <= 31:
            value = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
            return Proposal("date", value, min(0.55, piece.confidence), piece.page, piece.box)
    return Proposal("date", "", 0.0)
