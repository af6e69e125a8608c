"""What a look at a scanner's sensors means, one look after the other."""

import pytest

from station.buttons import Attention, Sign

UP, DOWN = {"button_scan": False}, {"button_scan": True}
EMPTY, LOADED, OPEN = {"page_loaded": False}, {"page_loaded": True}, {"page_loaded": True, "cover_open": True}


def signs(looks: list[dict[str, bool]], *, paper: bool = False, feeder: bool = True, fault: bool = False) -> list[Sign | None]:
    """A look every half second; paper must lie still for a second."""
    attention = Attention(for_paper=paper, from_feeder=feeder, after_fault=fault, settle=1.0)
    return [attention.look(at / 2, sensors) for at, sensors in enumerate(looks)]


@pytest.mark.parametrize(
    ("looks", "meant"),
    [
        ([UP, DOWN], [None, Sign.BUTTON]),
        ([DOWN, DOWN, UP, DOWN], [Sign.BUSY, None, None, Sign.BUTTON]),
        ([UP | EMPTY, DOWN | EMPTY, DOWN | LOADED], [None, Sign.NO_PAPER, None]),
        ([UP | LOADED] * 6, [None] * 6),
    ],
    ids=["a press", "one from before, held", "no paper", "paper alone is not waited for"],
)
def test_a_press(looks: list[dict[str, bool]], meant: list[Sign | None]) -> None:
    assert signs(looks) == meant


def test_on_the_glass_the_feeder_does_not_matter() -> None:
    assert signs([UP | EMPTY, DOWN | EMPTY], feeder=False) == [None, Sign.BUTTON]


@pytest.mark.parametrize(
    ("looks", "begins_at"),
    [
        ([EMPTY, LOADED, LOADED, LOADED], 3),
        ([LOADED, LOADED, LOADED], 2),
        ([EMPTY, LOADED, EMPTY, LOADED, LOADED, LOADED], 5),
        ([EMPTY, OPEN, OPEN, OPEN, LOADED, LOADED, LOADED], 6),
        ([EMPTY] * 5, None),
    ],
    ids=["laid in", "there already", "still being squared", "cover open", "none"],
)
def test_paper_begins_once_it_lies_still(looks: list[dict[str, bool]], begins_at: int | None) -> None:
    found = signs(looks, paper=True)
    assert [at for at, sign in enumerate(found) if sign is Sign.PAPER][:1] == ([] if begins_at is None else [begins_at])


@pytest.mark.parametrize(
    ("looks", "goes_on"),
    [
        ([LOADED] * 8, False),
        ([LOADED, OPEN, LOADED, LOADED, LOADED], True),
        ([LOADED, EMPTY, LOADED, LOADED, LOADED], True),
        ([LOADED, EMPTY, LOADED, LOADED], False),
    ],
    ids=["untouched", "cover opened", "taken out", "not yet still"],
)
def test_after_a_fault_the_operators_hand_must_be_seen(looks: list[dict[str, bool]], goes_on: bool) -> None:
    assert (Sign.PAPER in signs(looks, paper=True, fault=True)) is goes_on


def test_a_press_while_the_scanner_could_not_be_asked_counts() -> None:
    attention = Attention(for_paper=False, from_feeder=True, after_fault=False, settle=1.0)
    assert attention.look(0.0, UP | LOADED) is None
    attention.interrupted()
    assert attention.look(3.5, DOWN | LOADED) is Sign.BUTTON


def test_paper_lies_still_anew_after_the_scanner_could_not_be_asked() -> None:
    attention = Attention(for_paper=True, from_feeder=True, after_fault=False, settle=1.0)
    assert attention.look(0.0, LOADED) is None
    attention.interrupted()
    assert [attention.look(at, LOADED) for at in (3.5, 4.0, 4.5)] == [None, None, Sign.PAPER]
