"""Why a scanner is not seen: what the kernel sees on USB, what SANE sees, and every usual reason for the difference.

Sources of the rules: libsane1's udev files (20-sane.hwdb marks the USB numbers its drivers know, 99-libsane1.rules gives them
to group ``scanner``), ipp-usb (takes class 7/1/4 interfaces and offers them as eSCL on loopback), sane-airscan (finds network
scanners through avahi, UDP 5353, and WS-Discovery, UDP 3702)."""

import grp
import os
import pwd
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from scanner.model import DeviceInfo, ScanFault
from scanner.sane.backend import SaneBackend
from scanner.sane.config import system_backends
from station.doctor.model import Patient, Result, apt_line, good, note, wrong

_MAKERS = {
    "03f0": "HP", "040a": "Kodak", "0482": "Kyocera", "04a9": "Canon", "04b8": "Epson", "04c5": "Fujitsu/Ricoh",
    "04da": "Panasonic", "04f9": "Brother", "05ca": "Ricoh", "0638": "Avision", "06dc": "Kodak", "07b3": "Plustek",
    "1083": "Canon", "29cc": "Kodak Alaris", "2a94": "Uniscan",
}  # fmt: skip
"""USB vendor numbers of makers of document scanners. A maker alone is a hint: HP also makes keyboards (see `_may_scan`)."""

_STILL_IMAGE, _PRINTER, _VENDOR = "06", "07", "ff"
_IPP = (_PRINTER, "01", "04")
_HWDB = ("usr/lib/udev/hwdb.d/20-sane.hwdb", "lib/udev/hwdb.d/20-sane.hwdb")
_RESTORE_DRIVERS = (
    "sudo mv /etc/sane.d/dll.conf /etc/sane.d/dll.conf.old && "
    "sudo apt-get install --reinstall -o Dpkg::Options::=--force-confmiss libsane1 libsane-common"
)
"""dll.conf is a configuration file: it comes back only when it is absent and asked for."""


@dataclass(frozen=True, slots=True)
class UsbDevice:
    """A USB device as the kernel describes it. ``interfaces``: (class, subclass, protocol), two hex digits each."""

    vendor: str
    product: str
    name: str
    node: Path
    interfaces: tuple[tuple[str, str, str], ...]

    @property
    def speaks_ipp(self) -> bool:
        return _IPP in self.interfaces


def scanners(patient: Patient) -> Iterator[Result]:
    if find_spec("sane") is None:
        yield wrong("scanner.no_binding", "bin/setup")
        return
    try:
        seen = SaneBackend(patient.settings.scanning.sane_config_dir).list_devices()
    except ScanFault as fault:
        yield wrong("scanner.list_failed", "SANE_DEBUG_DLL=3 scanimage -L", detail=fault.detail or fault.kind.value)
        seen = []
    for device in seen:
        yield good("scanner.seen", name=f"{device.vendor} {device.model}".strip(), address=device.address)
    yield from unseen(patient, seen)


def unseen(patient: Patient, seen: Sequence[DeviceInfo]) -> Iterator[Result]:
    """Every scanner that should be in SANE's list and is not, with the reason; and why the list is empty."""
    yield from _private_folder(patient)
    waiting = [device for device in usb_devices(patient) if _may_scan(device, patient) and not _is_listed(device, seen)]
    for device in waiting:
        yield _why_usb(device, patient)
    if not seen and not waiting:
        yield note("scanner.none", "lsusb")
    if not seen:
        yield from _why_no_network(patient)


# ---- USB ------------------------------------------------------------------------------------------------------------


def usb_devices(patient: Patient) -> list[UsbDevice]:
    """All USB devices the kernel knows, from sysfs."""
    folder = patient.at("sys/bus/usb/devices")
    if not folder.is_dir():
        return []
    return [_usb_device(place, patient) for place in sorted(folder.iterdir()) if (place / "idVendor").is_file()]


def _usb_device(place: Path, patient: Patient) -> UsbDevice:
    bus, number = _read(place / "busnum", "0"), _read(place / "devnum", "0")
    name = f"{_read(place / 'manufacturer')} {_read(place / 'product')}".strip()
    faces = sorted({*place.glob(f"{place.name}:*"), *place.parent.glob(f"{place.name}:*")})
    return UsbDevice(
        vendor=_read(place / "idVendor").lower(),
        product=_read(place / "idProduct").lower(),
        name=name or "USB",
        node=patient.at(f"dev/bus/usb/{int(bus):03d}/{int(number):03d}"),
        interfaces=tuple(dict.fromkeys(_interface(face) for face in faces)),
    )


def _interface(face: Path) -> tuple[str, str, str]:
    return (_read(face / "bInterfaceClass"), _read(face / "bInterfaceSubClass"), _read(face / "bInterfaceProtocol"))


def _read(path: Path, default: str = "") -> str:
    try:
        return path.read_text("utf-8", "replace").strip() or default
    except OSError:
        return default


def _may_scan(device: UsbDevice, patient: Patient) -> bool:
    """Known to a SANE driver, or speaks IPP over USB, or of a scanner maker with an interface only a driver understands."""
    if _driver_knows(device, patient) or device.speaks_ipp:
        return True
    classes = {kind for kind, _, _ in device.interfaces}
    return device.vendor in _MAKERS and bool(classes & {_VENDOR, _STILL_IMAGE})


def _driver_knows(device: UsbDevice, patient: Patient) -> bool:
    """Whether some SANE driver's own list names these USB numbers."""
    mark = f"usb:v{device.vendor.upper()}p{device.product.upper()}*"
    files = [path for name in _HWDB if (path := patient.at(name)).is_file()]
    return any(mark in path.read_text("ascii", "replace").split() for path in files[:1])


def _is_listed(device: UsbDevice, seen: Sequence[DeviceInfo]) -> bool:
    """A listed scanner is this one by its bus and number (``fujitsu:…:003:004`` style) or by its model's name."""
    bus, number = device.node.parent.name, device.node.name
    where = re.compile(rf"\b{bus}[:/]{number}\b")
    return any(where.search(one.address) or (one.model and one.model.lower() in device.name.lower()) for one in seen)


def _why_usb(device: UsbDevice, patient: Patient) -> Result:
    facts = {"name": device.name, "id": f"{device.vendor}:{device.product}"}
    known = _driver_knows(device, patient)
    if known and not os.access(device.node, os.R_OK | os.W_OK):
        return _why_not_permitted(device, patient, facts)
    if device.speaks_ipp and not _is_running(patient, "ipp-usb"):
        return wrong("scanner.needs_ipp_usb", f"{apt_line('ipp-usb')} && sudo systemctl enable --now ipp-usb", **facts)
    if device.speaks_ipp:
        return wrong("scanner.held_by_ipp_usb", "sudo systemctl restart ipp-usb && airscan-discover", **facts)
    if not known:
        maker = _MAKERS.get(device.vendor, device.vendor)
        return wrong("scanner.no_driver", f"lsusb -v -d {facts['id']}", **facts, maker=maker)
    if not _enabled_drivers(patient):
        return wrong("scanner.drivers_off", _RESTORE_DRIVERS, **facts)
    return wrong("scanner.driver_silent", "SANE_DEBUG_SANEI_USB=3 scanimage -L", **facts)


def _why_not_permitted(device: UsbDevice, patient: Patient, facts: dict[str, str]) -> Result:
    rules = [*patient.at("usr/lib/udev/rules.d").glob("*libsane*"), *patient.at("lib/udev/rules.d").glob("*libsane*")]
    if not rules:
        return wrong("scanner.no_udev_rules", f"{apt_line('libsane1', 'libsane-common')} && sudo udevadm trigger", **facts)
    if "scanner" not in _groups():
        return wrong("scanner.not_in_group", f"sudo usermod -aG scanner {_user()}", **facts, user=_user())
    line = "sudo udevadm trigger --subsystem-match=usb --action=add"
    return wrong("scanner.no_permission", line, **facts, node=str(device.node))


def _groups() -> set[str]:
    """Groups of this process: membership given after log-in does not count yet."""
    names = set()
    for number in {os.getegid(), *os.getgroups()}:
        try:
            names.add(grp.getgrgid(number).gr_name)
        except KeyError:
            continue
    return names


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


# ---- SANE's own configuration ---------------------------------------------------------------------------------------


def _private_folder(patient: Patient) -> Iterator[Result]:
    folder = patient.settings.scanning.sane_config_dir
    if folder is not None and not (folder / "dll.conf").is_file():
        yield wrong("scanner.private_folder_empty", f"cp -r /etc/sane.d {folder}", folder=str(folder))
    elif folder is not None:
        yield note("scanner.private_folder", folder=str(folder))


def _enabled_drivers(patient: Patient) -> list[str]:
    return system_backends(patient.at("etc/sane.d"))


# ---- network --------------------------------------------------------------------------------------------------------


def _why_no_network(patient: Patient) -> Iterator[Result]:
    """The three usual reasons that a network scanner stays unseen."""
    if "airscan" not in _enabled_drivers(patient):
        yield wrong("scanner.airscan_off", apt_line("sane-airscan"))
        return
    if _discovery_is_off(patient):
        yield note("scanner.discovery_off", "sudo sed -i 's/^discovery = disable/# &/' /etc/sane.d/airscan.conf")
        return
    if not _is_running(patient, "avahi-daemon"):
        yield note("scanner.no_avahi", f"{apt_line('avahi-daemon')} && sudo systemctl enable --now avahi-daemon")
    if re.search(r"^ENABLED=yes", _read(patient.at("etc/ufw/ufw.conf")), re.MULTILINE):
        yield note("scanner.firewall", "sudo ufw allow 5353/udp && sudo ufw allow proto udp from any port 3702")


def _discovery_is_off(patient: Patient) -> bool:
    text = _read(patient.at("etc/sane.d/airscan.conf"))
    return re.search(r"^\s*discovery\s*=\s*disable", text, re.MULTILINE) is not None


def _is_running(patient: Patient, service: str) -> bool:
    """By systemd where it runs, else by the process list (a container, sysvinit)."""
    if patient.run(["systemctl", "is-active", service]).text.strip() == "active":
        return True
    names = (_read(place / "comm") for place in patient.at("proc").glob("[0-9]*"))
    return service[:15] in names
