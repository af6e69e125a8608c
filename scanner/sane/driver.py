"""The SANE driver inside the child process: devices, capabilities, and a session that delivers one side per question."""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from scanner.identity import identity
from scanner.model import ColorMode, DeviceCapabilities, DeviceInfo, Face, FaultKind, Phase, ScanFault, ScanSettings
from scanner.sane import device as raw
from scanner.sane import network
from scanner.sane.capabilities import device_capabilities, source_capabilities, source_plans
from scanner.sane.device import SaneDevice
from scanner.sane.identity import is_virtual, make_and_model, serial_of
from scanner.sane.settings import Effective, apply
from scanner.sane.status import NO_DOCS, fault_of
from scanner.sane.tail import truncated_tail
from scanner.sane.vocabulary import AUTO_LENGTH, sensor_of
from scanner.worker.driver import Frame, Progress

MAX_SIDE_BYTES = 1 << 30
"""A3 colour at 1200 dpi is 835 MB. More than this is a lying device, and python-sane would overflow its buffer."""
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
            return read_capabilities(device)

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
        self._length_unknown = any(self._value(name) for name in AUTO_LENGTH)

    def side_bytes(self) -> int:
        _, _, lines, _, line_bytes = self._device.parameters()
        return max(0, lines) * line_bytes

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
        expected = self._device.parameters()
        self._refuse_impossible(expected)
        data, width, height, samples = self._device.read(self._watching(progress, expected))
        return self._frame(data, (width, height, samples), expected)

    def _watching(self, progress: Progress, expected: tuple[str, int, int, int, int]) -> raw.Lines:
        most = MAX_SIDE_BYTES // max(1, expected[4])

        def lines(received: int, _: int) -> None:
            progress("lines")
            if received > most:
                # An endless body. Cancelling from here is safe, raising would end the process.
                self._device.cancel()

        return lines

    def _refuse_impossible(self, expected: tuple[str, int, int, int, int]) -> None:
        frame, width, lines, depth, line_bytes = expected
        samples = 3 if frame == "color" else 1
        packed = (width + 7) // 8 * samples if depth == 1 else width * samples * (depth // 8)
        if frame not in ("gray", "color") or depth not in (1, 8):
            raise ScanFault(FaultKind.UNSUPPORTED, Phase.READ, f"frame {frame}, {depth} bits a sample")
        if width <= 0 or line_bytes * max(1, lines) > MAX_SIDE_BYTES or width * samples * max(1, lines) > MAX_SIDE_BYTES:
            raise ScanFault(FaultKind.DAMAGED_IMAGE, Phase.READ, f"a side of {width} x {lines} pixels")
        if line_bytes != packed:
            # python-sane ignores padding at the end of a line and would hand out a skewed picture.
            raise ScanFault(FaultKind.UNSUPPORTED, Phase.READ, f"{line_bytes} bytes a line where {packed} were expected")

    def _frame(self, data: bytearray, shape: tuple[int, int, int], expected: tuple[str, int, int, int, int]) -> Frame:
        width, height, samples = shape
        if height == 0 or (0 < height < expected[2] and not self._length_unknown):
            raise ScanFault(FaultKind.SHORT_PAGE, Phase.READ, f"{height} of {expected[2]} lines")
        tail = truncated_tail(data, width * samples, height)
        mode = ColorMode.COLOR if samples == 3 else ColorMode.BITONAL if expected[3] == 1 else ColorMode.GRAY
        warnings = ("truncated_tail",) if tail and mode is not ColorMode.BITONAL else ()
        facts = {"constant_tail_rows": tail} if tail else {}
        return Frame(data, width, height, mode, self._dpi, warnings=warnings, facts=facts)

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
