"""Wrong tones are mended, names, codes and figures are not; the model is small, quick and what the script makes of text."""

import subprocess
import sys
import time

import pytest

from imaging.language import Token, fold, known, mend, possible
from imaging.language.build import main as build_model
from imaging.language.legacy import from_tcvn3, from_vni, recognise_coding, to_unicode
from imaging.language.letters import like_case, one_placement, placements
from imaging.language.lookalikes import plain_letters
from imaging.language.model import FILE, unpack


def mended(text: str, confidence: float = 0.9) -> str:
    return " ".join(mend([[Token(word, confidence) for word in text.split()]])[0])


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("sửa đôi, bộ sung một sô điêu của Luật", "sửa đổi, bổ sung một số điều của Luật"),
        ("Ùy ban nhân dân tỉnh ban hành Quyêt định", "Ủy ban nhân dân tỉnh ban hành Quyết định"),
        ("theo thâm quyên của Hội đông nhân dân", "theo thẩm quyền của Hội đồng nhân dân"),
        ("CHU TỊCH ỦY BAN NHÂN DÂN", "CHỦ TỊCH ỦY BAN NHÂN DÂN"),
        ("phát triên nông thôn", "phát triển nông thôn"),
        ("T/M BAN THƯỜNG VU TỈNH ỦY", "T/M BAN THƯỜNG VỤ TỈNH ỦY"),
        ("các câp ủy, tổ chức đảng trực thuộc", "các cấp ủy, tổ chức đảng trực thuộc"),
    ],
)
def test_common_slips_are_mended(read, printed):
    assert mended(read) == printed


@pytest.mark.parametrize(
    "text",
    [
        "Quyết định số 165/QĐ-UBND ngày 03/02/2025",
        "ông Tôn Long Hiếu, Giám đốc Sở Tư pháp",
        "bà Đinh Thị Hồng Minh và ông Trần Phước Hiền",
        "Lưu: VT, NC(Vi273).",
        "VPUB: CVP, PCVP(KTTH);",
        "Mặt trận Tổ quốc Việt Nam",
        "xã Tịnh Phong, huyện Sơn Tịnh",
        "Ủy ban nhân dân tỉnh Quảng Ngãi",
        "a) Chủ trì, phối hợp với các cơ quan",
        "uỷ ban thường vụ Quốc hội khoá XV, hoà bình",
    ],
)
def test_right_text_names_and_codes_stay(text):
    assert mended(text) == text


def test_the_engines_second_thoughts_decide():
    def letters(word, place, rival, cost):
        return tuple(((one, 1.0),) if number != place else ((one, 1.0), (rival, cost)) for number, one in enumerate(word))

    near = Token("bộ", 0.9, letters("bộ", 1, "ổ", 3.0))
    far = Token("bộ", 0.9, letters("bộ", 1, "ô", 60.0))
    context = [Token("Nội"), Token("vụ"), Token("sửa"), Token("đổi,")]
    assert mend([[*context, near, Token("sung")]])[0][4] == "bổ"
    assert mend([[Token("Bộ"), Token("trưởng"), far, Token("Nội"), Token("vụ")]])[0][2] == "bộ"


def test_one_letter_of_a_word_nobody_writes():
    choices = (((("đ"), 1.9), ("t", 6.0)), (("ă", 1.0),), (("n", 1.0),), (("g", 1.0),))
    line = [Token("điều"), Token("chỉnh"), Token("đăng", 0.9, choices), Token("dự"), Token("toán"), Token("chi")]
    assert mend([line])[0][2] == "tăng"


def doubted(word: str, place: int, other: str, cost: float) -> Token:
    """A word of which the engine nearly read one letter as another, and a third one hardly."""
    second = {place: ((other, cost),)}
    return Token(word, 0.95, tuple(((one, 0.0), ("x", 36.0), *second.get(number, ())) for number, one in enumerate(word)), 30.0)


@pytest.mark.parametrize(
    ("before", "word", "place", "other", "after"),
    [
        ("của quyết định", "cũ", 1, "cử", "và phải được"),
        ("với hành vi", "hàn", 1, "hạn", "cắt kim loại"),
        ("theo quy", "đinh", 1, "định", "của pháp luật"),
    ],
)
def test_a_word_is_not_changed_against_what_the_engine_clearly_saw(before, word, place, other, after):
    """The model would rather read the second; only eyes that wavered let it."""
    for cost, expected in ((20.0, other), (40.0, word)):
        seen = [*map(Token, before.split()), doubted(word, place, other[place], cost), *map(Token, after.split())]
        assert mend([seen])[0] == [*before.split(), expected, *after.split()]


def test_a_first_letter_lost_to_a_stroke():
    choices = tuple(((one, 1.0),) for one in "#riệu")
    line = [Token("60"), Token("#riệu", 0.2, choices), Token("đồng")]
    assert mend([line])[0] == ["60", "triệu", "đồng"]


@pytest.mark.parametrize(
    ("read", "printed"),
    [
        ("theo khoản l Điều 5", "theo khoản 1 Điều 5"),
        ("Điều L.", "Điều 1."),
        ("kính trình Hội đồng nhân dân tỉnh.!.", "kính trình Hội đồng nhân dân tỉnh./."),
        ("diện tích 69,5m?; còn lại", "diện tích 69,5m2; còn lại"),
        ("Sở Lao động — Thương binh", "Sở Lao động – Thương binh"),
        ("tại Nghị. quyết số 83", "tại Nghị quyết số 83"),
        ("1744/QĐÐ-BGTVT và ĐĐBQH", "1744/QĐ-BGTVT và ĐĐBQH"),
        ("số 27/2023/QHI5 và UBTVQHl5", "số 27/2023/QH15 và UBTVQH15"),
        ("13⁄11⁄2024 và 735⁄QĐ-UBND", "13/11/2024 và 735/QĐ-UBND"),
    ],
)
def test_signs(read, printed):
    assert mended(read) == printed


@pytest.mark.parametrize(("word", "cost", "ending"), [("tàng:", 8.0, ";"), ("tàng:", 20.0, ":"), ("Số:", 8.0, ":")])
def test_a_semicolon_behind_the_tail_of_a_g(word, cost, ending):
    choices = tuple(((one, 0.0), (";", cost)) if one == ":" else ((one, 0.0),) for one in word)
    assert mend([[Token(word, 0.9, choices)]])[0][0] == word[:-1] + ending


@pytest.mark.parametrize(("before", "cost", "read"), [("đoạn", 2.0, "1)"), ("đoạn", 20.0, "I)"), ("Chính", 2.0, "I)")])
def test_a_roman_one_that_is_nearly_a_figure(before, cost, read):
    choices = ((("I", 0.0), ("1", cost)), ((")", 0.0),))
    assert mend([[Token("giai"), Token(before), Token("I)", 0.7, choices)]])[0][2] == read


def test_list_letters_read_as_figures():
    choices = ((("8", 1.0), ("a", 9.0)), ((")", 0.5),))
    lines = [[Token("8)", 0.7, choices), Token("Chủ"), Token("trì")], [Token("b)"), Token("Chỉ"), Token("đạo")]]
    assert mend(lines)[0][0] == "a)"
    numbered = [[Token("8)", 0.7, choices), Token("Chủ")], [Token("9)"), Token("Chỉ")]]
    assert mend(numbered)[0][0] == "8)"


def test_nothing_to_mend():
    assert mend([]) == []
    assert mend([[]]) == [[]]
    assert mend([[Token("")], [Token("…")]]) == [[""], ["…"]]


def test_lookalikes():
    assert plain_letters("СОНА") == "COHA"  # Cyrillic
    assert plain_letters("Ðiều ĐÐ ĐĐBQH ðồng") == "Điều Đ ĐĐBQH đồng"
    assert plain_letters("Việt") == "Việt"


def test_tone_placement():
    assert one_placement("hoà") == one_placement("hòa") == "hòa"
    assert placements("ủy") == ("ủy", "uỷ")
    assert one_placement("quý") == "quý"
    assert one_placement("hoàn") == "hoàn"


def test_case_follows_what_was_read():
    assert like_case("tịch", "TICH") == "TỊCH"
    assert like_case("tổ", "Tô") == "Tổ"
    assert like_case("nếu", "ếu") == "nếu"


@pytest.mark.parametrize(
    "word", ["nghiêng", "quyết", "giếng", "gì", "khuỷu", "ngoằn", "thuở", "được", "Ủy", "ĐIỀU", "yêu", "ở"]
)
def test_possible_syllables(word):
    assert possible(word)


@pytest.mark.parametrize("word", ["quyêt", "bểc", "ngi", "ce", "kát1", "strong", "tóán", "zà", "bb"])
def test_impossible_syllables(word):
    assert not possible(word)


def test_known():
    assert known("(Quyết")
    assert known("15/2020")
    assert not known("/z¡")
    assert fold("Đường") == "duong"


def test_the_model_is_small_and_quick():
    assert FILE.stat().st_size < 2_000_000
    begin = time.process_time()
    model = unpack(FILE.read_bytes())
    assert time.process_time() - begin < 0.5
    assert sum(column.nbytes for column in (model.pairs, model.triples, model.triple_cost, model.pair_cost)) < 16_000_000


def test_a_broken_model_is_refused():
    for data in (b"", b"{}\nxx", b'{"sizes": [1]}\nnot xz', FILE.read_bytes()[:5000]):
        with pytest.raises(ValueError, match="model"):
            unpack(data)


def test_the_script_builds_a_model_that_knows_its_text(tmp_path, monkeypatch):
    (tmp_path / "text.txt").write_text("sửa đổi, bổ sung một số điều của Luật\n" * 60, encoding="utf-8")
    out = tmp_path / "small.model"
    monkeypatch.setattr(sys, "argv", ["build", str(tmp_path), "--out", str(out)])
    build_model()
    model = unpack(out.read_bytes())
    assert model.knows("Luật")
    assert mend([[Token("sửa"), Token("đôi,"), Token("bồ"), Token("sung")]], model) == [["sửa", "đổi,", "bổ", "sung"]]


def test_the_script_says_what_it_misses(tmp_path):
    command = [sys.executable, "-m", "imaging.language.build", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "official text" in ended.stderr


PLAIN = "Căn cứ Luật Tổ chức chính quyền địa phương; xét đề nghị của Giám đốc Sở Nội vụ, Ủy ban nhân dân tỉnh quyết định"
TCVN3_TEXT = "C¨n cø LuËt Tæ chøc chÝnh quyÒn ®Þa ph­¬ng; xÐt ®Ò nghÞ cña Gi¸m ®èc Së Néi vô, ñy ban nh©n d©n tØnh quyÕt ®Þnh"
VNI_HEAD = "Caên cöù Luaät Toå chöùc chính quyeàn ñòa phöông; xeùt ñeà nghò cuûa Giaùm ñoác Sôû Noäi vuï, "
VNI_TEXT = f"{VNI_HEAD}UÛy ban nhaân daân tænh quyeát ñònh"


def test_legacy_codings_are_turned_into_unicode():
    assert from_tcvn3(TCVN3_TEXT).lower() == PLAIN.lower()
    assert from_vni(VNI_TEXT) == PLAIN
    assert from_vni("ÑAÛNG COÄNG SAÛN VIEÄT NAM") == "ĐẢNG CỘNG SẢN VIỆT NAM"


@pytest.mark.parametrize(
    ("text", "coding"), [(PLAIN, "unicode"), (TCVN3_TEXT, "tcvn3"), (VNI_TEXT, "vni"), ("plain text", "unicode")]
)
def test_legacy_codings_are_recognised(text, coding):
    assert recognise_coding(text) == coding
    assert to_unicode(text)[1] == coding
