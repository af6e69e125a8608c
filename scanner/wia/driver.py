"""The WIA driver inside the child process: WIA automation's objects in, frames out.

Not yet tried on a real Windows machine. Two things depend on the vendor's driver and are therefore checked, not assumed:
whether an empty feeder silently falls back to the glass (the feeder's state is asked before each side), and whether duplex
hands out fronts and backs one by one (PAGES is set to 1 and read back)."""

import io
from collections.abc import Callable
from typing import Any

from PIL import Image

from scanner.backend import refuse
from scanner.identity import identity
from scanner.model import (
    ColorMode,
    DeviceCapabilities,
    DeviceInfo,
    Face,
    FaultKind,
    Phase,
    ScanFault,
    ScanSettings,
    Source,
    SourceCapabilities,
)
from scanner.tiff import TiffWriter
from scanner.wia.codes import BMP, JPEG, PAPER_EMPTY, Can, Property, Select, Status, code_of, fault_of
from scanner.wia.properties import Allowed, Properties, each
from scanner.worker.driver import Frame, Progress

SCANNER = 1
MM_PER_INCH = 25.4
DATA_TYPES = {ColorMode.COLOR: 3, ColorMode.GRAY: 2, ColorMode.BITONAL: 0}
SELECTS = {
    Source.FLATBED: Select.FLATBED,
    Source.FEEDER: Select.FEEDER | Select.FRONT_ONLY,
    Source.FEEDER_BACK: Select.FEEDER | Select.BACK_ONLY,
    Source.DUPLEX: Select.FEEDER | Select.DUPLEX,
}
EXTRAS = {"brightness": Property.BRIGHTNESS, "contrast": Property.CONTRAST, "threshold": Property.THRESHOLD}
MAX_PIXELS = 1 << 29


class WiaDriver:
    """See ``scanner.worker.driver.Driver``. ``make_manager`` returns a WIA.DeviceManager."""

    def __init__(self, make_manager: Callable[[], Any]) -> None:
        self._make_manager = make_manager

    def list_devices(self) -> list[DeviceInfo]:
        return [_info(one) for one in each(self._make_manager().DeviceInfos) if int(one.Type) == SCANNER]

    def capabilities(self, address: str, progress: Progress) -> DeviceCapabilities:
        return read_capabilities(self._connect(address))

    def open(self, address: str, settings: ScanSettings, progress: Progress) -> "WiaSession":
        device = self._connect(address)
        progress("set")
        refuse(settings, read_capabilities(device))
        return WiaSession(device, settings)

    def watch(self, address: str, progress: Progress) -> "WiaSession":
        return WiaSession(self._connect(address), None)

    def fault(self, error: Exception, phase: str) -> ScanFault:
        return fault_of(error, phase)

    def _connect(self, address: str) -> Any:
        for one in each(self._make_manager().DeviceInfos):
            if one.DeviceID == address:
                return one.Connect()
        raise ScanFault(FaultKind.UNKNOWN_DEVICE, Phase.OPEN, address)


def _info(one: Any) -> DeviceInfo:
    properties = Properties(one.Properties)
    vendor, model = str(properties.get(Property.MANUFACTURER, "")), str(properties.get(Property.NAME, ""))
    serial = usb_serial(str(properties.get(Property.PNP_ID, "")))
    return DeviceInfo(identity(vendor, model, serial, one.DeviceID), "wia", one.DeviceID, vendor, model, serial)


def usb_serial(pnp: str) -> str:
    r"""The serial in ``\\?\usb#vid_04c5&pid_1234#SERIAL#{…}``. A part with ``&`` is made up by Windows for a device without one
    and changes with the plug."""
    parts = pnp.split("#")
    return parts[2] if len(parts) > 2 and "&" not in parts[2] else ""


def read_capabilities(device: Any) -> DeviceCapabilities:
    own, item = Properties(device.Properties), Properties(device.Items.Item(1).Properties)
    can = Can(int(own.get(Property.HANDLING_CAPABILITIES, Can.FLAT)))
    sources = {}
    if can & Can.FLAT:
        sources[Source.FLATBED] = _source(own, item, Property.BED_WIDTH, Property.BED_HEIGHT)
    if can & Can.FEED:
        sources[Source.FEEDER] = _source(own, item, Property.FEED_WIDTH, Property.FEED_HEIGHT)
    if can & Can.DUPLEX:
        sources[Source.DUPLEX] = sources[Source.FEEDER_BACK] = _source(own, item, Property.FEED_WIDTH, Property.FEED_HEIGHT)
    sensors = ("cover_open", "jam", "page_loaded") if Property.HANDLING_STATUS in own else ()
    return DeviceCapabilities(sources, sensors, tuple(name for name, which in EXTRAS.items() if which in item))


def _source(own: Properties, item: Properties, width: Property, height: Property) -> SourceCapabilities:
    types, resolution = item.allowed(Property.DATA_TYPE).values, item.allowed(Property.X_RESOLUTION)
    return SourceCapabilities(
        modes=tuple(mode for mode, number in DATA_TYPES.items() if not types or number in types),
        resolutions=resolution.values,
        resolution_range=resolution.span,
        max_width=_mm(own.get(width)),
        max_height=_mm(own.get(height)),
    )


def _mm(thousandths: Any) -> float:
    """Beds and feeders are measured in thousandths of an inch."""
    return round(float(thousandths or 0) / 1000 * MM_PER_INCH, 2)


class WiaSession:
    """One run. ``settings`` None = only watching sensors."""

    def __init__(self, device: Any, settings: ScanSettings | None) -> None:
        self._device, self._settings = device, settings
        self._own = Properties(device.Properties)
        self._item = device.Items.Item(1)
        self._writer = TiffWriter()
        self.effective: dict[str, dict[str, Any]] = {}
        if settings is not None:
            self._apply(settings)

    def side_bytes(self) -> int:
        pixels = self._present(Property.X_EXTENT) * self._present(Property.Y_EXTENT)
        return 3 * pixels

    def next_side(self, face: Face, progress: Progress) -> Frame | None:
        if self._feeds() and self._empty():
            return None
        try:
            image = self._item.Transfer(self._format())
        except Exception as error:
            if code_of(error) == PAPER_EMPTY:
                return None
            raise fault_of(error, "feed") from error
        progress("lines")
        return self._frame(image)

    def sensors(self) -> dict[str, Any]:
        if Property.HANDLING_STATUS not in self._own:
            return {}
        status = Status(int(Properties(self._device.Properties).get(Property.HANDLING_STATUS)))
        return {
            "page_loaded": bool(status & Status.FEED_READY),
            "cover_open": bool(status & (Status.FLAT_COVER_UP | Status.PATH_COVER_UP)),
            "jam": bool(status & Status.PAPER_JAM),
        }

    def cancel(self) -> None:
        """WIA automation has no cancel; the process is ended instead."""

    def close(self) -> None:
        self._device = self._item = None

    def _apply(self, settings: ScanSettings) -> None:
        """Source first, then kind, resolution, extras and area: later ones depend on earlier ones."""
        item = Properties(self._item.Properties)
        if Property.HANDLING_SELECT in self._own:
            self._own.set(Property.HANDLING_SELECT, int(SELECTS[settings.source]), self.effective)
        if Property.PAGES in self._own and settings.source is not Source.FLATBED:
            self._own.set(Property.PAGES, 1, self.effective)
        item.set(Property.DATA_TYPE, DATA_TYPES[settings.mode], self.effective)
        for which in (Property.X_RESOLUTION, Property.Y_RESOLUTION):
            item.set(which, settings.resolution, self.effective)
        for name, value in settings.extra.items():
            item.set(EXTRAS[name], int(value), self.effective)
        self._area(item, settings)

    def _area(self, item: Properties, settings: ScanSettings) -> None:
        item.set(Property.X_POSITION, 0, self.effective)
        item.set(Property.Y_POSITION, 0, self.effective)
        for which, length in ((Property.X_EXTENT, settings.width), (Property.Y_EXTENT, settings.height)):
            item.set(which, _extent(item.allowed(which), length, settings.resolution), self.effective)

    def _feeds(self) -> bool:
        return self._settings is not None and self._settings.source is not Source.FLATBED

    def _empty(self) -> bool:
        can = Can(int(self._own.get(Property.HANDLING_CAPABILITIES, 0)))
        return bool(can & Can.DETECT_FEED) and not self.sensors().get("page_loaded", True)

    def _format(self) -> str:
        """Lossless where the driver has it; a driver that only knows JPEG keeps its own bytes."""
        formats = {str(one).upper() for one in each(self._item.Formats)}
        return JPEG if formats and BMP not in formats else BMP

    def _present(self, which: Property) -> int:
        return int(self.effective.get(which.name.lower(), {}).get("effective", 0))

    def _frame(self, image: Any) -> Frame:
        data = bytes(image.FileData.BinaryData)
        try:
            return self._decoded(data)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            raise ScanFault(FaultKind.DAMAGED_IMAGE, Phase.READ, str(error)) from error

    def _decoded(self, data: bytes) -> Frame:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
        with Image.open(io.BytesIO(data)) as page:
            dpi = (float(self._present(Property.X_RESOLUTION)), float(self._present(Property.Y_RESOLUTION)))
            warnings = ("short_page",) if page.height < 0.98 * self._present(Property.Y_EXTENT) else ()
            if page.format == "JPEG":
                page.load()
                mode = ColorMode.GRAY if page.mode == "L" else ColorMode.COLOR
                return Frame([data], page.width, page.height, mode, dpi, format="image/jpeg", warnings=warnings)
            mode = {"1": ColorMode.BITONAL, "L": ColorMode.GRAY}.get(page.mode, ColorMode.COLOR)
            pieces = self._writer.encode(_rows(page, mode), page.width, mode, dpi)
            return Frame(pieces, page.width, page.height, mode, dpi, warnings=warnings)


def _rows(page: Image.Image, mode: ColorMode) -> bytes:
    """R, G, B; or grey; or bits with 1 = black."""
    if mode is ColorMode.BITONAL:
        return page.tobytes("raw", "1;I")
    return page.convert("RGB" if mode is ColorMode.COLOR else "L").tobytes()


def _extent(allowed: Allowed, length: float | None, dpi: int) -> int:
    """Pixels of a length in mm, the whole area for None; half a millimetre too much is the vendor's rounding."""
    if length is None:
        return allowed.highest
    asked = round(length / MM_PER_INCH * dpi)
    slack = round(0.5 / MM_PER_INCH * dpi)
    nearest = allowed.nearest(asked)
    return nearest if abs(nearest - asked) <= slack else asked
