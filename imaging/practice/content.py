"""Invented documents. Places, bodies and people do not exist; the sentences are put together from the turns of phrase
that all administrative writing shares."""

import random
from collections.abc import Callable, Sequence

from imaging.practice.model import Document, Paragraph

COMMUNES = ("Tân Lương Thượng", "Bình Khê Đông", "Phú Trạch Hạ", "An Mỹ Lộc", "Xuân Dương Sơn", "Hòa Thuận Vĩnh")
DISTRICTS = ("Lạc Thạnh", "Đông Bồng", "Vĩnh Khuê", "Trường Dĩ", "Yên Phụng")
FAMILY = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Võ", "Đặng", "Bùi", "Đỗ", "Ngô", "Dương")
MIDDLE = ("Văn", "Thị", "Hữu", "Đức", "Ngọc", "Thanh", "Quốc", "Minh", "Xuân", "Kim")
GIVEN = ("Tập", "Luyện", "Mẫu", "Thử", "Dưỡng", "Khoáng", "Nghĩa", "Quỳnh", "Thưởng", "Hằng", "Vỹ", "Tuấn", "Hợi", "Lữ")

MATTERS = (
    "số hóa tài liệu lưu trữ của xã", "kiện toàn Ban Chỉ đạo xây dựng nông thôn mới", "giao chỉ tiêu kế hoạch kinh tế - xã hội",
    "phân công nhiệm vụ các thành viên Tổ rà soát hồ sơ", "tổ chức trực bảo vệ kho lưu trữ trong dịp nghỉ lễ",
    "phê duyệt kế hoạch chỉnh lý tài liệu tồn đọng", "ban hành Quy chế quản lý, sử dụng tài sản công",
    "hỗ trợ kinh phí sửa chữa nhà văn hóa các thôn", "tăng cường công tác phòng cháy, chữa cháy và cứu nạn, cứu hộ",
    "thành lập Hội đồng xác định giá trị tài liệu", "bổ sung dự toán chi ngân sách địa phương",
)  # fmt: skip
GROUNDS = (
    "Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015", "Luật Lưu trữ và các văn bản hướng dẫn thi hành",
    "Luật Ngân sách nhà nước ngày 25 tháng 6 năm 2015", "Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ",
    "Chương trình công tác trọng tâm của Ủy ban nhân dân xã", "kết quả rà soát hồ sơ, tài liệu tại kho lưu trữ của xã",
)  # fmt: skip
DUTIES = (
    "chủ trì, phối hợp với các đơn vị có liên quan rà soát, thống kê, lập danh mục hồ sơ cần đưa vào thực hiện",
    "bảo đảm tiến độ, chất lượng; kịp thời báo cáo khó khăn, vướng mắc để được xem xét, giải quyết theo thẩm quyền",
    "quản lý chặt chẽ hồ sơ gốc, không để xảy ra mất mát, hư hỏng, nhầm lẫn trong quá trình giao nhận",
    "bố trí kinh phí từ nguồn chi thường xuyên đã được giao trong dự toán đầu năm và các nguồn hợp pháp khác",
    "tuyên truyền, phổ biến sâu rộng đến cán bộ, công chức, viên chức và nhân dân trên địa bàn biết, thực hiện",
    "kiểm tra, đôn đốc việc tổ chức thực hiện; định kỳ ngày 20 hằng tháng tổng hợp kết quả, gửi về Văn phòng",
    "sắp xếp, vệ sinh, bóc tách, đánh số tờ đầy đủ trước khi bàn giao; lập biên bản giao nhận có chữ ký hai bên",
    "nghiêm túc quán triệt tinh thần, trách nhiệm; gắn kết quả thực hiện với đánh giá, xếp loại cuối năm",
)  # fmt: skip
BODIES = ("Văn phòng - Thống kê", "Tài chính - Kế toán", "Tư pháp - Hộ tịch", "Địa chính - Xây dựng", "Văn hóa - Xã hội")
OPENINGS = (
    "Trong những năm qua, công tác văn thư, lưu trữ trên địa bàn đã có nhiều chuyển biến tích cực, từng bước đi vào nền nếp.",
    "Thực hiện ý kiến chỉ đạo của cấp trên, các đơn vị đã triển khai nhiều giải pháp đồng bộ, đạt được những kết quả bước đầu.",
    "Tuy nhiên, việc lập hồ sơ công việc và giao nộp hồ sơ vào lưu trữ ở một số nơi còn chậm, chưa đầy đủ, thiếu thống nhất.",
    "Nguyên nhân chủ yếu là do kho tàng chật hẹp, trang thiết bị bảo quản xuống cấp, người làm lưu trữ phần lớn kiêm nhiệm.",
    "Nhiều hồ sơ hình thành từ những năm trước đây đã ố vàng, giòn, rách mép, mực phai màu, cần được xử lý khẩn trương.",
)


def _person(rng: random.Random) -> str:
    return f"{rng.choice(FAMILY)} {rng.choice(MIDDLE)} {rng.choice(GIVEN)}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _clauses(rng: random.Random, count: int) -> list[Paragraph]:
    duties = rng.sample(DUTIES, k=min(count, len(DUTIES)))
    return [
        Paragraph(((f"{n}. {rng.choice(BODIES)} {duty}.", "r"),)) for n, duty in enumerate(duties, 1)
    ]  # fmt: skip


def _decision(rng: random.Random, matter: str, commune: str, length: int) -> list[Paragraph]:
    grounds = rng.sample(GROUNDS, k=3)
    head = [Paragraph(((f"CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ {commune.upper()}", "b"),), "center", 14, 0, 3)]
    head += [Paragraph(((f"Căn cứ {ground};", "i"),)) for ground in grounds[:-1]]
    head += [
        Paragraph(((f"Căn cứ {grounds[-1]};", "i"),)),
        Paragraph((("Theo đề nghị của Văn phòng Ủy ban nhân dân xã.", "i"),)),
    ]
    head += [Paragraph((("QUYẾT ĐỊNH:", "b"),), "center", 14, 0, 3)]
    articles = [f"Nay {matter}, cụ thể như sau:"]
    articles += [
        "Quyết định này có hiệu lực thi hành kể từ ngày ký và thay thế các quy định trước đây trái với Quyết định này."
    ]
    articles += [
        f"Văn phòng, các ông (bà) {_person(rng)}, {_person(rng)} và các đơn vị có liên quan chịu trách nhiệm thi hành./."
    ]
    first, *rest = [Paragraph(((f"Điều {n}.", "b"), (text, "r"))) for n, text in enumerate(articles, 1)]
    return [*head, first, *_clauses(rng, length), *rest]


def _report(rng: random.Random, matter: str, _commune: str, length: int) -> list[Paragraph]:
    openings = [Paragraph(((text, "r"),)) for text in rng.sample(OPENINGS, k=min(len(OPENINGS), 2 + length // 3))]
    first = Paragraph((("I. TÌNH HÌNH CHUNG", "b"),), "left")
    second = Paragraph((("II. NHIỆM VỤ TRONG THỜI GIAN TỚI", "b"),), "left")
    figures = f"Tính đến nay, toàn xã có {rng.randint(120, 980)} hồ sơ, tương đương"
    figures += f" {rng.randint(11, 48)},{rng.randint(1, 9)} mét giá; đã chỉnh lý {rng.randint(40, 95)}%, còn lại"
    figures += f" {rng.randint(1, 9)}.{rng.randint(100, 999)} tờ chưa được số hóa."
    end = Paragraph((("Trên đây là nội dung", "r"), (matter, "r"), ("kính báo cáo và đề nghị xem xét, chỉ đạo./.", "r")))
    return [first, *openings, Paragraph(((figures, "r"),)), second, *_clauses(rng, length), end]


Builder = Callable[[random.Random, str, str, int], list[Paragraph]]
STATE: tuple[tuple[str, str, Builder], ...] = (
    ("QUYẾT ĐỊNH", "QĐ-UBND", _decision), ("BÁO CÁO", "BC-UBND", _report), ("KẾ HOẠCH", "KH-UBND", _report),
    ("THÔNG BÁO", "TB-UBND", _report), ("CÔNG VĂN", "UBND-VP", _report),
)  # fmt: skip
PARTY: tuple[tuple[str, str, Builder], ...] = (
    ("NGHỊ QUYẾT", "NQ/ĐU", _report), ("THÔNG BÁO", "TB/ĐU", _report), ("BÁO CÁO", "BC/ĐU", _report),
)  # fmt: skip


def invent(seed: int, regime: str | None = None, length: int | None = None) -> Document:
    """A document of the State or the Party form; the same seed gives the same document. ``length``: clauses, 2 to 8."""
    rng = random.Random(seed)  # noqa: S311 - practice text, not a secret
    chosen = regime or rng.choice(("state", "state", "party"))
    commune, district, matter = rng.choice(COMMUNES), rng.choice(DISTRICTS), rng.choice(MATTERS)
    count = length or rng.randint(2, 8)
    date = (rng.randint(1, 28), rng.randint(1, 12), rng.randint(1998, 2024))
    return (
        _party(rng, commune, district, matter, count, date)
        if chosen == "party"
        else _state(rng, commune, district, matter, count, date)
    )


def _number(rng: random.Random) -> str:
    return f"{rng.randint(1, 399):02d}"


def _state(rng: random.Random, commune: str, district: str, matter: str, count: int, date: tuple[int, int, int]) -> Document:
    type_name, notation, build = rng.choice(STATE)
    acting = rng.random() < 0.4
    post = ("KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH") if acting else ("TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH")
    letter = type_name == "CÔNG VĂN"
    return Document(
        "state", (f"UBND HUYỆN {district.upper()}", f"ỦY BAN NHÂN DÂN\nXÃ {commune.upper()}"), _number(rng), notation, commune,
        date, type_name, _subject(type_name, matter), tuple(build(rng, matter, commune, count)), post, _person(rng),
        _recipients(rng, ("Như Điều 3;" if build is _decision else "Như trên;"), "VT"), letter,
        (f"Ủy ban nhân dân huyện {district}",) if letter else (),
    )  # fmt: skip


def _party(rng: random.Random, commune: str, district: str, matter: str, count: int, date: tuple[int, int, int]) -> Document:
    type_name, notation, build = rng.choice(PARTY)
    return Document(
        "party", (f"ĐẢNG BỘ HUYỆN {district.upper()}", f"ĐẢNG ỦY XÃ {commune.upper()}"), _number(rng), notation, commune,
        date, type_name, f"lãnh đạo {matter}" if type_name == "NGHỊ QUYẾT" else f"về {matter}",
        tuple(build(rng, matter, commune, count)), ("T/M ĐẢNG ỦY", rng.choice(("BÍ THƯ", "PHÓ BÍ THƯ"))), _person(rng),
        _recipients(rng, "Thường trực Huyện ủy (b/c);", "Văn phòng Đảng ủy"),
    )  # fmt: skip


def _subject(type_name: str, matter: str) -> str:
    return matter if type_name == "CÔNG VĂN" else f"Về việc {matter}"


def _recipients(rng: random.Random, first: str, keeper: str) -> tuple[str, ...]:
    others: Sequence[str] = rng.sample(
        ("Các đoàn thể xã;", "Trưởng các thôn;", "Các chi bộ trực thuộc;", "Cổng thông tin;"), k=2
    )
    return (first, *others, f"Lưu: {keeper}.")
