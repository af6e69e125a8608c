"""The WIA backend keeps the same contract against a COM object of ours, and its codes become our faults."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import QUICK, write_pages
from contract import FEEDER, BackendContract, run_out
from fake_com import JPEG, ComError, DeviceInfo

from scanner.model import FaultKind
from scanner.wia.backend import WiaBackend
from scanner.wia.codes import ERRORS, code_of, fault_of
from scanner.wia.driver import usb_serial


class ComRig:
    rereads = True
    address = DeviceInfo.DeviceID

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._state = folder / "tray.json"
        self._sheets: list[list[str]] = []
        self._write({"sheets": [], "glass": [], "fed": 0, "side": 0, "faults": {}})
        path = os.pathsep.join([str(Path(__file__).parent), str(Path(__file__).parents[2])])
        env = {"FAKE_WIA": str(folder), "PYTHONPATH": path, "SANE_CONFIG_DIR": str(folder)}
        limits = replace(QUICK, feed=1.5, lines=1.0)
        self.backend = WiaBackend("fake_com:manager", timeouts=limits, env=env)

    def change(self, **values: Any) -> None:
        self._write({**json.loads(self._state.read_text()), **values})

    def load(self, pages: int, *, two_sided: bool = False) -> None:
        images = [str(path) for path in sorted(write_pages(self._folder / "paper", pages).iterdir())]
        step = 2 if two_sided else 1
        self._sheets = [images[at : at + step] for at in range(0, pages, step)]
        self.change(sheets=self._sheets, glass=self._sheets[0], fed=0, side=0)

    def fail(self, sheet: int, fault: str) -> None:
        self.change(faults={f"{sheet}-front": fault})

    def mend(self, sheet: int) -> None:
        self.change(faults={}, sheets=self._sheets[sheet - 1 :], fed=sheet - 1, side=0)

    @property
    def fed(self) -> int:
        return int(json.loads(self._state.read_text())["fed"])

    def _write(self, state: dict[str, Any]) -> None:
        self._state.write_text(json.dumps(state))


@pytest.fixture
def rig(tmp_path: Path) -> ComRig:
    return ComRig(tmp_path)


class TestWia(BackendContract):
    pass


def test_a_driver_that_knows_only_jpeg_keeps_its_own_bytes(rig, tmp_path):
    rig.load(1)
    rig.change(formats=[JPEG])
    [side], fault = run_out(rig, FEEDER, tmp_path / "run")
    assert fault is None
    assert (side.format, side.path.suffix) == ("image/jpeg", ".jpg")
    assert side.path.read_bytes()[:3] == b"\xff\xd8\xff"
    assert (side.width, side.height) == (620, 877)


def test_the_serial_comes_from_the_plug_and_play_name_when_it_is_one(rig):
    [listed] = rig.backend.list_devices()
    assert listed.identity == "fictive:fx-100:a9k0017"
    assert usb_serial("\\\\?\\usb#vid_04c5&pid_132e#6&2a3b&0&4#{guid}") == ""


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_each_wia_code_has_its_fault(code):
    fault = fault_of(ComError(code), "feed")
    assert (fault.kind, f"0x{code:08X}" in fault.detail) == (ERRORS[code], True)


def test_microsofts_published_codes_are_all_known():
    published = [*range(1, 0x0F), 0x16, 0x17, 0x20]
    assert [code for code in published if 0x80210000 + code not in ERRORS] == []


def test_an_unknown_code_is_an_io_error_with_its_number():
    fault = fault_of(ComError(0x80219999), "feed")
    assert (fault.kind, "0x80219999" in fault.detail) == (FaultKind.IO_ERROR, True)


def test_the_code_is_found_under_both_bindings():
    early = type("COMError", (Exception,), {"hresult": 0x80210002 - (1 << 32)})()
    assert (code_of(early), code_of(ComError(0x80210016)), code_of(ValueError("no"))) == (0x80210002, 0x80210016, 0)
