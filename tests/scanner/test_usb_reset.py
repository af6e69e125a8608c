"""The rung before the operator's hands: a USB scanner that does not open is reset, where we may."""

import os
from pathlib import Path

import pytest
from conftest import QUICK
from contract import FEEDER, names
from test_vscan_backend import LocalRig, rig  # noqa: F401
from vscan.rig import vscan, vscan_library  # noqa: F401

from scanner.model import FaultKind, ScanFault
from scanner.sane.backend import SaneBackend
from scanner.sane.usb import USBDEVFS_RESET, UsbReset, device_node, reset_usb


@pytest.fixture
def usb(tmp_path: Path) -> dict[str, Path]:
    """A fujitsu and an epson on the bus, as the kernel shows them."""
    for name, bus, number, serial in (("1-1", "1", "4", "A1B2"), ("2-3.1", "2", "17", "XYZ")):
        folder = tmp_path / "sys" / name
        folder.mkdir(parents=True)
        for file, text in (("busnum", bus), ("devnum", number), ("serial", serial)):
            (folder / file).write_text(text + "\n")
        node = tmp_path / "dev" / bus.zfill(3) / number.zfill(3)
        node.parent.mkdir(parents=True)
        node.touch()
    return {"sys_usb": tmp_path / "sys", "nodes": tmp_path / "dev"}


@pytest.mark.parametrize(
    ("address", "node"),
    [
        ("canon_dr:libusb:001:004", "001/004"),
        ("epsonds:libusb:002:017", "002/017"),
        ("fujitsu:fi-8170:XYZ", "002/017"),
        ("hpaio:/usb/ScanJet_Pro?serial=A1B2", "001/004"),
        ("fujitsu:fi-8170:GONE", None),
        ("airscan:e0:Sim", None),
        ("pnm:0", None),
    ],
)
def test_the_node_of_a_device_is_found_by_number_or_serial(usb, address, node):
    assert device_node(address, **usb) == (usb["nodes"] / node if node else None)


def test_a_reset_is_asked_of_the_kernel_on_that_node_and_the_node_closed(usb):
    asked = []

    def ioctl(handle, request):
        asked.append((str(Path(f"/proc/self/fd/{handle}").readlink()), request, handle))

    assert reset_usb("fujitsu:fi-8170:XYZ", **usb, ioctl=ioctl) is UsbReset.DONE
    [(node, request, handle)] = asked
    assert (node, request) == (str(usb["nodes"] / "002/017"), USBDEVFS_RESET)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def refuse(*_: object) -> int:
    raise PermissionError(13, "Permission denied")


def test_what_cannot_be_reset_says_why(usb):
    assert reset_usb("fujitsu:fi-8170:XYZ", **usb) is UsbReset.FAILED  # a plain file is no USB device: ENOTTY from the kernel
    assert reset_usb("fujitsu:fi-8170:XYZ", **usb, open_node=refuse) is UsbReset.REFUSED
    assert reset_usb("fujitsu:fi-8170:XYZ", **usb, ioctl=refuse) is UsbReset.REFUSED
    assert reset_usb("canon_dr:libusb:009:009", **usb) is UsbReset.NOT_USB
    assert reset_usb("airscan:e0:Sim", **usb) is UsbReset.NOT_USB


def unplugged(rig: LocalRig, outcome: UsbReset) -> list[str]:  # noqa: F811
    """A device that does not open; the reset, where it is done, brings it back. Returns the addresses it was asked for."""
    asked = []

    def reset(address: str) -> UsbReset:
        asked.append(address)
        rig.device.stuck(on=outcome is not UsbReset.DONE)
        return outcome

    rig.load(2)
    rig.device.stuck(on=True)
    rig.backend = SaneBackend(rig.device.config_dir, timeouts=QUICK, library_path=rig.device.library.parent, reset=reset)
    return asked


def test_a_device_that_does_not_open_is_reset_once_and_then_scans(rig, tmp_path):  # noqa: F811
    asked = unplugged(rig, UsbReset.DONE)
    with rig.backend.open_run(rig.address, FEEDER, tmp_path / "run") as run:
        assert names(list(run)) == ["1f", "2f"]
    assert asked == [rig.address]


@pytest.mark.parametrize(("outcome", "told"), [(UsbReset.REFUSED, True), (UsbReset.FAILED, True), (UsbReset.NOT_USB, False)])
def test_without_a_reset_the_fault_stands_and_says_what_was_tried(rig, tmp_path, outcome, told):  # noqa: F811
    asked = unplugged(rig, outcome)
    with pytest.raises(ScanFault) as caught:
        rig.backend.open_run(rig.address, FEEDER, tmp_path / "run")
    assert caught.value.kind is FaultKind.OFFLINE
    assert (f"USB reset: {outcome}" in caught.value.detail) is told
    assert asked == [rig.address]
