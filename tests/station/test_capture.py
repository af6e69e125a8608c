"""When an empty feeder ends a run that was gone on with, and when it must not."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import batch as batch_records
from batches import devices, pages, runs
from scanner.model import ColorMode, ScanSettings, Source
from station import capture, desk
from tests.web.scene import DEVICE, OPERATOR, Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


@pytest.mark.parametrize(
    ("faces", "prepared", "through"),
    [(("front", "back"), 2, True), (("front",), 2, False), (("front", "back"), 3, False)],
)
def test_an_empty_feeder_ends_a_run_only_when_every_side_is_there(
    scene: Scene, faces: tuple[str, ...], prepared: int, through: bool
) -> None:
    batch_id = scene.batch(prepared=prepared)
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100))
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        for number, sides in ((1, ("front", "back")), (2, faces)):
            for face in sides:
                pages.record(connection, run, scene.side(run, number, face))
        device = devices.get(connection, DEVICE)
        assert batch_records.get(connection, batch_id).sheets_prepared == prepared
    session = capture.Session(run, device, Path("none"), capture.next_sheet(scene.house, run))
    assert capture._stack_is_through(scene.house, session) is through
