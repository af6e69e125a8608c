"""The SANE backend keeps the contract: libsane, sane-airscan and a network feeder."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import QUICK, write_pages
from contract import BackendContract

from scanner.escl import Fault, FaultScript, PageTray, VirtualFault, VirtualScanner
from scanner.escl.tray import list_images
from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config

FAULTS = {
    "jam": VirtualFault.JAM,
    "cover": VirtualFault.COVER,
    "double_feed": VirtualFault.DOUBLE_FEED,
    "io": VirtualFault.DROP,
    "hang": VirtualFault.HANG,
}


class NetworkRig:
    rereads = False
    address = "airscan:e0:Contract"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.device = VirtualScanner(PageTray.from_folder(write_pages(folder / "first", 1)), name="Contract")
        self.device.start()
        config = write_private_config(folder / "sane", {"Contract": self.device.url})
        self.backend = SaneBackend(config, timeouts=replace(QUICK, feed=2.5, lines=1.0))

    def load(self, pages: int, *, two_sided: bool = False) -> None:
        images = list_images(write_pages(self._folder / "paper", pages))
        self.device.load(PageTray.from_images(images, two_sided=two_sided))

    def fail(self, sheet: int, fault: str) -> None:
        self.device.set_faults(FaultScript([Fault(sheet, FAULTS[fault])]))

    def mend(self, sheet: int) -> None:
        self.device.set_faults(FaultScript())
        self.device.clear()
        self.device.reload_from(sheet)

    @property
    def fed(self) -> int:
        return self.device.counters.get("fed", 0)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[NetworkRig]:
    made = NetworkRig(tmp_path)
    yield made
    made.device.close()


class TestSaneOverTheNetwork(BackendContract):
    pass
