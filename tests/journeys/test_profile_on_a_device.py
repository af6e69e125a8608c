"""A scan profile of the book on a real device: refused before paper moves, or kept with every page it brought."""

from pathlib import Path

import pytest

from batches import pages as page_records
from batches import runs
from batches.words import Role
from scanner.model import FaultKind, ScanFault, Source
from station import desk, profiles, scan_asked
from station.house import Actor
from tests.journeys.conftest import write_pages
from tests.journeys.rig import OPERATOR, rig

ADMINISTRATOR = Actor("quantri", Role.ADMINISTRATOR)


def test_what_does_not_fit_moves_no_paper_and_what_fits_is_kept_with_the_page(tmp_path: Path) -> None:
    with rig(tmp_path / "station", write_pages(tmp_path / "pages", 2)) as station:
        device, batch_id = station.device(), station.batch(2)
        said = {
            "source": "duplex",
            "mode": "color",
            "resolution": 1200,
            "width": 210.0,
            "height": 297.0,
            "extra": {"df_action": "Stop"},
        }
        profiles.save(station.house, ADMINISTRATOR, "Bản đồ", said)
        there = station.scanner.sheets_left
        scan = scan_asked.of(station.house, device, "Bản đồ")
        with pytest.raises(ScanFault) as refused:
            desk.start_run(station.house, OPERATOR, batch_id, device, scan.settings, noted=scan.noted)
        assert refused.value.kind is FaultKind.BAD_SETTING
        nearest = refused.value.nearest
        assert nearest["resolution"] < 1200
        assert nearest["df_action"] is None
        assert (station.scanner.sheets_left, station.view(batch_id).run) == (there, None)
        profiles.save(station.house, ADMINISTRATOR, "Bản đồ", {**said, "resolution": 100, "extra": {}}, follows=1)
        scan = scan_asked.of(station.house, device, "Bản đồ")
        desk.start_run(station.house, OPERATOR, batch_id, device, scan.settings, noted=scan.noted)
        assert station.until_run_rests(batch_id).state == "finished"
        with station.house.store.read() as connection:
            rows = page_records.listing(connection, batch_id)
            run = runs.latest(connection, batch_id)
        assert run is not None
        assert run.settings["profile"] == {"name": "Bản đồ", "version": 2, "line": [["Bản đồ", 2]]}
        assert len(rows) == 4
        for row in rows:
            assert row.facts["profile"]["version"] == 2
            assert row.facts["effective"]["resolution"] == {"asked": 100, "effective": 100}


def test_brittle_paper_is_not_fed_through_rollers(tmp_path: Path) -> None:
    with rig(tmp_path / "station", write_pages(tmp_path / "pages", 1)) as station:
        device = station.device()
        profiles.save(station.house, ADMINISTRATOR, "Thử", {"source": "duplex", "mode": "color", "resolution": 100})
        scan = scan_asked.of(station.house, device, "Thử", fragile=True)
        assert scan.settings.source is Source.FLATBED
        batch_id = station.batch(1)
        desk.start_run(station.house, OPERATOR, batch_id, device, scan.settings, noted=scan.noted)
        assert station.until_run_rests(batch_id).state == "finished"
        assert station.view(batch_id).ledger.sides == 1
