"""The SANE driver inside the child process: devices, capabilities, and a session that delivers one side per question."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from scanner.identity import identity
from scanner.model import DeviceCapabilities, DeviceInfo, Face, ScanFault, ScanSettings
from scanner.sane import device as raw
from scanner.sane import network
from scanner.sane.capabilities import device_capabilities, source_capabilities, source_plans
from scanner.sane.device import SaneDevice
from scanner.sane.identity import is_virtual, make_and_model, serial_of
from scanner.sane.settings import Effective, apply
from scanner.sane.side import MAX_SIDE_BYTES, Shape, SideReader
from scanner.sane.status import NO_DOCS, fault_of
from scanner.sane.vocabulary import AUTO_LENGTH, sensor_of
from scanner.tiff import TiffWriter
from scanner.worker.driver import Frame, Progress

DEFAULT_DPI = 300


class SaneDriver:
    """See ``scanner.worker.driver.Driver``. Made once per process."""

    def __init__(self) -> None:
        self._ready = False

    def list_devices(self) -> list[DeviceInfo]:
        self._init()
        with ThreadPoolExecutor(8) as pool:
            return list(pool.map(_info, raw.devices()))

    def capabilities(self, address: str, progress: Progress) -> DeviceCapabilities:
        with contextlib.closing(self._open(address)) as device:
            progress("set")
            found = read_capabilities(device)
        if url := network.configured_url(address):  # what sane-airscan knows and keeps to itself
            found = replace(found, sensors=tuple(sorted({*found.sensors, *network.feeder_sensors(url)})))
        return found

    def open(self, address: str, settings: ScanSettings, progress: Progress) -> "SaneSession":
        device = self._open(address)
        try:
            progress("set")
            return SaneSession(device, address, apply(device, settings))
        except BaseException:
            device.close()
            raise

    def watch(self, address: str, progress: Progress) -> "SaneSession":
        return SaneSession(self._open(address), address, {})

    def fault(self, error: Exception, phase: str) -> ScanFault:
        return fault_of(str(error), phase)

    def _open(self, address: str) -> SaneDevice:
        self._init()
        return SaneDevice(address)

    def _init(self) -> None:
        if not self._ready:
            raw.init()
            self._ready = True


def _info(row: tuple[str, str, str, str]) -> DeviceInfo:
    address, vendor, model, _ = row
    serial, virtual = serial_of(address), is_virtual(address)
    if url := network.configured_url(address):
        known = network.facts(url)
        serial, virtual = known.get("serial") or known.get("uuid", ""), "virtual" in known
        vendor, model = make_and_model(known.get("model", ""), vendor, model)
    return DeviceInfo(identity(vendor, model, serial, address), "sane", address, vendor, model, serial, virtual)


def read_capabilities(device: SaneDevice) -> DeviceCapabilities:
    """Choose each source in turn and read the table it shows: areas, modes and resolutions differ between sources."""
    sources = {}
    for plan in source_plans(device.table):
        for name, value in plan.values:
            option = device.table.settable(name)
            if option is not None:
                device.set(option, value)
        resolution = device.table.find("resolution", "x-resolution")
        dpi = round(float(device.get(resolution))) if resolution else DEFAULT_DPI
        sources[plan.source] = source_capabilities(device.table, dpi)
    return device_capabilities(sources, device.table)


class SaneSession:
    """One run on one fresh handle. See ``scanner.worker.driver.Session``."""

    def __init__(self, device: SaneDevice, address: str, effective: Effective) -> None:
        self._device = device
        self._url = network.configured_url(address)
        self.effective = effective
        self._dpi = self._resolution()
        self._sides = SideReader(device.line_reader(), TiffWriter(), self._dpi)
        self._length_unknown = any(self._value(name) for name in AUTO_LENGTH)

    def side_bytes(self) -> int:
        _, _, lines, _, line_bytes = self._device.parameters()
        return min(max(0, lines) * line_bytes, MAX_SIDE_BYTES)

    def next_side(self, face: Face, progress: Progress) -> Frame | None:
        phase = "feed"
        try:
            self._device.start()
            phase = "first_line"
            progress(phase)
            return self._read(progress)
        except raw.Error as error:
            # sane-airscan starts well with an empty feeder and says so at the first line.
            if str(error) == NO_DOCS:
                return None
            raise fault_of(str(error), phase) from error

    def _read(self, progress: Progress) -> Frame:
        shape = Shape.of(self._device.parameters())
        return self._sides.read(shape, progress, any_length=self._length_unknown)

    def sensors(self) -> dict[str, Any]:
        values = network.feeder_sensors(self._url) if self._url else {}
        for option in self._device.table:
            if option.sensor:
                with contextlib.suppress(raw.Error):
                    values[sensor_of(option.name)] = self._device.get(option)
        return values

    def cancel(self) -> None:
        self._device.cancel()

    def close(self) -> None:
        self._device.close()

    def _resolution(self) -> tuple[float, float]:
        both = self._value("resolution") or DEFAULT_DPI
        return float(self._value("x-resolution") or both), float(self._value("y-resolution") or both)

    def _value(self, name: str) -> Any:
        option = self._device.table.find(name)
        return None if option is None else self._device.get(option)
