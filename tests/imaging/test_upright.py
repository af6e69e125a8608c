"""A page whose lines do not say which way is up is read both ways; what reads no way clearly is left as it is."""

from collections.abc import Sequence

import numpy as np
import pytest

from imaging import geometry
from imaging.ocr import upright
from imaging.ocr.net_file import Floats, Network
from imaging.ocr.upright import Upright, find_upright
from imaging.orientation import Answer, Ways
from imaging.prepare import Prepared, prepare
from tests.imaging.sheets import lean, page, raster, seal

CAPITALS = ["UY", "BAN", "NHAN", "DAN", "TINH", "QUYET", "DINH", "PHE", "DUYET", "TAI", "LIEU", "BAO", "GIAO"]
DIGITS = ["1.250", "3 840", "77", "906,5", "118", "2 034", "6 090", "451", "24.7"]
BARE = ["can", "cu", "luat", "to", "chuc", "chinh", "quyen", "so", "noi", "vu", "tai", "tong", "cuc"]
BOTH_WAYS = ["0", "8", "69", "96", "88", "609", "6009", "8008", "906", "0690"]
BOTH_AXES: Ways = [(0, 0.0), (90, 0.0)]


def reads(prepared: Prepared, ways: Ways) -> Answer:
    """As ``osd`` of geometry, with nothing but reading behind it."""
    return find_upright(prepared.plain, prepared.dpi, ways)


def read(scan: np.ndarray, ways: Ways = BOTH_AXES) -> Upright | None:
    prepared = prepare(raster(scan))
    return find_upright(prepared.plain, prepared.dpi, ways)


def quarter(scan: np.ndarray, quarters: int) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(scan, quarters))


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize(("words", "degrees"), [(CAPITALS, -2.5), (DIGITS, 0.0), (BARE, 8.0)])
def test_what_has_no_marks_is_set_upright_by_reading_it(words: list[str], degrees: float, quarters: int) -> None:
    scan = quarter(lean(page(61, words=words), degrees), quarters)
    found = geometry.measure(raster(scan), osd=reads)
    assert found.orientation.degrees == 90 * quarters and found.orientation.confidence > 0.5
    assert found.skew.degrees == pytest.approx(degrees, abs=0.05)


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_two_lines_are_enough_even_where_their_axis_is_not_known(quarters: int) -> None:
    found = read(quarter(page(62, words=CAPITALS, lines=2), quarters))
    assert found is not None and found.turn == 90 * quarters and found.confidence > 0.5


def test_a_seal_over_the_text_does_not_keep_it_from_being_read() -> None:
    found = read(quarter(seal(page(63, words=CAPITALS, lines=6), (500, 300)), 2))
    assert found is not None and found.turn == 180 and found.confidence > 0.5


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
@pytest.mark.parametrize("words", [CAPITALS, BARE])
def test_a_page_half_of_which_stands_on_its_head_is_left_alone(words: list[str], quarters: int) -> None:
    scan = page(64, words=words)
    scan[877:] = scan[:877][::-1, ::-1]
    assert geometry.measure(raster(quarter(scan, quarters)), osd=reads).orientation.confidence == 0


@pytest.mark.parametrize("seed", [65, 66, 67])
def test_figures_that_read_both_ways_say_nothing(seed: int) -> None:
    for quarters in (0, 2):
        assert read(quarter(page(seed, words=BOTH_WAYS), quarters), [(0, 0.0)]) is None


def test_mirrored_letters_say_nothing() -> None:
    for quarters in (0, 2):
        scan = np.ascontiguousarray(page(68, words=CAPITALS)[:, ::-1])
        assert read(quarter(scan, quarters), [(0, 0.0)]) is None


def test_where_there_is_nothing_to_read_none_is_said() -> None:
    dots = np.random.default_rng(5).random((1754, 1240)) < 0.004
    assert read(np.where(dots, 20, 235).astype(np.uint8)) is None
    assert read(np.full((1754, 1240), 240, np.uint8)) is None
    assert read(page(69, words=CAPITALS, lines=1)[:, :330]) is None, "three words are too few"


def test_only_a_little_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """However full the page: a tenth of what reading it all would take."""
    steps: list[int] = []
    usual = upright.recognise

    def counted(network: Network, lines: Sequence[Floats]) -> list[Floats]:
        steps.append(sum(line.shape[1] // 3 for line in lines))
        return usual(network, lines)

    monkeypatch.setattr(upright, "recognise", counted)
    assert read(page(70, words=CAPITALS, size=16), [(0, 0.0)]) is not None
    assert len(steps) == 1 and 300 < steps[0] < 2000
