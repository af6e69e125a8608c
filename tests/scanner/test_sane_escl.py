"""A feeder over the network: real sheets, real faults, through sane-airscan and libsane."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import QUICK, noise_page

from scanner.escl import Fault, FaultScript, VirtualFault, VirtualScanner
from scanner.model import ColorMode, FaultKind, ScanFault, ScanSettings, Source, StoredSide
from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config
from scanner.spool import read_spooled

ADDRESS = "airscan:e0:Sim"
FEEDER = ScanSettings(Source.FEEDER, ColorMode.COLOR, 75, 210, 297)
DUPLEX = replace(FEEDER, source=Source.DUPLEX)


@contextmanager
def station(folder: Path, pages: Path, **more) -> Iterator[tuple[SaneBackend, VirtualScanner]]:
    with VirtualScanner(pages, name="Sim", **more) as device:
        config = write_private_config(folder / "sane", {"Sim": device.url})
        yield SaneBackend(config, timeouts=QUICK), device


def script(*faults: Fault) -> FaultScript:
    return FaultScript(faults)


def run_out(
    backend: SaneBackend, settings: ScanSettings, spool: Path, first: int = 1
) -> tuple[list[StoredSide], ScanFault | None]:
    sides: list[StoredSide] = []
    try:
        with backend.open_run(ADDRESS, settings, spool, first_sheet=first) as run:
            for side in run:
                sides.append(side)
    except ScanFault as fault:
        return sides, fault
    return sides, None


def names(sides: list[StoredSide]) -> list[str]:
    return [f"{side.sheet}{side.face.value[0]}" for side in sides]


def test_duplex_sheets_arrive_in_order_bit_for_bit(tmp_path, tray):
    with station(tmp_path, tray(6), area=(209.97, 297.01)) as (backend, _):
        capabilities = backend.capabilities(ADDRESS)
        area = capabilities.sources[Source.DUPLEX]
        sides, fault = run_out(backend, replace(DUPLEX, width=None, height=None), tmp_path / "run")
    assert fault is None
    assert "page_loaded" in capabilities.sensors, "asked of the device itself"
    assert names(sides) == ["1f", "1b", "2f", "2b", "3f", "3b"]
    assert (round(area.max_width), round(area.max_height)) == (210, 297)
    for index, side in enumerate(sides):
        page, paper = cv2.imread(str(side.path), cv2.IMREAD_UNCHANGED), noise_page(index, 620, 877)
        height, width = np.minimum(page.shape[:2], paper.shape[:2])
        assert (abs(height - 877) < 3, abs(width - 620) < 3) == (True, True)
        assert np.array_equal(page[:height, :width], paper[:height, :width])
    assert sides == read_spooled(tmp_path / "run")


def test_a_device_is_the_same_device_at_another_address(tmp_path, tray):
    pages = tray(1)
    seen = set()
    for number in (1, 2):
        with station(tmp_path / str(number), pages, serial="KX-17") as (backend, device):
            [listed] = backend.list_devices()
            seen.add((listed.identity, listed.serial, listed.virtual))
            seen.add(device.url)
    assert len(seen) == 3
    assert any("kx-17" in str(one) and one[2] is True for one in seen)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (VirtualFault.JAM, FaultKind.JAM),
        (VirtualFault.COVER, FaultKind.COVER_OPEN),
        (VirtualFault.DOUBLE_FEED, FaultKind.DOUBLE_FEED),
        (VirtualFault.HTTP500, FaultKind.IO_ERROR),
        (VirtualFault.DROP, FaultKind.IO_ERROR),
        (VirtualFault.GARBAGE, FaultKind.IO_ERROR),
        (VirtualFault.SILENT_END, FaultKind.OPERATOR_STOP),
    ],
)
def test_a_fault_at_sheet_three_keeps_two_and_the_rest_follow_on_resume(tmp_path, tray, fault, kind):
    with station(tmp_path, tray(5), faults=script(Fault(3, fault))) as (backend, device):
        first, ended = run_out(backend, FEEDER, tmp_path / "run")
        assert ended is not None
        assert (ended.kind, names(first)) == (kind, ["1f", "2f"])
        device.clear()
        device.set_faults(script())
        device.reload_from(len(first) + 1)
        rest, ended = run_out(backend, FEEDER, tmp_path / "run", first=3)
        assert (ended, names(rest)) == (None, ["3f", "4f", "5f"])
    assert names(read_spooled(tmp_path / "run")) == ["1f", "2f", "3f", "4f", "5f"]


def test_a_picture_cut_on_the_wire_is_kept_with_a_warning(tmp_path, tray):
    pages, cut = tray(3), script(Fault(2, VirtualFault.TRUNCATE, sheet_returns=False))
    with station(tmp_path, pages, faults=cut, formats=["image/jpeg"]) as (backend, _):
        sides, fault = run_out(backend, replace(FEEDER, resolution=150), tmp_path / "run")
    assert fault is None
    assert [side.warnings for side in sides] == [(), ("truncated_tail",), ()]


def test_a_device_that_hangs_is_left_and_usable_at_once(tmp_path, tray):
    with station(tmp_path, tray(4), faults=script(Fault(3, VirtualFault.HANG))) as (backend, device):
        hasty = SaneBackend(tmp_path / "sane", timeouts=replace(QUICK, feed=2.0, lines=1.0))
        sides, fault = run_out(hasty, FEEDER, tmp_path / "run")
        assert fault is not None
        assert (fault.kind, names(sides)) == (FaultKind.HUNG, ["1f", "2f"])
        device.clear()
        device.set_faults(script())
        device.reload_from(3)
        began = time.monotonic()
        rest, fault = run_out(backend, FEEDER, tmp_path / "run", first=3)
        assert (fault, names(rest)) == (None, ["3f", "4f"])
        assert time.monotonic() - began < 20


def test_an_empty_feeder_is_said_before_anything_moves(tmp_path, tray):
    with station(tmp_path, tray(1)) as (backend, device):
        assert names(run_out(backend, FEEDER, tmp_path / "run")[0]) == ["1f"]
        _, fault = run_out(backend, FEEDER, tmp_path / "again")
        assert fault is not None
        assert fault.kind is FaultKind.FEEDER_EMPTY
        assert device.counters["fed"] == 1


def test_the_glass_gives_one_side(tmp_path, tray):
    with station(tmp_path, tray(2)) as (backend, _):
        sides, fault = run_out(backend, replace(FEEDER, source=Source.FLATBED), tmp_path / "run")
    assert (fault, names(sides)) == (None, ["1f"])


def test_a_server_that_is_gone_is_offline(tmp_path, tray):
    with station(tmp_path, tray(1)) as (backend, _):
        assert backend.sensors(ADDRESS)["page_loaded"] is True
    _, fault = run_out(backend, FEEDER, tmp_path / "run")
    assert fault is not None
    assert fault.kind in (FaultKind.OFFLINE, FaultKind.UNKNOWN_DEVICE)


def test_stopping_between_sheets_keeps_what_came(tmp_path, tray):
    with station(tmp_path, tray(6)) as (backend, device):
        with pytest.raises(ScanFault) as caught, backend.open_run(ADDRESS, DUPLEX, tmp_path / "run") as run:
            next(run)
            run.stop()
            next(run)
            next(run)
        assert caught.value.kind is FaultKind.OPERATOR_STOP
        device.reload_from(2)
        rest, fault = run_out(backend, DUPLEX, tmp_path / "run", first=2)
    assert fault is None
    assert names(rest) == ["2f", "2b", "3f", "3b"]
    assert len(read_spooled(tmp_path / "run")) == 6
