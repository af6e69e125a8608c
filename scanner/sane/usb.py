"""The recovery ladder's last rung before the operator's hands: a USB scanner that no longer opens is reset by the kernel.

``USBDEVFS_RESET`` does what pulling the plug does, without the hand. It needs write permission on the device node, which the
packages of libsane give to the group of scanner users; without it the reset is refused and nothing is tried."""

import os
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from scanner.sane.identity import SYS_USB, serial_of

USBDEVFS_RESET = 0x5514
"""_IO('U', 20) of linux/usbdevice_fs.h"""
NODES = Path("/dev/bus/usb")
_LIBUSB = re.compile(r"libusb:(\d{3}):(\d{3})")
Ioctl = Callable[[int, int], object]


class UsbReset(StrEnum):
    """What became of a reset."""

    DONE = "done"
    NOT_USB = "not_usb"
    """A network device, or none the kernel lists."""
    REFUSED = "refused"
    """No permission on the device node."""
    FAILED = "failed"


def device_node(address: str, *, sys_usb: Path = SYS_USB, nodes: Path = NODES) -> Path | None:
    """The node of a SANE device, by the bus and number in its name or by its serial; None when it has none."""
    if named := _LIBUSB.search(address):
        return nodes / named[1] / named[2]
    serial = serial_of(address, sys_usb)
    for folder in sorted(sys_usb.glob("*")) if serial else []:
        if _read(folder / "serial") == serial:
            return nodes / _read(folder / "busnum").zfill(3) / _read(folder / "devnum").zfill(3)
    return None


def reset_usb(
    address: str,
    *,
    sys_usb: Path = SYS_USB,
    nodes: Path = NODES,
    open_node: Callable[[Path], int] | None = None,
    ioctl: Ioctl | None = None,
) -> UsbReset:
    """Reset the device behind ``address``. Never raises; nobody may have the device open."""
    node = device_node(address, sys_usb=sys_usb, nodes=nodes)
    if node is None:
        return UsbReset.NOT_USB
    try:
        handle = (open_node or _open)(node)
    except PermissionError:
        return UsbReset.REFUSED
    except OSError:
        return UsbReset.NOT_USB
    try:
        (ioctl or _ioctl)(handle, USBDEVFS_RESET)
    except PermissionError:
        return UsbReset.REFUSED
    except OSError:
        return UsbReset.FAILED
    finally:
        os.close(handle)
    return UsbReset.DONE


def _open(node: Path) -> int:
    return os.open(node, os.O_WRONLY | os.O_CLOEXEC)


def _ioctl(handle: int, request: int) -> object:
    import fcntl  # noqa: PLC0415 - not on Windows

    return fcntl.ioctl(handle, request, 0)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
