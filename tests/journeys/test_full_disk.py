"""A disk that fills while paper runs: capture pauses, what was scanned stays, and goes on when there is room again."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import pages as page_records
from scanner.model import ColorMode, ScanSettings, Source
from station import desk
from station.capture import RESERVE_BYTES
from tests.journeys.conftest import number_of, write_pages
from tests.journeys.rig import OPERATOR, rig

SHEETS = 8
ROOM = 150_000
"""bytes above the reserve: enough for a few small sides and their records"""
FEEDER = ScanSettings(Source.FEEDER, ColorMode.COLOR, 100, 210.0, 297.0)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    size = RESERVE_BYTES + (64 << 20)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=False)


def test_a_full_disk_pauses_and_room_lets_it_go_on(tmp_path: Path, small_disk: Path) -> None:
    pages = write_pages(tmp_path / "pages", SHEETS)
    with rig(small_disk, pages) as station:
        batch_id = station.batch(SHEETS)
        device = station.device()
        filler = small_disk / "filler"
        filler.write_bytes(bytes(shutil.disk_usage(small_disk).free - RESERVE_BYTES - ROOM))
        desk.start_run(station.house, OPERATOR, batch_id, device, FEEDER)
        run = station.until_run_rests(batch_id)
        assert (run.state, run.fault) == ("paused", "disk_full")
        stored = station.view(batch_id).ledger.sides
        assert stored < SHEETS
        filler.unlink()
        station.scanner.clear()
        station.scanner.reload_from(int(run.next_sheet))
        desk.resume_run(station.house, OPERATOR, run.id)
        assert station.until_run_rests(batch_id).state == "finished"
        with station.house.store.read() as connection:
            rows = page_records.delivered(connection, batch_id)
        assert [number_of(station.house.folders.master(row.master)) for row in rows] == list(range(1, 2 * SHEETS, 2))
