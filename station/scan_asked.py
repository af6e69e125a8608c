"""What a person asked of a scanner on the desk, made into settings: a profile of the book, changed only as the person said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from batches import devices as device_records
from batches.errors import Invalid, NotFound
from scanner.model import DeviceCapabilities, ScanSettings, Source
from scanner.profile import nearest_fit
from station import profiles
from station.house import House
from station.scan_settings import capabilities_from_json, settings_to_json


@dataclass(frozen=True, slots=True)
class AskedScan:
    """``noted``: what the run's record keeps beside the settings: the profile with its version, and what was changed of it."""

    device: str
    settings: ScanSettings
    noted: Mapping[str, Any]


def of(
    house: House,
    device: str,
    profile: str,
    *,
    source: Source | None = None,
    nearest: bool = False,
    fragile: bool = False,
) -> AskedScan:
    """``source``: one sheet from elsewhere than the profile says. ``nearest``: the person accepted the nearest that fits;
    ``fragile``: the kindest way this device has. Raises Invalid for a profile that is not in use."""
    chosen = next((one for one in profiles.listing(house) if one.name == profile), None)
    if chosen is None:
        raise Invalid(what="profile", value=profile)
    settings = replace(chosen.settings, source=source) if source is not None else chosen.settings
    noted: dict[str, Any] = {"profile": chosen.for_run()}
    if chosen.book:
        noted["book"] = True
    if nearest or fragile:
        can = _capabilities(house, device)
        fitted = profiles.gentle(settings, can) if fragile else nearest_fit(settings, can)
        if fitted is not None and fitted != settings:
            noted["changed"] = _changed(settings, fitted)
            settings = fitted
        noted |= {"fragile": True} if fragile else {}
    return AskedScan(device, settings, noted)


def _changed(asked: ScanSettings, fitted: ScanSettings) -> dict[str, list[Any]]:
    """Setting → [what the profile says, what is asked instead]."""
    before, after = ({**one, **one.pop("extra")} for one in (settings_to_json(asked), settings_to_json(fitted)))
    return {key: [before.get(key), after.get(key)] for key in {**before, **after} if before.get(key) != after.get(key)}


def _capabilities(house: House, device: str) -> DeviceCapabilities:
    with house.store.read() as connection:
        try:
            return capabilities_from_json(device_records.get(connection, device).capabilities)
        except NotFound:
            raise Invalid(what="device", value=device) from None
