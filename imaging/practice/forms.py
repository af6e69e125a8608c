"""The two forms of Vietnamese administrative documents, State (NĐ 30/2020) and Party (HD 36/05-HD/VPTW), set on A4.

Margins 20, 20, 30, 17 mm; sizes and places after DOMAIN §7."""

from dataclasses import dataclass

from imaging.practice.fonts import Faces
from imaging.practice.model import Document, Paragraph
from imaging.practice.sheet import HEIGHT, LEADING, WIDTH, Sheet, broken, mm, px, set_line, union
from imaging.values import Box

LEFT, RIGHT, TOP, BOTTOM = mm(30), WIDTH - mm(17), mm(20), HEIGHT - mm(20)
LEFT_CENTRE, RIGHT_CENTRE = mm(62), mm(140)
SIGNATURE_ROOM = mm(34)


@dataclass
class SetPage:
    """A page with its black ink, and the places that wait for coloured ink: baseline-left points and boxes in px."""

    sheet: Sheet
    number_at: tuple[int, int] | None = None
    """Where the document number is written by hand."""
    sign_box: Box | None = None
    """Between the post and the signer's name."""


def set_document(document: Document, faces: Faces, handwritten: bool) -> list[SetPage]:
    """Pages of the document in order; at least one."""
    flow = _Flow(faces)
    _head(flow.page, document, handwritten)
    flow.y = mm(64) if document.letter else mm(58)
    for paragraph in (*_title(document), *document.body):
        flow.paragraph(paragraph)
    _foot(flow, document)
    return flow.pages


class _Flow:
    def __init__(self, faces: Faces) -> None:
        self.faces = faces
        self.pages = [SetPage(Sheet(faces))]
        self.y = TOP

    @property
    def page(self) -> SetPage:
        return self.pages[-1]

    def turn(self) -> None:
        self.pages.append(SetPage(Sheet(self.faces)))
        self.page.sheet.centred(str(len(self.pages)), "r", 13, WIDTH // 2, mm(14))
        self.y = TOP

    def need(self, height: int) -> None:
        if self.y + height > BOTTOM:
            self.turn()

    def paragraph(self, paragraph: Paragraph) -> None:
        pitch = round(px(paragraph.size_pt) * LEADING)
        lines = broken(self.page.sheet, paragraph, RIGHT - LEFT)
        boxes = []
        for number, words in enumerate(lines):
            self.need(pitch)
            self.y += pitch
            last = number == len(lines) - 1
            boxes.append(set_line(self.page.sheet, paragraph, words, number, last, LEFT, RIGHT, self.y))
        if paragraph.name:
            self.page.sheet.name(paragraph.name, " ".join(text for text, _ in paragraph.runs), union(boxes))
        self.y += mm(paragraph.after_mm)


def _head(page: SetPage, document: Document, handwritten: bool) -> None:
    baseline = TOP + px(13)
    _issuer(page, document, baseline)
    _motto(page, document, baseline)
    _number(page, document, TOP + px(13) + mm(20), handwritten)


def _issuer(page: SetPage, document: Document, baseline: int) -> None:
    sheet, pitch = page.sheet, mm(5.4)
    sheet.centred(document.issuer[0], "r", 12, LEFT_CENTRE, baseline)
    boxes = []
    for number, text in enumerate(document.issuer[1].split("\n"), 1):
        boxes.append(sheet.centred(text, "b", 12, LEFT_CENTRE, baseline + number * pitch))
    sheet.name("issuer", " ".join(document.issuer[1].split("\n")), union(boxes))
    below = boxes[-1][3]
    if document.regime == "party":
        sheet.centred("*", "r", 14, LEFT_CENTRE, below + mm(5))
    else:
        sheet.rule(LEFT_CENTRE - mm(9), LEFT_CENTRE + mm(9), below + mm(2.4))


def _motto(page: SetPage, document: Document, baseline: int) -> None:
    sheet, pitch = page.sheet, mm(5.4)
    day, month, year = document.date
    written = f"{document.place}, ngày {day:02d} tháng {month:02d} năm {year}"
    if document.regime == "party":
        box = sheet.centred("ĐẢNG CỘNG SẢN VIỆT NAM", "b", 14, RIGHT_CENTRE, baseline)
        sheet.rule(box[0], box[2], box[3] + mm(1.5), 4)
        line = sheet.centred(written, "i", 13, RIGHT_CENTRE, baseline + mm(12))
    else:
        sheet.centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "b", 12, RIGHT_CENTRE, baseline)
        box = sheet.centred("Độc lập - Tự do - Hạnh phúc", "b", 13, RIGHT_CENTRE, baseline + pitch)
        sheet.rule(box[0], box[2], box[3] + mm(1.5))
        line = sheet.centred(written, "i", 13, RIGHT_CENTRE, baseline + mm(20))
    sheet.name("date", f"{day:02d}/{month:02d}/{year}", line)
    sheet.name("place", document.place, line)


def _number(page: SetPage, document: Document, baseline: int, handwritten: bool) -> None:
    """Printed whole, or with a gap that is filled in by hand."""
    sheet = page.sheet
    label = "Số" if document.regime == "party" else "Số:"
    joint = "-" if document.regime == "party" else "/"
    gap = sheet.width("0", "r", 13) * (len(document.number) + 1.8)
    tail = joint + document.notation
    x = LEFT_CENTRE - (sheet.width(f"{label} ", "r", 13) + gap + sheet.width(tail, "r", 13)) / 2
    start = x + sheet.width(f"{label} ", "r", 13)
    if handwritten:
        box = sheet.line([(label, "r", x), (tail, "r", start + gap)], baseline, 13)
        page.number_at = (round(start) + mm(1.5), baseline)
    else:
        box = sheet.line([(label, "r", x), (document.number + tail, "r", start)], baseline, 13)
    sheet.name("number", document.number, box)
    sheet.name("notation", document.notation, box)
    if document.letter:
        _matter(sheet, document, baseline + mm(6))


def _matter(sheet: Sheet, document: Document, baseline: int) -> None:
    paragraph = Paragraph(((f"V/v {document.subject}", "r"),), "center", 12, 0)
    left, right = LEFT_CENTRE - mm(30), LEFT_CENTRE + mm(30)
    boxes = []
    for number, words in enumerate(broken(sheet, paragraph, right - left)):
        boxes.append(set_line(sheet, paragraph, words, number, False, left, right, baseline + number * mm(5)))
    sheet.name("subject", document.subject, union(boxes))


def _title(document: Document) -> list[Paragraph]:
    if document.letter:
        return [Paragraph(((f"Kính gửi: {who}.", "r"),), "center", 14, 0, 4) for who in document.addressee]
    title = [Paragraph(((document.type_name, "b"),), "center", 15, 0, 0.5, "type")]
    title.append(Paragraph(((document.subject, "b"),), "center", 14, 0, 1, "subject"))
    mark = "-----" if document.regime == "party" else "____________"
    return [*title, Paragraph(((mark, "r"),), "center", 12, 0, 3)]


def _foot(flow: _Flow, document: Document) -> None:
    """Signature block on the right, recipients on the left, kept together."""
    rows = max(len(document.authority) * mm(6) + SIGNATURE_ROOM + mm(8), mm(6) * (len(document.recipients) + 1))
    flow.need(rows)
    sheet, top = flow.page.sheet, flow.y + mm(6)
    for number, text in enumerate(document.authority):
        style = "b" if number or document.regime == "state" else "r"
        sheet.centred(text, style, 13, RIGHT_CENTRE, top + number * mm(6))
    below = top + (len(document.authority) - 1) * mm(6)
    name = sheet.centred(document.signer, "b", 14, RIGHT_CENTRE, below + SIGNATURE_ROOM)
    sheet.name("signer", document.signer, name)
    flow.page.sign_box = (RIGHT_CENTRE - mm(28), below + mm(4), RIGHT_CENTRE + mm(28), name[1] - mm(1))
    _recipients(sheet, document, top)


def _recipients(sheet: Sheet, document: Document, top: int) -> None:
    state = document.regime == "state"
    head = sheet.flush("Nơi nhận:", "bi" if state else "r", 12, LEFT, top)
    if not state:
        sheet.rule(head[0], head[2], head[3] + mm(0.8))
    for number, text in enumerate(document.recipients, 1):
        sheet.flush(f"- {text}", "r", 11, LEFT, top + number * mm(5))
