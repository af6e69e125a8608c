"""``sohoa devices``: scanners with what they can do, asked directly of the drivers."""

import argparse
from typing import Any

from scanner.model import DeviceCapabilities, DeviceInfo, ScanFault
from station.cli.common import house_of, say_json
from station.engine import backends_of
from station.scan_settings import capabilities_to_json
from station.words import words


def add_parser(subparsers: Any) -> None:
    subparsers.add_parser("devices", help=words("cli.door.devices"))


def run(args: argparse.Namespace) -> int:
    """0 where there is at least one, else 1 with the way on."""
    found = 0
    for backend in backends_of(house_of(args)).values():
        for info in backend.list_devices():
            found += 1
            try:
                _tell(info, backend.capabilities(info.address), None, as_json=args.json)
            except ScanFault as fault:
                _tell(info, DeviceCapabilities({}), fault, as_json=args.json)
    if not found and not args.json:
        print(words("door.devices.none"))
    return 0 if found else 1


def _tell(info: DeviceInfo, capabilities: DeviceCapabilities, fault: ScanFault | None, *, as_json: bool) -> None:
    if as_json:
        known = {name: getattr(info, name) for name in ("identity", "address", "vendor", "model", "serial", "virtual")}
        say_json({**known, **capabilities_to_json(capabilities), "fault": fault.kind.value if fault else None})
        return
    print(f"{info.vendor} {info.model}  ({info.identity})")
    if fault:
        print("   " + words(f"fault.{fault.kind.value}.title", sheet=1, last=0))
    for source, caps in capabilities.sources.items():
        limits = caps.resolution_range
        dpi = f"{limits[0]}–{limits[1]}" if limits else ", ".join(map(str, caps.resolutions))
        modes = ", ".join(words(f"door.devices.mode.{mode.value}") for mode in caps.modes)
        name = words(f"door.devices.source.{source.value}")
        print(f"   {name}: {modes}; {dpi} dpi; {caps.max_width:.0f} × {caps.max_height:.0f} mm")
