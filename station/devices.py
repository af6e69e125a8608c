"""Scanners as the desk sees them."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from batches import devices as device_records
from scanner.backend import Backend
from scanner.model import DeviceCapabilities, DeviceInfo, ScanFault
from station.house import Actor, House
from station.scan_settings import capabilities_from_json, capabilities_to_json
from station.words import words

log = logging.getLogger(__name__)

PRACTICE = "practice"
"""The backend that holds the station's own virtual scanner."""


@dataclass(frozen=True, slots=True)
class DeviceView:
    identity: str
    alias: str
    vendor: str
    model: str
    present: bool
    practice: bool
    holder: str | None
    """who holds it now; None = free"""
    since: str | None
    until: str | None
    """when the hold ends unless it is used on"""
    capabilities: DeviceCapabilities


def listing(house: House) -> list[DeviceView]:
    """Every device ever seen, present ones first."""
    with house.store.read() as connection:
        rows = device_records.listing(connection)
    return [
        DeviceView(
            row.identity,
            row.alias,
            row.vendor,
            row.model,
            row.present,
            row.practice,
            row.holder,
            row.since,
            row.expires_at,
            capabilities_from_json(row.capabilities),
        )
        for row in rows
    ]


def ask_refresh(house: House) -> None:
    """Ask the broker to look for devices anew."""
    with house.store.write() as connection:
        device_records.ask_refresh(connection)


def rename(house: House, actor: Actor, identity: str, alias: str) -> None:
    with house.store.write() as connection:
        device_records.rename(connection, actor.login, identity, alias)


def look(house: House, backends: Mapping[str, Backend]) -> int:
    """List the devices of every backend with their capabilities and put them on record; returns how many there are.

    A device that lists but does not answer is recorded without capabilities: it may be in use. Virtual ones are for
    practice unless the configuration counts them as real."""
    found = []
    real = house.settings.scanning.virtual_counts
    for name, backend in backends.items():
        for info in _list(backend):
            capabilities = _ask(backend, info)
            practice = name == PRACTICE or (info.virtual and not real)
            found.append(
                {
                    "identity": info.identity,
                    "backend": name,
                    "alias": words("device.practice") if name == PRACTICE else f"{info.vendor} {info.model}".strip(),
                    "address": info.address,
                    "vendor": info.vendor,
                    "model": info.model,
                    "serial": info.serial,
                    "practice": practice,
                    **({"capabilities": capabilities_to_json(capabilities)} if capabilities else {}),
                }
            )
    with house.store.write() as connection:
        device_records.seen(connection, found)
        device_records.refreshed(connection)
    return len(found)


def _list(backend: Backend) -> list[DeviceInfo]:
    try:
        return backend.list_devices()
    except ScanFault as fault:
        log.warning("%s lists no devices: %s", backend.name, fault)
        return []


def _ask(backend: Backend, info: DeviceInfo) -> DeviceCapabilities | None:
    try:
        return backend.capabilities(info.address)
    except ScanFault as fault:
        log.warning("%s does not tell what it can do: %s", info.identity, fault)
        return None
