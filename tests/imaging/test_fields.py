"""Papers in the State and the Party form, laid out as words in their places, give up their fields or flag them."""

import pytest

from imaging.fields import find_documents, marks_on, propose
from imaging.values import Line, PageText, Word

WIDTH, HEIGHT = 2480, 3508


def row(y: int, *parts: tuple[int, str], confidence: float = 0.95, height: int = 44) -> Line:
    """A line of text at ``y``: pieces with their left edge, 22 px a character, 12 px a blank."""
    words = []
    for left, text in parts:
        x = left
        for word in text.split():
            words.append(Word(word, (x, y, x + 22 * len(word), y + height), confidence))
            x += 22 * len(word) + 12
    return Line(tuple(words), (words[0].box[0], y, words[-1].box[2], y + height), (y + height - 10, 0.0))


def centred(y: int, text: str, middle: int = WIDTH // 2, **more) -> Line:
    width = sum(22 * len(word) + 12 for word in text.split())
    return row(y, (middle - width // 2, text), **more)


def page(*lines: Line, size=(WIDTH, HEIGHT)) -> PageText:
    return PageText(lines, size, 300.0, "test")


def state(*, number="Số: 15/QĐ-BNV", date="Hà Nội, ngày 05 tháng 01 năm 2020", extra=()) -> PageText:
    return page(
        row(200, (400, "BỘ NỘI VỤ"), (1250, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
        row(270, (1400, "Độc lập - Tự do - Hạnh phúc")),
        row(400, (380, number), (1350, date)),
        *extra,
        centred(560, "QUYẾT ĐỊNH"),
        centred(640, "Về việc ban hành Quy chế làm việc của Hội đồng"),
        centred(710, "thi đua khen thưởng ngành Nội vụ"),
        centred(830, "BỘ TRƯỞNG BỘ NỘI VỤ"),
        row(960, (450, "Căn cứ Nghị định số 34/2017/NĐ-CP ngày 03 tháng 4 năm 2017 của Chính phủ;")),
        row(1040, (450, "Theo đề nghị của Chánh Văn phòng Bộ.")),
    )


def last_page() -> PageText:
    return page(
        centred(150, "2"),
        row(500, (450, "Điều 3. Chánh Văn phòng Bộ chịu trách nhiệm thi hành Quyết định này.")),
        row(800, (400, "Nơi nhận:"), (1500, "KT. BỘ TRƯỞNG")),
        row(870, (400, "- Như Điều 3;"), (1500, "THỨ TRƯỞNG")),
        row(940, (400, "- Lưu: VT, VP.")),
        row(1300, (1480, "Nguyễn Văn An")),
    )


def party() -> PageText:
    return page(
        row(200, (330, "ĐẢNG BỘ TỈNH HÀ NAM"), (1350, "ĐẢNG CỘNG SẢN VIỆT NAM")),
        row(270, (330, "HUYỆN ỦY BÌNH LỤC")),
        row(330, (520, "*"), (1350, "Bình Lục, ngày 12 tháng 8 năm 2003")),
        row(400, (380, "Số 05-NQ/HU")),
        centred(560, "NGHỊ QUYẾT"),
        centred(640, "về phát triển kinh tế trang trại giai đoạn 2003 - 2005"),
        centred(720, "-----"),
        row(860, (450, "Thực hiện Nghị quyết Đại hội Đảng bộ huyện lần thứ XXI nhiệm kỳ 2000 - 2005,")),
        row(1500, (1450, "T/M BAN CHẤP HÀNH")),
        row(1570, (1500, "BÍ THƯ")),
        row(1900, (1480, "Trần Thị Bích Hạnh")),
    )


def values(proposals) -> dict[str, str]:
    return {one.name: one.value for one in proposals.fields}


def test_the_state_form():
    proposals = propose([state(), last_page()])
    assert values(proposals) == {
        "regime": "state",
        "issuer": "BỘ NỘI VỤ",
        "number": "15",
        "notation": "QĐ-BNV",
        "place": "Hà Nội",
        "date": "2020-01-05",
        "type": "02",
        "type_name": "Quyết định",
        "subject": "Về việc ban hành Quy chế làm việc của Hội đồng thi đua khen thưởng ngành Nội vụ",
        "signer": "Nguyễn Văn An",
        "signer_title": "KT. BỘ TRƯỞNG THỨ TRƯỞNG",
    }
    assert all(one.sure for one in proposals.fields)
    assert proposals.get("signer").page == 1
    assert [(mark.kind, mark.value, mark.page) for mark in proposals.numbers] == [("page", "2", 1)]


def test_the_party_form():
    found = values(propose([party()]))
    assert found["regime"] == "party"
    assert found["issuer"] == "HUYỆN ỦY BÌNH LỤC"
    assert (found["number"], found["notation"]) == ("05", "NQ/HU")
    assert (found["place"], found["date"]) == ("Bình Lục", "2003-08-12")
    assert (found["type"], found["type_name"]) == ("01", "Nghị quyết")
    assert found["subject"] == "về phát triển kinh tế trang trại giai đoạn 2003 - 2005"
    assert (found["signer"], found["signer_title"]) == ("Trần Thị Bích Hạnh", "T/M BAN CHẤP HÀNH BÍ THƯ")


def test_boxes_show_where_a_value_came_from():
    first = state()
    proposals = propose([first])
    title = next(line for line in first.lines if line.words[0].text == "QUYẾT")
    assert proposals.get("type").box == title.box
    assert proposals.get("number").box == first.lines[2].words[1].box


def test_a_number_written_by_hand_is_flagged():
    proposals = propose([state(number="Số: 245 /QĐ-BNV")])
    assert proposals.get("number").value == "245"
    assert not proposals.get("number").sure
    assert proposals.get("notation").sure


def test_the_blank_left_for_the_pen():
    lines = list(state().lines)
    lines[2] = row(400, (380, "Số:"), (600, "/QĐ-BNV"), (1350, "Hà Nội, ngày tháng 01 năm 2020"))
    proposals = propose([page(*lines)])
    assert proposals.get("number").value == ""
    assert proposals.get("notation").value == "QĐ-BNV"
    assert proposals.get("date").value == "2020-01"
    assert not proposals.get("date").sure


def test_a_day_higher_than_the_print_is_flagged():
    lines = list(state().lines)
    words = [
        Word(word.text, (word.box[0], 385, word.box[2], 452), 0.95) if word.text == "05" else word for word in lines[2].words
    ]
    lines[2] = Line(tuple(words), lines[2].box, lines[2].baseline)
    assert propose([page(*lines)]).get("date").value == "2020-01-05"
    assert not propose([page(*lines)]).get("date").sure


def test_numbers_with_a_letter_and_a_misread_title():
    found = propose([state(number="Số: 245a/QĐ-BNV")])
    assert (found.get("number").value, found.get("notation").value) == ("245a", "QĐ-BNV")
    other = propose([state(number="Số: 245/BC-BNV")])
    assert not other.get("type").sure  # title and notation speak of different kinds


def test_a_year_of_two_figures_needs_the_files_own_years():
    lines = list(state(date="Hà Nội, ngày 05 tháng 01 năm 75").lines)
    assert propose([page(*lines)]).get("date").value == ""
    assert propose([page(*lines)], years=(1970, 1979)).get("date").value == "1975-01-05"


def test_an_official_letter():
    letter = page(
        row(200, (350, "ỦY BAN NHÂN DÂN"), (1250, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
        row(270, (350, "TỈNH HÀ NAM"), (1400, "Độc lập - Tự do - Hạnh phúc")),
        row(400, (350, "Số: 99/UBND-NC"), (1350, "Hà Nam, ngày 20 tháng 12 năm 2019")),
        row(470, (320, "V/v rà soát thủ tục")),
        row(530, (320, "hành chính năm 2019")),
        row(700, (800, "Kính gửi: Sở Nội vụ")),
        row(860, (450, "Thực hiện chỉ đạo của Thủ tướng Chính phủ")),
    )
    found = values(propose([letter]))
    assert found["issuer"] == "ỦY BAN NHÂN DÂN TỈNH HÀ NAM"
    assert (found["type"], found["type_name"]) == ("22", "Công văn")
    assert found["subject"] == "rà soát thủ tục hành chính năm 2019"
    assert (found["number"], found["notation"]) == ("99", "UBND-NC")


def test_a_body_under_its_superior():
    lines = list(state().lines)
    lines[:1] = [
        row(200, (350, "UBND TỈNH HÀ NAM"), (1250, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
        row(262, (350, "SỞ NỘI VỤ")),
    ]
    assert propose([page(*lines)]).get("issuer").value == "SỞ NỘI VỤ"


@pytest.mark.parametrize(
    ("text", "mark"),
    [("MẬT", "mat"), ("TỐI MẬT", "toi_mat"), ("TUYỆT MẬT", "tuyet_mat"), ("MAT", "mat"), ("MẶT", "mat")],
)
def test_secrecy_is_a_whole_line_in_capitals(text, mark):
    assert [one.value for one in marks_on(state(extra=(row(480, (350, text)),)))] == [mark]


@pytest.mark.parametrize("text", ["MẶT TRẬN TỔ QUỐC", "Mật", "bí mật nhà nước", "VIỆC MẬT", "KHẨN TRƯƠNG"])
def test_words_within_a_line_are_no_mark(text):
    assert marks_on(state(extra=(row(480, (350, text)),))) == ()


def test_urgency():
    assert [one.value for one in marks_on(state(extra=(row(480, (350, "HỎA TỐC")),)))] == ["hoa_toc"]
    assert marks_on(page(row(3000, (350, "KHẨN")))) == ()


def test_sheet_numbers_with_a_letter():
    found = propose([page(*state().lines, row(120, (2250, "15a"), confidence=0.8))]).numbers
    assert [(mark.kind, mark.value) for mark in found] == [("sheet", "15a")]
    assert found[0].confidence < 0.5


def test_a_bundle_is_cut_into_documents():
    blank = page()
    spans = find_documents([state(), last_page(), party(), blank, state(number="Số: 16/QĐ-BNV"), last_page()])
    assert [(span.first, span.last) for span in spans] == [(0, 1), (2, 3), (4, 5)]
    assert find_documents([]) == ()


def test_pages_without_anything():
    proposals = propose([page(), page()])
    assert all(one.value == "" and not one.sure for one in proposals.fields)
    assert propose([]).numbers == ()


def test_words_read_without_their_blanks_are_flagged():
    lines = list(state().lines)
    lines[0] = row(200, (400, "BỘNỘIVỤVIỆT NAM"), (1250, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"))
    assert not propose([page(*lines)]).get("issuer").sure
