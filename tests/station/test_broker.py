"""A run and the search for scanners never meet on one device."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import runs
from batches.words import RunState
from scanner.model import ColorMode, DeviceCapabilities, DeviceInfo, FaultKind, Phase, ScanFault, ScanSettings, Source
from station import desk
from station.broker import Broker
from tests.journeys.rig import wait
from tests.web.scene import DEVICE, OPERATOR, Scene, make_scene


class SlowToLook:
    """A backend whose search for devices lasts until it is told to end, and that tells whether one was opened meanwhile."""

    name = "sane"

    def __init__(self) -> None:
        self.looking, self.found, self.opened_meanwhile = threading.Event(), threading.Event(), False

    def list_devices(self) -> list[DeviceInfo]:
        self.looking.set()
        assert self.found.wait(30)
        self.looking.clear()
        return []

    def capabilities(self, address: str) -> DeviceCapabilities:
        raise ScanFault(FaultKind.OFFLINE, Phase.OPEN, address)

    sensors = capabilities

    def open_run(self, *_: object, **__: object) -> None:
        self.opened_meanwhile |= self.looking.is_set()
        raise ScanFault(FaultKind.OFFLINE, Phase.OPEN, "no such scanner")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def test_a_run_waits_until_the_search_for_scanners_lets_go_of_its_device(scene: Scene) -> None:
    backend = SlowToLook()
    broker = Broker(scene.house, {"sane": backend}, None)  # type: ignore[dict-item]
    run_id = None
    broker.start()
    try:
        assert backend.looking.wait(10)
        run_id = desk.start_run(
            scene.house, OPERATOR, scene.batch(prepared=1), DEVICE, ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100)
        )
        assert not threading.Event().wait(0.5), "five looks of the broker"
        assert _state(scene, run_id) == RunState.REQUESTED.value
        backend.found.set()
        wait(lambda: _state(scene, run_id) == RunState.PAUSED.value, 20)
    finally:
        backend.found.set()
        broker.close()
    assert not backend.opened_meanwhile


def _state(scene: Scene, run_id: int) -> str:
    with scene.house.store.read() as connection:
        return str(runs.get(connection, run_id).state)
