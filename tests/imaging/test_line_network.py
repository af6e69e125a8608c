"""Tesseract's network worked out by us: its answers are Tesseract's, whatever else stands on the page."""

import numpy as np
import pytest
from tesserocr import OEM, PSM, PyTessBaseAPI

from imaging.ocr.decoding import MOST, _likeliest, decode
from imaging.ocr.net_file import Cell, Network, NotReadable, load_network
from imaging.ocr.network import LateError, recognise
from imaging.ocr.strips import Place, Strip, cut, parted, whole
from imaging.ocr.tessdata import find_tessdata
from tests.imaging.test_ocr import LINES, typeset, wrong_words

FOLDER = find_tessdata(("vie",))
FILE = FOLDER / "vie.traineddata"


@pytest.fixture(scope="module")
def network():
    return load_network(FILE)


def lines(count=5, size=54):
    """Grey pictures of single lines."""
    return [typeset((LINES[number % len(LINES)],), size=size, top=20).pixels[:, :, 0] for number in range(count)]


def best(network, scores) -> str:
    codes = scores.argmax(axis=1)
    kept = [code for code, before in zip(codes, [-1, *codes], strict=False) if code not in (before, network.blank)]
    return "".join(network.letters[code] for code in kept)


def test_a_line_reads_as_tesseract_reads_it(network):
    api = PyTessBaseAPI(path=str(FOLDER), lang="vie", psm=PSM.RAW_LINE, oem=OEM.LSTM_ONLY)
    for picture, truth in zip(lines(), LINES, strict=True):
        grey = np.ascontiguousarray(picture)
        api.SetImageBytes(grey.tobytes(), grey.shape[1], grey.shape[0], 1, grey.shape[1])
        ours = best(network, recognise(network, [whole(grey, network.height).pixels])[0])
        assert wrong_words(ours, (api.GetUTF8Text().strip(),)) <= 1
        assert wrong_words(ours, (truth,)) <= 3


def test_probabilities_of_a_line_do_not_depend_on_its_neighbours(network):
    strips = [whole(picture, network.height).pixels for picture in [*lines(4), *lines(3, size=30)]]
    together = recognise(network, strips)
    for strip, found in zip(strips, together, strict=True):
        alone = recognise(network, [strip])[0]
        assert found.shape == (strip.shape[1] // 3, 269)
        assert np.abs(np.exp(found) - np.exp(alone)).max() < 1e-4
        assert np.exp(found).sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_many_lines_are_taken_in_groups(network, monkeypatch):
    strips = [whole(picture, network.height).pixels for picture in lines(5)]
    together = recognise(network, strips)
    monkeypatch.setattr("imaging.ocr.network.MOST_STEPS", strips[0].shape[1] // 2)
    for one, two in zip(recognise(network, strips), together, strict=True):
        assert np.abs(one - two).max() < 1e-2


def test_no_lines_are_no_fault(network):
    assert recognise(network, []) == []


def test_time_out_is_said(network):
    with pytest.raises(LateError):
        recognise(network, [whole(lines(1)[0], network.height).pixels], lambda: True)


@pytest.mark.parametrize("name", ["osd", "damaged", "empty"])
def test_another_kind_of_file_is_refused(tmp_path, name):
    path = tmp_path / "x.traineddata"
    path.write_bytes({"osd": (FOLDER / "osd.traineddata").read_bytes() if (FOLDER / "osd.traineddata").is_file() else b"no",
                      "damaged": FILE.read_bytes()[:9000], "empty": b""}[name])  # fmt: skip
    with pytest.raises(NotReadable):
        load_network(path)


def test_columns_side_by_side_are_read_apart():
    picture = np.full((120, 1400), 255, np.uint8)
    one, two = (np.ascontiguousarray(line[20:100, 100:500]) for line in lines(2, size=40))
    picture[20:100, 20:420], picture[38:118, 980:1380] = one, two
    pieces = parted(picture, Place((20, 20, 1380, 118), (80.0, 0.0)), 150.0)
    assert len(pieces) == 2
    assert pieces[0].box[2] < 430 and pieces[1].box[0] > 970
    assert 10 < pieces[1].baseline[0] - pieces[0].baseline[0] < 26


def test_feet_that_stand_level_are_no_baseline():
    """Quảng Ngãi, ngày: Q, g and y end in the same row, thick enough for another line of letters."""
    picture = np.full((120, 1400), 255, np.uint8)
    picture[40:72, 20:320:3] = picture[40:72, 900:1300:3] = 0
    picture[80:84, 900:1300:5] = 0
    _, right = parted(picture, Place((20, 40, 1300, 84), (72.0, 0.0)), 150.0)
    assert right.baseline[0] == 72
    (strip,) = cut(picture, [right], 36)
    assert strip.box[1] <= 40 and strip.box[3] >= 84


def test_the_line_above_is_kept_out():
    page = typeset(step=62)
    grey = np.ascontiguousarray(page.pixels[:, :, 0])
    places = [Place((120, 130 + 62 * row, 1500, 172 + 62 * row), (167.0 + 62 * row, 0.0)) for row in range(5)]
    for above, strip in zip(places, cut(grey, places[1:], 36), strict=False):
        assert strip.box[1] >= above.baseline[0] - 16


@pytest.mark.parametrize(
    ("gap", "hint", "text"), [(10, -14, "ab"), (10, -7, "a b"), (24, -14, "a b"), (6, -7, "ab"), (6, -5, "a b")]
)
def test_a_gap_parts_words_where_the_network_nearly_saw_a_blank(gap, hint, text):
    """Faded ink leaves gaps as wide as blanks within a word: 1 1 for 11, T ỊCH for TỊCH."""
    network, scores = small_network(" abcdefghijklmnop", 16)
    scores[2, 1], scores[12, 2], scores[7, 0] = 0.0, 0.0, hint
    ink = np.zeros((36, 48), bool)
    ink[8:30, 4 : 24 - gap // 2] = ink[8:30, 24 + gap // 2 : 44] = True
    assert read_words(network, ink, scores) == text.split()


def small_network(letters: str, steps: int) -> tuple[Network, np.ndarray]:
    """A network of those letters, and scores of a strip in which it saw none."""
    none = np.zeros(0, np.float32)
    cell = Cell(none, none, none)
    scores = np.full((steps, len(letters) + 1), -25.0, np.float32)
    scores[:, -1] = -0.01
    return Network(36, none, cell, cell, cell, cell, none, (*letters, ""), len(letters)), scores


def read_words(network: Network, ink: np.ndarray, scores: np.ndarray, own: tuple[int, int] = (0, 36)) -> list[str]:
    """``own``: the line's own rows."""
    box = (0, 0, ink.shape[1], 36)
    place = Place((0, own[0], ink.shape[1], own[1]), (30.0, 0.0))
    line = decode(network, Strip(np.zeros(ink.shape, np.float32), box, 1.0, ink, place), scores)
    return [word.token.text for word in line.words]


def test_a_rule_above_the_line_does_not_fill_its_gaps():
    """The stroke under TỈNH QUẢNG NGÃI, above Số: 23 /BC-UBND."""
    network, scores = small_network(" abcdefghijklmnop", 16)
    scores[2, 1], scores[12, 2], scores[7, 0] = 0.0, 0.0, -7
    ink = np.zeros((36, 48), bool)
    ink[14:30, 4:19] = ink[14:30, 29:44] = True
    ink[1:3] = True
    assert read_words(network, ink, scores, (12, 32)) == ["a", "b"]


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        ({5: {"I": -0.7, "1": -1.2}, 6: {"1": -0.3, "I": -2.0}, 12: {"5": -0.1}}, "15"),
        ({5: {"1": -0.1}, 11: {"Š": -0.8, "5": -1.0}, 12: {"5": -0.5, "Š": -1.6}}, "15"),
        ({5: {"3": -0.1}, 11: {"⁄": -0.6, "/": -1.5}, 12: {"/": -0.3, "⁄": -2.0}}, "3/"),
        ({5: {"B": -0.7, "1": -1.2}, 6: {"1": -0.3, "B": -2.0}, 12: {"5": -0.1}}, "B15"),
    ],
)
def test_a_letter_read_twice_is_one(seen, text):
    """QHI15 for QH15: where the network wavers between two letters that look alike, it says both without a step between."""
    network, scores = small_network(" ABCDEGHI1Š5/⁄23", 20)
    for step, letters in seen.items():
        for letter, sure in letters.items():
            scores[step, network.letters.index(letter)], scores[step, -1] = sure, -3.0
    ink = np.zeros((36, 60), bool)
    ink[8:30, 6:54] = True
    assert read_words(network, ink, scores) == [text]


def test_a_number_is_not_parted_at_its_comma():
    network, scores = small_network(" 1234567890,abcd", 16)
    for step, letter in ((2, "9"), (5, ","), (12, "1")):
        scores[step, network.letters.index(letter)] = 0.0
    scores[8, 0] = -4
    ink = np.zeros((36, 48), bool)
    ink[8:30, 4:20] = ink[8:30, 30:44] = True
    assert read_words(network, ink, scores) == ["9,1"]


@pytest.mark.parametrize("alike", [False, True])
def test_the_likeliest_codes_come_best_first(alike):
    """Also where more are alike than are wanted."""
    weighed = np.random.default_rng(5).permuted(np.tile(np.linspace(-40, 0, 60, dtype=np.float32), (7, 1)), axis=1)
    if alike:
        weighed[3] = -8.0
    codes, values = _likeliest(weighed)
    assert (values == -np.sort(-weighed, axis=1)[:, :MOST]).all()
    assert (np.take_along_axis(weighed, codes, axis=1) == values).all()
    assert all(len(set(row)) == MOST for row in codes.tolist())
