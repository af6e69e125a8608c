"""The hardware layer's face: a backend is three verbs, a run is sides one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from scanner.model import (
    DeviceCapabilities,
    DeviceInfo,
    FaultKind,
    Phase,
    ScanFault,
    ScanSettings,
    Source,
    SourceCapabilities,
    StoredSide,
)

AREA_TOLERANCE = 0.5
"""mm; drivers round areas to their own grid, and 8.5 inch is 215.9 mm in one table and 215.872 in another."""


MOST_SHEETS = 20_000
"""Sheets of one run after which a feeder counts as one that never ends: three hours of a 110 sheets a minute scanner."""


class Run(Protocol):
    """One pass of paper through one device, as a context manager and an iterator.

    Each ``next`` asks the device for exactly one side, so a caller that records a side before asking again never has an
    unrecorded side. Ends by StopIteration when the paper is through (flatbed: after one side), by ScanFault otherwise."""

    effective: dict[str, dict[str, Any]]
    """option → {"asked", "effective"}; every option the run set."""
    process_id: int
    felt: dict[str, Any]
    """Sensors as they were when the paper was through; a button pressed on the way stays pressed here."""

    def __iter__(self) -> Iterator[StoredSide]: ...

    def __next__(self) -> StoredSide:
        """Raises ScanFault. Everything yielded before it is safe on disk."""

    def stop(self) -> None:
        """End after the sheet in progress: the iterating thread gets ScanFault OPERATOR_STOP. Callable from any thread."""

    def kill(self) -> None:
        """End now: the driver's process is killed; the iterating thread gets ScanFault OPERATOR_STOP."""

    def sensors(self) -> dict[str, Any]:
        """Sensors by normalised name, read between sides; empty when there are none or the run is over."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...


class Backend(Protocol):
    """List, capabilities, scan. Nothing of SANE or WIA shows outside its own package."""

    name: str

    def list_devices(self) -> list[DeviceInfo]:
        """Raises ScanFault HUNG, CRASHED."""

    def capabilities(self, address: str) -> DeviceCapabilities:
        """Raises ScanFault UNKNOWN_DEVICE, BUSY, OFFLINE, ACCESS_DENIED, HUNG, CRASHED."""

    def open_run(
        self, address: str, settings: ScanSettings, spool: Path, *, first_sheet: int = 1, most_sheets: int = MOST_SHEETS
    ) -> Run:
        """Open the device, make every setting and read it back. No paper moves before the first ``next``; after
        ``most_sheets`` whole sheets the run ends with ENDLESS_FEED instead of asking for more.

        ``spool`` is made if missing. Raises ScanFault BAD_SETTING with ``nearest``, or a fault of phase OPEN."""

    def sensors(self, address: str) -> dict[str, Any]:
        """Sensors and buttons of an idle device by normalised name, for polling. Raises ScanFault like ``capabilities``."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A setting that does not fit the device. ``nearest`` is the value that does, None when there is none."""

    setting: str
    asked: Any
    nearest: Any


def check(settings: ScanSettings, capabilities: DeviceCapabilities) -> list[Problem]:
    """Everything in ``settings`` that the device cannot do, before any paper moves."""
    source = capabilities.sources.get(settings.source)
    if source is None:
        return [Problem("source", settings.source.value, nearest_source(settings.source, capabilities))]
    return [*_mode(settings, source), *_resolution(settings, source), *_area(settings, source), *_extra(settings, capabilities)]


def refuse(settings: ScanSettings, capabilities: DeviceCapabilities) -> None:
    """Raises ScanFault BAD_SETTING naming every setting that does not fit, with the nearest that does."""
    problems = check(settings, capabilities)
    if problems:
        detail = "; ".join(f"{one.setting}={one.asked!r}" for one in problems)
        raise ScanFault(FaultKind.BAD_SETTING, Phase.SET, detail, nearest={one.setting: one.nearest for one in problems})


def nearest_source(asked: Source, capabilities: DeviceCapabilities) -> str | None:
    """The source that comes closest to the one asked for: a feeder for a feeder, else whatever there is."""
    feeders = (Source.DUPLEX, Source.FEEDER, Source.FEEDER_BACK)
    order = (*feeders, Source.FLATBED) if asked in feeders else (Source.FLATBED, *feeders)
    return next((one.value for one in order if one in capabilities.sources), None)


def nearest_resolution(asked: int, source: SourceCapabilities) -> int:
    """The resolution to offer: the lowest that is not below the one asked for, else the highest there is."""
    if source.resolution_range is None:
        enough = [one for one in source.resolutions if one >= asked]
        return min(enough) if enough else max(source.resolutions)
    low, high, step = source.resolution_range
    return min(high, low + -(-(max(asked, low) - low) // max(1, step)) * max(1, step))


def _mode(settings: ScanSettings, source: SourceCapabilities) -> list[Problem]:
    if settings.mode in source.modes or not source.modes:
        return []
    return [Problem("mode", settings.mode.value, source.modes[0].value)]


def _resolution(settings: ScanSettings, source: SourceCapabilities) -> list[Problem]:
    if not source.resolutions and source.resolution_range is None:
        return []
    nearest = nearest_resolution(settings.resolution, source)
    return [] if nearest == settings.resolution else [Problem("resolution", settings.resolution, nearest)]


def _area(settings: ScanSettings, source: SourceCapabilities) -> list[Problem]:
    asked = (("width", settings.width, source.max_width), ("height", settings.height, source.max_height))
    return [
        Problem(name, value, largest if value > 0 else None)
        for name, value, largest in asked
        if value is not None and not 0 < value <= (largest or float("inf")) + AREA_TOLERANCE
    ]


def _extra(settings: ScanSettings, capabilities: DeviceCapabilities) -> list[Problem]:
    found = []
    for name, value in settings.extra.items():
        key = option_key(name)
        if key not in capabilities.options:
            found.append(Problem(name, value, None))
        elif (takes := capabilities.option_values.get(key)) and not _taken(value, takes):
            found.append(Problem(name, value, _nearest_value(value, takes)))
    return found


def _taken(value: Any, takes: dict[str, Any]) -> bool:
    if "choices" in takes:
        return value in takes["choices"]
    low, high, _ = takes["span"]
    return isinstance(value, int | float) and low <= value <= high


def _nearest_value(value: Any, takes: dict[str, Any]) -> Any:
    """The allowed value closest to ``value``: the same word in other letters, else the driver's first; None = leave it out."""
    number = isinstance(value, int | float)
    if "span" in takes:
        return min(max(value, takes["span"][0]), takes["span"][1]) if number else None
    choices = takes["choices"]
    if number and all(isinstance(one, int | float) for one in choices):
        return min(choices, key=lambda one: abs(one - value))
    return next((one for one in choices if str(one).casefold() == str(value).casefold()), choices[0])


def option_key(name: str) -> str:
    """The normalised name of a vendor option: ``df-action`` → ``df_action``."""
    return name.strip().lower().replace("-", "_")
