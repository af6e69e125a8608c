"""Who is asked which way is up: the page's lines are read; Tesseract's opinion counts where they say nothing."""

import numpy as np
import pytest

from imaging import geometry
from imaging.ocr import EngineFault
from imaging.ocr.net_file import NotReadable
from imaging.orientation import Answer
from imaging.prepare import prepare
from imaging.values import Pixels, Turn
from station import page_work
from station.page_work import ask_engine
from tests.imaging.sheets import page, raster

CAPITALS = ["UY", "BAN", "NHAN", "DAN", "TINH", "QUYET", "DINH", "PHE", "DUYET", "TAI", "LIEU"]


class Opinion:
    """An engine that says the same of every page, and how often it was asked."""

    def __init__(self, turn: Turn, figure: float) -> None:
        self.turn, self.figure, self.asked = turn, figure, 0

    def orientation(self, picture: Pixels, dpi: float) -> tuple[Turn, float]:
        self.asked += 1
        return self.turn, self.figure


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Opinion:
    """Wrong whenever the page is upright."""
    opinion = Opinion(180, 20.0)
    monkeypatch.setattr(page_work, "resident", lambda language: opinion)
    return opinion


def answer() -> Answer:
    return ask_engine("vie")(prepare(raster(np.full((400, 300), 240, np.uint8))), [(0, 0.0)])


def test_what_can_be_read_is_not_asked_about(engine: Opinion) -> None:
    found = geometry.measure(raster(page(71, words=CAPITALS)), osd=ask_engine("vie"))
    assert found.orientation.degrees == 0 and found.orientation.confidence > 0.5 and engine.asked == 0


def test_where_there_is_nothing_to_read_the_engine_is_heard_if_it_is_sure(engine: Opinion) -> None:
    assert answer() == (180, 1.0) and engine.asked == 1
    engine.figure = 7.7
    assert answer() is None


def test_a_language_file_of_another_kind_leaves_the_engine_to_say(engine: Opinion, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*told: object) -> None:
        raise NotReadable("another network")

    monkeypatch.setattr(page_work, "find_upright", unreadable)
    engine.figure = 7.0
    assert answer() == (180, 0.5)
    engine.figure = 4.9
    assert answer() is None


def test_no_engine_and_no_language_file_leave_the_page_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(language: str) -> Opinion:
        raise EngineFault("does not start")

    monkeypatch.setattr(page_work, "resident", broken)
    assert answer() is None
    found = geometry.measure(raster(page(72, words=CAPITALS)), osd=ask_engine("no such language"))
    assert (found.orientation.degrees, found.orientation.confidence) == (0, 0.0)
