"""Which scanner and scan profile a desk starts with: what the batch used last, else the first that fits."""

from dataclasses import dataclass
from typing import Any

from scanner.backend import refuse
from scanner.model import ScanFault
from station.devices import DeviceView, ProfileView, profiles
from station.house import House


@dataclass(frozen=True, slots=True)
class Choice:
    """``scanners``: each with the names of the profiles it can do; ``device`` and ``profile`` are chosen at first."""

    scanners: tuple[tuple[DeviceView, frozenset[str]], ...]
    device: DeviceView | None
    profiles: tuple[ProfileView, ...]
    profile: ProfileView | None


def fitting(listed: list[DeviceView], *, practice: bool) -> tuple[DeviceView, ...]:
    """Devices that are there and may take this batch: the practice scanner feeds practice batches only."""
    there = [device for device in listed if device.present and (practice or not device.practice)]
    return tuple(sorted(there, key=lambda device: device.practice != practice))


def choice_of(house: House, view: Any, scanners: tuple[DeviceView, ...]) -> Choice:
    """``view``: a DeskView; its last run names the scanner it was scanned on."""
    used = view.run.device if view.run is not None else ""
    device = next((one for one in scanners if one.identity == used), scanners[0] if scanners else None)
    offered = tuple(profiles(house))
    able = {one.identity: frozenset(profile.name for profile in offered if _can(one, profile)) for one in scanners}
    fits = [profile for profile in offered if device is None or profile.name in able[device.identity]]
    return Choice(tuple((one, able[one.identity]) for one in scanners), device, offered, fits[0] if fits else None)


def _can(device: DeviceView, profile: ProfileView) -> bool:
    try:
        refuse(profile.settings, device.capabilities)
    except ScanFault:
        return False
    return True
