"""A name people put right is put right by itself afterwards; common words, figures and codes stay as they were."""

import numpy as np
import pytest

from imaging.language import Confirmed, Learned, Token, learn, load_model, mend
from imaging.language.learned import extended

PLAIN = (
    "Ủy ban nhân dân tỉnh Quảng Ngãi ban hành Quyết định sửa đổi, bổ sung một số điều",
    "ông Tôn Long Hiếu, Giám đốc Sở Tư pháp và bà Đinh Thị Hồng Minh",
    "Quyết định số 165/QĐ-UBND ngày 03/02/2025 của Chủ tịch Ủy ban nhân dân tỉnh",
    "Bộ trưởng Bộ Nội vụ, các Bộ, cơ quan ngang Bộ",
)


def mended(text: str, learned: Learned | None = None) -> str:
    return " ".join(mend([[Token(word, 0.9) for word in text.split()]], learned=learned)[0])


def bhook(times: int) -> Learned:
    return learn([Confirmed("Bhôôk", "Bhốôk", "Y", "Niê")] * times)


def test_a_rare_name_misread_twice_is_mended_after_two_confirmations():
    line = "Bí thư chi bộ Y Bhôôk Niê trình bày báo cáo"
    assert mended(line) == line
    assert mended(line, bhook(1)) == line
    assert mended(line, bhook(2)) == "Bí thư chi bộ Y Bhốôk Niê trình bày báo cáo"
    assert mended("Y BHÔÔK NIÊ", bhook(2)) == "Y BHỐÔK NIÊ"


def test_the_same_name_misread_another_way_is_found_by_its_company():
    name = learn([Confirmed("Brêu", "Briêu", "Hồ", "Thanh"), Confirmed("Brieu", "Briêu", "Hồ", "Thanh")] * 3)
    assert mended("nghệ nhân Hồ Briều Thanh") == "nghệ nhân Hồ Briều Thanh"
    assert mended("nghệ nhân Hồ Briều Thanh", name) == "nghệ nhân Hồ Briêu Thanh"


def test_a_written_word_changes_only_beside_the_neighbour_it_was_put_right_at():
    learned = learn([Confirmed("Long", "Lòng", "Phú", "Hạ")] * 4)
    assert mended("thôn Phú Long Hạ", learned) == "thôn Phú Lòng Hạ"
    assert mended("thôn Tân Long Thượng", learned) == "thôn Tân Long Thượng"
    assert mended("ông Tôn Long Hiếu", learned) == "ông Tôn Long Hiếu"


def test_people_who_disagree_teach_nothing():
    learned = learn([Confirmed("Bhôôk", "Bhốôk")] * 2 + [Confirmed("Bhôôk", "Bhôôk")] * 2)
    assert mended("Y Bhôôk Niê", learned) == "Y Bhôôk Niê"


def test_common_words_are_not_spoilt():
    names = [Confirmed(word, word) for line in PLAIN for word in line.split()]
    slips = [Confirmed("đông", "đồng"), Confirmed("bộ", "bổ"), Confirmed("Long", "Lòng"), Confirmed("định", "đình")] * 3
    learned = learn([*names, *slips, *[Confirmed("Bhôôk", "Bhốôk", "Y", "Niê")] * 5])
    for line in (*PLAIN, "phía đông giáp xã Tịnh Phong", "cán bộ, công chức cấp xã", "định mức kinh tế"):
        assert mended(line, learned) == line


@pytest.mark.parametrize(("before", "after"), [("165/QĐ-UBND", "166/QĐ-UBND"), ("20l5", "2015"), ("QĐ-UBMD", "QĐ-UBND")])
def test_figures_and_codes_are_never_learned(before, after):
    learned = learn([Confirmed(before, after, "số", "ngày")] * 5)
    assert mended(f"số {before} ngày", learned) == f"số {before} ngày"
    assert not learned.slips


def test_words_joined_or_parted_teach_their_words():
    learned = learn([Confirmed("ChưPrông", "Chư Prông"), Confirmed("Pr ông", "Prông")] * 2)
    assert not learned.slips
    assert learned.words["prông"] == 4
    assert learned.pairs["chư", "prông"] == 2


def test_it_is_additive_and_kept_whole(tmp_path):
    one, two = bhook(1), learn([Confirmed("Bhôôk", "Bhốôk", "", "Êban")])
    both = one + two
    assert mended("Y Bhôôk Kbuôr", both) == "Y Bhốôk Kbuôr"
    both.save(tmp_path / "learned.xz")
    again = Learned.load(tmp_path / "learned.xz")
    assert (again.words, again.pairs, again.slips, again.beside) == (both.words, both.pairs, both.slips, both.beside)
    assert [path.name for path in tmp_path.iterdir()] == ["learned.xz"]
    assert not Learned.load(tmp_path / "none.xz")


def test_a_thousand_names_are_a_small_file(tmp_path):
    names = [
        Confirmed(f"Bhô{chr(97 + n % 26)}{chr(97 + n // 26)}", f"Bhố{chr(97 + n % 26)}{chr(97 + n // 26)}") for n in range(600)
    ]
    learn(names * 2).save(tmp_path / "learned.xz")
    assert (tmp_path / "learned.xz").stat().st_size < 20_000


def test_a_damaged_file_says_what_to_do(tmp_path):
    (tmp_path / "learned.xz").write_bytes(b"nonsense")
    with pytest.raises(ValueError, match="learn again from the records"):
        Learned.load(tmp_path / "learned.xz")


def test_the_official_model_is_left_as_it_was():
    model, learned = load_model(), bhook(3)
    bigger = extended(model, learned)
    assert not model.knows("bhốôk")
    assert bigger.knows("bhốôk")
    first, second = bigger.number("ủy"), bigger.number("ban")
    assert bigger.has_pair(first, second)
    for one, two in (("quyết", "định"), ("nhân", "dân"), ("ban", "hành")):
        was = model.cost2(np.array([model.number(one)]), np.array([model.number(two)]))[0]
        now = bigger.cost2(np.array([bigger.number(one)]), np.array([bigger.number(two)]))[0]
        assert now == pytest.approx(was)
