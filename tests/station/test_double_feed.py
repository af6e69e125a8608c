"""A double feed without a sensor: a page longer than its batch's is told as soon as it has been looked at."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pytest

from batches import devices, findings, pages, runs
from scanner.model import ColorMode, ScanSettings, Source
from station import desk
from tests.web.scene import DEVICE, DPI, OPERATOR, SIZE, Scene, make_scene, picture


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def scan(scene: Scene, extra_mm: list[float], *, window_mm: float = 0.0) -> list[list[tuple[str, float]]]:
    """Sheets that are so much longer than A4, fronts only; (hint, mm) of the double-feed findings of each page.

    ``window_mm``: dark backing below every sheet up to this length, as with a window longer than the paper."""
    batch_id = scene.batch(prepared=len(extra_mm))
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(Source.FEEDER, ColorMode.COLOR, DPI))
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        for number, extra in enumerate(extra_mm, 1):
            page = cv2.imdecode(np.frombuffer(picture(number), np.uint8), cv2.IMREAD_COLOR)
            assert page is not None
            long = np.vstack([page, np.full((round(extra / 25.4 * DPI), SIZE[0], 3), 244, np.uint8)])
            if window_mm:
                rest = round(window_mm / 25.4 * DPI) - len(long)
                long = np.vstack([long, np.full((rest, SIZE[0], 3), 25, np.uint8)])
                long = np.hstack([np.full((len(long), 40, 3), 25, np.uint8), long, np.full((len(long), 40, 3), 25, np.uint8)])
            side = scene.side(run, number, "front")
            data = cv2.imencode(".jpg", long)[1].tobytes()
            (scene.house.folders.root / side.master).write_bytes(data)
            known = replace(side, width=long.shape[1], height=len(long), bytes=len(data), sha256=sha256(data).hexdigest())
            pages.record(connection, run, known)
        runs.finish(connection, run_id)
        devices.release(connection, DEVICE, run.uid)
    scene.look()
    with scene.house.store.read() as connection:
        found = findings.of_pages(connection, scene.page_ids(batch_id))
    return [[(row.hint, row.value) for row in rows if row.check_id == "batch.double_feed"] for rows in found.values()]


def test_a_longer_page_is_told_at_once_and_only_that_one(scene: Scene) -> None:
    found = scan(scene, [0, 0, 1, 0, 22, 0, 3])
    assert [len(rows) for rows in found] == [0, 0, 0, 0, 1, 0, 0]
    ((hint, over),) = found[4]
    assert hint == "too_long"
    assert over == pytest.approx(22, abs=1.0)


def test_too_few_sheets_tell_nothing(scene: Scene) -> None:
    assert scan(scene, [0, 0, 22]) == [[], [], []]


def test_in_a_longer_window_the_sheets_own_edges_tell(scene: Scene) -> None:
    found = scan(scene, [0, 0, 0, 0, 25, 0], window_mm=356)
    assert [len(rows) for rows in found] == [0, 0, 0, 0, 1, 0]
    assert found[4][0][1] == pytest.approx(25, abs=2.0)
