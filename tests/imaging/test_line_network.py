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
    letters = (" ", *"abcdefghijklmnop", "")
    none = np.zeros(0, np.float32)
    cell = Cell(none, none, none)
    network = Network(36, none, cell, cell, cell, cell, none, letters, len(letters) - 1)
    scores = np.full((16, len(letters)), -25.0, np.float32)
    scores[:, -1], scores[2, 1], scores[12, 2], scores[7, 0] = -0.01, 0.0, 0.0, hint
    ink = np.zeros((36, 48), bool)
    ink[8:30, 4 : 24 - gap // 2] = ink[8:30, 24 + gap // 2 : 44] = True
    box = (0, 0, 48, 36)
    strip = Strip(np.zeros((36, 48), np.float32), box, 1.0, ink, Place(box, (30.0, 0.0)))
    assert " ".join(word.token.text for word in decode(network, strip, scores).words) == text


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
