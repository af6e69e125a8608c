"""What every backend must do, whatever stands behind it. A subclass hands in a rig; the tests here are the contract."""

import threading
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytest
from conftest import Picture, noise_page

from scanner.backend import Backend, check
from scanner.model import ColorMode, FaultKind, ScanFault, ScanSettings, Source, StoredSide
from scanner.spool import read_spooled

DPI = 75
FEEDER = ScanSettings(Source.FEEDER, ColorMode.COLOR, DPI, 210, 297)
DUPLEX = replace(FEEDER, source=Source.DUPLEX)
GLASS = replace(FEEDER, source=Source.FLATBED, height=290)


class Rig(Protocol):
    """A scanner with paper, in the tests' hands. Page ``n`` of the paper is ``noise_page(n, 620, 877)``."""

    backend: Backend
    address: str
    rereads: bool
    """False where the driver fetches sheets ahead, so that more is fed than was asked for."""

    def load(self, pages: int, *, two_sided: bool = False) -> None: ...

    def fail(self, sheet: int, fault: str) -> None:
        """``jam``, ``cover``, ``double_feed``, ``io`` or ``hang``, once, when ``sheet`` is fed."""

    def mend(self, sheet: int) -> None:
        """Take the faults away; put ``sheet`` and all after it back."""

    @property
    def fed(self) -> int: ...


def paper(number: int) -> Picture:
    return noise_page(number, 620, 877)


def run_out(rig: Rig, settings: ScanSettings, spool: Path, first: int = 1) -> tuple[list[StoredSide], ScanFault | None]:
    sides: list[StoredSide] = []
    try:
        with rig.backend.open_run(rig.address, settings, spool, first_sheet=first) as run:
            for side in run:
                sides.append(side)
    except ScanFault as fault:
        return sides, fault
    return sides, None


def names(sides: list[StoredSide]) -> list[str]:
    return [f"{side.sheet}{side.face.value[0]}" for side in sides]


def shows(side: StoredSide, number: int) -> bool:
    """The master carries that page bit for bit where both have pixels."""
    page, expected = cv2.imread(str(side.path), cv2.IMREAD_UNCHANGED), paper(number)
    height, width = np.minimum(page.shape[:2], expected.shape[:2])
    return bool(height > 840 and width > 610 and np.array_equal(page[:height, :width], expected[:height, :width]))


class BackendContract:
    """Subclass it as ``Test…`` and give a fixture ``rig``."""

    def test_the_device_is_listed_with_an_identity(self, rig):
        [listed] = [one for one in rig.backend.list_devices() if one.address == rig.address]
        assert listed.identity
        assert rig.address not in listed.identity
        assert listed.backend == rig.backend.name
        again = [one for one in rig.backend.list_devices() if one.address == rig.address]
        assert again == [listed]

    def test_capabilities_speak_per_source(self, rig):
        capabilities = rig.backend.capabilities(rig.address)
        assert {Source.FLATBED, Source.FEEDER, Source.DUPLEX} <= set(capabilities.sources)
        for settings in (FEEDER, DUPLEX, GLASS):
            assert check(settings, capabilities) == []
        assert capabilities.sources[Source.FEEDER].max_height > capabilities.sources[Source.FLATBED].max_height - 1

    def test_sheets_come_in_order_bit_for_bit_and_durable(self, rig, tmp_path):
        rig.load(4)
        sides, fault = run_out(rig, FEEDER, tmp_path / "run", first=7)
        assert (fault, names(sides)) == (None, ["7f", "8f", "9f", "10f"])
        assert all(shows(side, index) for index, side in enumerate(sides))
        assert all(side.dpi == (DPI, DPI) and side.mode is ColorMode.COLOR and not side.warnings for side in sides)
        assert read_spooled(tmp_path / "run") == sides

    def test_duplex_gives_front_then_back_of_each_sheet(self, rig, tmp_path):
        rig.load(6, two_sided=True)
        sides, fault = run_out(rig, DUPLEX, tmp_path / "run")
        assert (fault, names(sides)) == (None, ["1f", "1b", "2f", "2b", "3f", "3b"])
        assert all(shows(side, index) for index, side in enumerate(sides))

    def test_the_glass_gives_one_side(self, rig, tmp_path):
        rig.load(1)
        sides, fault = run_out(rig, GLASS, tmp_path / "run")
        assert (fault, names(sides)) == (None, ["1f"])

    def test_grey_is_grey(self, rig, tmp_path):
        rig.load(1)
        [side], _ = run_out(rig, replace(FEEDER, mode=ColorMode.GRAY), tmp_path / "run")
        assert (side.mode, side.warnings) == (ColorMode.GRAY, ())
        assert cv2.imread(str(side.path), cv2.IMREAD_UNCHANGED).ndim == 2

    def test_an_empty_feeder_is_a_fault_only_when_nothing_came(self, rig, tmp_path):
        rig.load(1)
        assert run_out(rig, FEEDER, tmp_path / "one")[1] is None
        sides, fault = run_out(rig, FEEDER, tmp_path / "two")
        assert fault is not None
        assert (fault.kind, sides) == (FaultKind.FEEDER_EMPTY, [])

    @pytest.mark.parametrize(
        ("trouble", "kind"),
        [
            ("jam", FaultKind.JAM),
            ("cover", FaultKind.COVER_OPEN),
            ("double_feed", FaultKind.DOUBLE_FEED),
            ("io", FaultKind.IO_ERROR),
            ("hang", FaultKind.HUNG),
        ],
    )
    def test_a_fault_keeps_what_came_and_the_rest_follow(self, rig, tmp_path, trouble, kind):
        rig.load(4)
        rig.fail(3, trouble)
        sides, fault = run_out(rig, FEEDER, tmp_path / "run")
        assert fault is not None
        assert (fault.kind, names(sides)) == (kind, ["1f", "2f"])
        rig.mend(3)
        rest, fault = run_out(rig, FEEDER, tmp_path / "run", first=3)
        assert (fault, names(rest)) == (None, ["3f", "4f"])
        kept = read_spooled(tmp_path / "run")
        assert kept == [*sides, *rest]
        assert all(shows(side, index) for index, side in enumerate(kept))

    def test_no_side_is_stored_that_nobody_asked_for(self, rig, tmp_path):
        rig.load(3)
        with rig.backend.open_run(rig.address, FEEDER, tmp_path / "run") as run:
            assert read_spooled(tmp_path / "run") == []
            first = next(run)
            assert read_spooled(tmp_path / "run") == [first]
            if rig.rereads:
                assert rig.fed == 1

    def test_opening_feeds_nothing_and_tells_every_setting(self, rig, tmp_path):
        rig.load(2)
        with rig.backend.open_run(rig.address, FEEDER, tmp_path / "run") as run:
            assert len(run.effective) >= 5
            assert all(set(pair) == {"asked", "effective"} for pair in run.effective.values())
            assert run.process_id > 0
        assert rig.fed == 0

    @pytest.mark.parametrize(
        ("change", "setting"),
        [({"resolution": 77}, "resolution"), ({"width": 900.0}, "width"), ({"extra": {"no_such": 1}}, "no_such")],
    )
    def test_what_does_not_fit_is_refused_and_no_paper_moves(self, rig, tmp_path, change, setting):
        rig.load(2)
        with pytest.raises(ScanFault) as caught:
            rig.backend.open_run(rig.address, replace(FEEDER, **change), tmp_path / "run")
        assert caught.value.kind is FaultKind.BAD_SETTING
        assert setting in caught.value.nearest
        assert rig.fed == 0
        nearest = caught.value.nearest[setting]
        if nearest is not None:
            with rig.backend.open_run(rig.address, replace(FEEDER, **{setting: nearest}), tmp_path / "run") as run:
                assert next(run).sheet == 1

    def test_stop_acts_after_the_sheet_in_progress(self, rig, tmp_path):
        rig.load(6, two_sided=True)
        with pytest.raises(ScanFault) as caught, rig.backend.open_run(rig.address, DUPLEX, tmp_path / "run") as run:
            next(run)
            threading.Thread(target=run.stop).start()
            next(run)
            next(run)
        assert caught.value.kind is FaultKind.OPERATOR_STOP
        assert names(read_spooled(tmp_path / "run")) == ["1f", "1b"]

    def test_kill_ends_a_hang_and_the_device_is_usable(self, rig, tmp_path):
        rig.load(3)
        rig.fail(2, "hang")
        with pytest.raises(ScanFault) as caught, rig.backend.open_run(rig.address, FEEDER, tmp_path / "run") as run:
            next(run)
            threading.Timer(0.3, run.kill).start()
            next(run)
        assert caught.value.kind is FaultKind.OPERATOR_STOP
        rig.mend(2)
        rest, fault = run_out(rig, FEEDER, tmp_path / "run", first=2)
        assert (fault, names(rest)) == (None, ["2f", "3f"])

    def test_a_device_nobody_knows(self, rig, tmp_path):
        with pytest.raises(ScanFault) as caught:
            rig.backend.open_run(f"{rig.address}-none", FEEDER, tmp_path / "run")
        assert caught.value.kind in (FaultKind.UNKNOWN_DEVICE, FaultKind.OFFLINE)

    def test_the_second_at_one_scanner_is_told_busy(self, rig, tmp_path):
        rig.load(2)
        with rig.backend.open_run(rig.address, FEEDER, tmp_path / "one") as run:
            with pytest.raises(ScanFault) as caught:
                rig.backend.open_run(rig.address, FEEDER, tmp_path / "two")
            assert caught.value.kind is FaultKind.BUSY
            assert len(list(run)) == 2

    def test_a_master_is_written_once(self, rig, tmp_path):
        rig.load(1)
        kept, _ = run_out(rig, FEEDER, tmp_path / "run")
        rig.mend(1)
        _, fault = run_out(rig, FEEDER, tmp_path / "run")
        assert fault is not None
        assert fault.kind is FaultKind.IO_ERROR
        assert read_spooled(tmp_path / "run") == kept

    def test_paper_in_the_feeder_is_felt(self, rig):
        rig.load(1)
        assert rig.backend.sensors(rig.address)["page_loaded"]
