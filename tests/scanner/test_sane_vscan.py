"""Sensors, buttons and the time to recover, on a scanner that has them (its contract: test_vscan_backend.py)."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import QUICK
from contract import DUPLEX, FEEDER, names, run_out
from test_vscan_backend import LocalRig, rig  # noqa: F401
from vscan.rig import vscan, vscan_library  # noqa: F401

from scanner.model import FaultKind, ScanFault
from scanner.sane.backend import SaneBackend


def faulty(rig: LocalRig, fault: str, spool, **change) -> tuple[list[str], FaultKind | None]:  # noqa: F811
    rig.load(4)
    rig.device.faults(fault)
    sides, ended = run_out(rig, replace(FEEDER, **change), spool)
    return names(sides), ended.kind if ended else None


def test_told_to_continue_a_double_feed_passes(rig, tmp_path):  # noqa: F811
    assert faulty(rig, "3 label", tmp_path / "run", extra={"df_action": "Continue"}) == (["1f", "2f", "3f", "4f"], None)


def test_a_slow_page_is_not_a_hang(rig, tmp_path):  # noqa: F811
    rig.backend = SaneBackend(rig.device.config_dir, timeouts=replace(QUICK, lines=6.0), library_path=rig.device.library.parent)
    assert faulty(rig, "2 slow", tmp_path / "run") == (["1f", "2f", "3f", "4f"], None)


@pytest.mark.parametrize("lie", ["huge", "endless"])
def test_a_lying_driver_is_a_damaged_image(rig, tmp_path, lie):  # noqa: F811
    rig.load(2)
    rig.device.set(**{lie: 1})
    sides, fault = run_out(rig, FEEDER, tmp_path / "run")
    assert fault is not None
    assert (fault.kind, sides) == (FaultKind.DAMAGED_IMAGE, [])


def test_buttons_are_felt_once_by_whoever_watches(rig):  # noqa: F811
    rig.load(1)
    with rig.backend.watch(rig.address) as watcher:
        assert not watcher.sensors()["button_scan"]
        rig.device.press("scan")
        assert watcher.sensors()["button_scan"]
        assert not watcher.sensors()["button_scan"]
        rig.device.cover(opened=True)
        assert watcher.sensors()["cover_open"]


def test_after_a_crash_of_the_driver_the_scanner_is_usable_within_a_second(rig, tmp_path):  # noqa: F811
    """The quickest of three, so that a busy machine does not measure itself."""
    rig.load(4)
    assert min(seconds_to_recover(rig, tmp_path / str(number)) for number in range(3)) < 1.0


def seconds_to_recover(rig: LocalRig, folder: Path) -> float:  # noqa: F811
    rig.mend(1)
    rig.device.faults("2 segv")
    with pytest.raises(ScanFault) as caught, rig.backend.open_run(rig.address, FEEDER, folder / "one") as run:
        for _ in run:
            crashed = time.monotonic()
    assert caught.value.kind is FaultKind.CRASHED
    rig.mend(1)
    with rig.backend.open_run(rig.address, FEEDER, folder / "two") as run:
        took = time.monotonic() - crashed
        assert len(list(run)) == 4
    return took


def test_a_run_stopped_between_a_front_and_its_back_is_not_an_end(rig, tmp_path):  # noqa: F811
    """The stop button while the last sheet runs: the feeder is empty, and still a side is missing."""
    rig.load(4, two_sided=True)
    rig.device.faults("4 stop")
    sides, fault = run_out(rig, DUPLEX, tmp_path / "run")
    assert fault is not None
    assert (fault.kind, names(sides)) == (FaultKind.IO_ERROR, ["1f", "1b", "2f"])
