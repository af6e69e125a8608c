"""The SANE backend keeps the contract with vscan behind libsane, and meets what only a local driver can do to it."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import QUICK, noise_page
from contract import DUPLEX, FEEDER, BackendContract, names, run_out, shows
from vscan.rig import Vscan, vscan, vscan_library  # noqa: F401

from scanner.model import FaultKind
from scanner.sane.backend import SaneBackend


class LocalRig:
    rereads = True

    def __init__(self, device: Vscan) -> None:
        self.device = device
        self.address = device.device
        self.backend = SaneBackend(device.config_dir, timeouts=replace(QUICK, feed=2.5, lines=1.0))

    def load(self, pages: int, *, two_sided: bool = False) -> None:
        paper = [cv2.cvtColor(noise_page(number, 620, 877), cv2.COLOR_BGR2RGB) for number in range(pages)]
        self.device.load([np.asarray(page, np.uint8) for page in paper], two_sided=two_sided)

    def fail(self, sheet: int, fault: str) -> None:
        self.device.faults(f"{sheet} {fault}")

    def mend(self, sheet: int) -> None:
        self.device.faults()
        self.device.put_back_from(sheet)

    @property
    def fed(self) -> int:
        return int(self.device.state.get("fed", 0))


@pytest.fixture
def rig(vscan: Vscan) -> LocalRig:  # noqa: F811
    return LocalRig(vscan)


class TestSaneWithACruelDriver(BackendContract):
    def test_the_device_is_listed_with_an_identity(self, rig: LocalRig) -> None:
        """A local driver without a serial has only its address to be known by, and is practice."""
        [listed] = rig.backend.list_devices()
        assert (listed.address, listed.virtual, rig.backend.list_devices()) == ("vscan:v0", True, [listed])
        assert listed.identity


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("3 stop", FaultKind.OPERATOR_STOP),
        ("3 segv", FaultKind.CRASHED),
        ("3 exit", FaultKind.CRASHED),
        ("3 short", FaultKind.SHORT_PAGE),
        ("3 busy", FaultKind.BUSY),
        ("3 nomem", FaultKind.NO_MEMORY),
        ("3 access", FaultKind.ACCESS_DENIED),
        ("3 label", FaultKind.DOUBLE_FEED),
        ("3 jam read", FaultKind.JAM),
        ("3 hang start", FaultKind.HUNG),
    ],
)
def test_what_only_a_local_driver_does_keeps_what_came_and_the_rest_follow(
    rig: LocalRig, tmp_path: Path, line: str, kind: FaultKind
) -> None:
    rig.load(4)
    rig.device.faults(line)
    sides, fault = run_out(rig, FEEDER, tmp_path / "run")
    assert fault is not None
    assert (fault.kind, names(sides)) == (kind, ["1f", "2f"])
    rig.mend(3)
    rest, fault = run_out(rig, FEEDER, tmp_path / "run", first=3)
    assert (fault, names(rest)) == (None, ["3f", "4f"])
    assert all(shows(side, index) for index, side in enumerate([*sides, *rest]))


def test_a_jam_at_a_back_keeps_its_front_for_the_station_to_judge(rig: LocalRig, tmp_path: Path) -> None:
    rig.load(6, two_sided=True)
    rig.device.faults("4 jam")
    sides, fault = run_out(rig, DUPLEX, tmp_path / "run")
    assert fault is not None
    assert (fault.kind, names(sides)) == (FaultKind.JAM, ["1f", "1b", "2f"])
    assert rig.device.sheets_left == 2


@pytest.mark.parametrize("lie", ["huge", "endless"])
def test_a_lying_driver_is_a_named_fault_and_the_next_run_is_fine(rig: LocalRig, tmp_path: Path, lie: str) -> None:
    rig.load(2)
    rig.device.set(**{lie: 1})
    sides, fault = run_out(rig, FEEDER, tmp_path / "run")
    assert fault is not None and sides == []
    rig.device.set(**{lie: 0})
    rig.device.put_back_from(1)
    assert names(run_out(rig, FEEDER, tmp_path / "again")[0]) == ["1f", "2f"]


def test_a_driver_that_prints_on_standard_output_disturbs_nobody(rig: LocalRig, tmp_path: Path) -> None:
    rig.load(3)
    rig.device.set(chatty=1)
    sides, fault = run_out(rig, FEEDER, tmp_path / "run")
    assert (fault, [shows(side, index) for index, side in enumerate(sides)]) == (None, [True] * 3)


def test_a_device_that_feeds_ahead_loses_no_stored_side(rig: LocalRig, tmp_path: Path) -> None:
    rig.load(8)
    rig.device.set(buffer=3)
    rig.device.faults("4 segv")
    sides, fault = run_out(rig, FEEDER, tmp_path / "run")
    assert fault is not None
    assert (fault.kind, names(sides)) == (FaultKind.CRASHED, ["1f", "2f", "3f"])
    rig.mend(4)
    rest, _ = run_out(rig, FEEDER, tmp_path / "run", first=4)
    assert all(shows(side, index) for index, side in enumerate([*sides, *rest]))
    assert len(rest) == 5
