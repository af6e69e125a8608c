"""Which scanner and scan profile a desk starts with: what the batch used last, else the first that fits."""

from dataclasses import dataclass, field
from typing import Any

from batches import runs
from station import devices, profiles
from station.buttons import SENSOR
from station.devices import DeviceView
from station.house import House
from station.profiles import Fit, ProfileView
from web.settings_said import SettingSaid, changed_by_device, why_not

_Pair = tuple[str, str]
"""device identity, profile name"""


@dataclass(frozen=True, slots=True)
class Choice:
    """``scanners``: each with the names of the profiles it can do; ``device`` and ``profile`` are chosen at first.

    ``refused``: why a profile does not fit a device, in words; ``nearest``: those pairs for which a nearest fit can be asked.
    ``gentle``: device → the paper source it would use for brittle paper."""

    scanners: tuple[tuple[DeviceView, frozenset[str]], ...]
    device: DeviceView | None
    profiles: tuple[ProfileView, ...]
    profile: ProfileView | None
    refused: dict[_Pair, str] = field(default_factory=dict)
    nearest: frozenset[_Pair] = frozenset()
    gentle: dict[str, str] = field(default_factory=dict)
    waits: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """device → how a run can begin at it: ``button``, ``paper``"""
    absent: tuple[str, ...] = ()
    """names of devices that are known and not there"""
    changed: tuple[SettingSaid, ...] = ()
    """what the device did not take as asked in the last run"""


def fitting(listed: list[DeviceView], *, practice: bool) -> tuple[DeviceView, ...]:
    """Devices that are there and may take this batch: the practice scanner feeds practice batches only."""
    there = [device for device in listed if device.present and (practice or not device.practice)]
    return tuple(sorted(there, key=lambda device: device.practice != practice))


def choice_of(house: House, view: Any, scanners: tuple[DeviceView, ...]) -> Choice:
    """``view``: a DeskView; its last run names the scanner and the profile it was scanned with."""
    used = view.run.device if view.run is not None else ""
    last, effective = _last_run(house, view)
    device = next((one for one in scanners if one.identity == used), scanners[0] if scanners else None)
    offered = tuple(profiles.listing(house))
    found = {(one.identity, profile.name): _fit(profile, one) for one in scanners for profile in offered}
    able = {one.identity: frozenset(p.name for p in offered if found[one.identity, p.name].fits) for one in scanners}
    fits = [profile for profile in offered if device is None or profile.name in able[device.identity]]
    fits.sort(key=lambda profile: profile.name != last)
    return Choice(
        tuple((one, able[one.identity]) for one in scanners),
        device,
        offered,
        fits[0] if fits else None,
        {pair: why_not(fit) for pair, fit in found.items() if not fit.fits},
        frozenset(pair for pair, fit in found.items() if fit.problems and fit.right_model and fit.nearest is not None),
        {one.identity: profiles.gentle(offered[0].settings, one.capabilities).source.value for one in scanners if offered},
        {one.identity: _waits(one) for one in scanners},
        tuple(one.alias for one in devices.listing(house) if not one.present and not one.practice),
        tuple(changed_by_device(effective)),
    )


def _last_run(house: House, view: Any) -> tuple[str, dict[str, Any]]:
    """The profile of the batch's last run and what the device made of its settings."""
    if view.run is None:
        return "", {}
    with house.store.read() as connection:
        run = runs.get(connection, view.run.id)
    return str((run.settings.get("profile") or {}).get("name", "")), dict(run.effective or {})


def _waits(device: DeviceView) -> tuple[str, ...]:
    there = () if device.practice else device.capabilities.sensors
    return tuple(way.value for way, sensor in SENSOR.items() if sensor in there)


def _fit(profile: ProfileView, device: DeviceView) -> Fit:
    return profiles.fit(profile.settings, profile.model, device.identity, device.capabilities)
