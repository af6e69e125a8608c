"""Who a device is, whatever its USB number or network address is today.

In order of trust: the serial or UUID in the device's own answer (eSCL), the serial in the driver's device name (fujitsu,
hpaio), the USB serial the kernel read (/sys, for names like ``canon_dr:libusb:001:004``), and when a device gives none of these
its address, which then changes when the device is plugged in elsewhere."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

SYS_USB = Path("/sys/bus/usb/devices")
_LIBUSB = re.compile(r"libusb:(\d+):(\d+)")
_FUJITSU = re.compile(r"^fujitsu:[^:]+:(\w+)$")
VIRTUAL = ("test", "pnm", "vscan")


def make_and_model(told: str, vendor: str, model: str) -> tuple[str, str]:
    """Split a network scanner's ``MakeAndModel``; sane-airscan itself gives the protocol as the vendor."""
    make, _, rest = told.strip().partition(" ")
    return (make, rest) if make and rest else (vendor, told or model)


def serial_of(address: str, sys_usb: Path = SYS_USB) -> str:
    """The serial number a SANE device name carries or leads to, empty when there is none."""
    if fujitsu := _FUJITSU.match(address):
        return fujitsu[1]
    if address.startswith("hpaio:"):
        return parse_qs(urlsplit(address.removeprefix("hpaio:")).query).get("serial", [""])[0]
    if usb := _LIBUSB.search(address):
        return _usb_serial(int(usb[1]), int(usb[2]), sys_usb)
    return ""


def is_virtual(address: str) -> bool:
    """A simulated device: its pages are practice."""
    return address.split(":", 1)[0] in VIRTUAL


def _usb_serial(bus: int, device: int, sys_usb: Path) -> str:
    for folder in sorted(sys_usb.glob("*")) if sys_usb.is_dir() else []:
        if (_read(folder / "busnum"), _read(folder / "devnum")) == (str(bus), str(device)):
            return _read(folder / "serial")
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
