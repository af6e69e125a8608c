"""The short, seeded form; the full one is bench/faults.py and its last report docs/bench-faults.md."""

import shutil
from pathlib import Path

import pytest

from tests.faults.campaign import campaign

pytestmark = pytest.mark.skipif(
    shutil.which("gcc") is None or not Path("/usr/include/sane/sane.h").exists(),
    reason="gcc or libsane-dev is missing: the test-only SANE backend cannot be built",
)


def test_no_fault_loses_doubles_or_misplaces_a_side(tmp_path: Path) -> None:
    tally = campaign(tmp_path, 14, seed=3)
    assert not tally.wrong, tally.stories
    assert (tally.runs, tally.faults.total()) == (14, 14)
    assert len(tally.faults) > 8


def test_the_campaign_itself_sees_what_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were every picture the same page, it would have to say so."""
    monkeypatch.setattr("tests.faults.campaign.number_of", lambda path: 1)
    tally = campaign(tmp_path, 1, seed=3, only=("slow",))
    assert set(tally.wrong) == {"sides lost", "sides duplicated unnoticed"}
