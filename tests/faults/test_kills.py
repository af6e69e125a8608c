"""The short, seeded form; the full one is bench/kills.py and its last report docs/bench-kills.md."""

from pathlib import Path

from tests.faults.kills import campaign
from tests.journeys.conftest import write_pages
from tests.journeys.rig import rig


def test_kills_of_service_and_child_lose_nothing(tmp_path: Path) -> None:
    pages = write_pages(tmp_path / "pages", 12)
    with rig(tmp_path, pages, ipm=600) as station:
        tally = campaign(station, sheets=12, kills=6, seed=7)
    assert tally.clean, tally
    assert sum(tally.kills.values()) >= 6
