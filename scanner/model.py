"""The words of the hardware ground: sources, settings, devices, sides, faults. Nothing of SANE, eSCL or WIA shows here."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Source(StrEnum):
    """Where the paper comes from."""

    FLATBED = "flatbed"
    FEEDER = "feeder"
    FEEDER_BACK = "feeder_back"
    DUPLEX = "duplex"


class ColorMode(StrEnum):
    COLOR = "color"
    GRAY = "gray"
    BITONAL = "bitonal"


class Face(StrEnum):
    FRONT = "front"
    BACK = "back"


class FaultKind(StrEnum):
    """Every way a run can end other than well. Words for the operator live in station/words, keyed by these values."""

    FEEDER_EMPTY = "feeder_empty"
    """No paper at all; after the first side the same status is the normal end, not a fault."""
    JAM = "jam"
    DOUBLE_FEED = "double_feed"
    COVER_OPEN = "cover_open"
    BUSY = "busy"
    OFFLINE = "offline"
    IO_ERROR = "io_error"
    ACCESS_DENIED = "access_denied"
    OPERATOR_STOP = "operator_stop"
    SHORT_PAGE = "short_page"
    DAMAGED_IMAGE = "damaged_image"
    HUNG = "hung"
    CRASHED = "crashed"
    BAD_SETTING = "bad_setting"
    UNKNOWN_DEVICE = "unknown_device"
    DISK_FULL = "disk_full"
    NO_MEMORY = "no_memory"
    UNSUPPORTED = "unsupported"
    ENDLESS_FEED = "endless_feed"
    """More sheets than any stack holds: a device that reports paper for ever."""
    INTERRUPTED = "interrupted"
    """The station itself was stopped (a power cut, a kill) while the paper ran."""


class Phase(StrEnum):
    """What a run was doing when it ended or was last heard of."""

    OPEN = "open"
    SET = "set"
    FEED = "feed"
    READ = "read"
    STORE = "store"
    DONE = "done"


class ScanFault(Exception):
    """A run ended by a fault. Everything yielded before it is safe on disk.

    ``detail`` is for the log and the doctor (driver's words), never for the operator's eyes."""

    def __init__(
        self,
        kind: FaultKind,
        phase: Phase,
        detail: str = "",
        *,
        nearest: dict[str, Any] | None = None,
        sensors: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{kind.value} while {phase.value}: {detail}" if detail else f"{kind.value} while {phase.value}")
        self.kind = kind
        self.phase = phase
        self.detail = detail
        self.nearest = nearest or {}
        """For BAD_SETTING: the setting's name → the nearest value that fits the device."""
        self.sensors = sensors or {}
        """What the device's sensors said right after it, by normalised name; empty where it has none."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """A device as listed. ``identity`` survives a new USB number or network address; ``address`` is what the backend opens."""

    identity: str
    backend: str
    address: str
    vendor: str
    model: str
    serial: str = ""
    virtual: bool = False


@dataclass(frozen=True, slots=True)
class SourceCapabilities:
    """What one source can do. Lengths in mm. Empty ``resolutions`` with a range set = any value in the range."""

    modes: tuple[ColorMode, ...]
    resolutions: tuple[int, ...]
    resolution_range: tuple[int, int, int] | None
    """(lowest, highest, step) in dpi."""
    max_width: float
    max_height: float
    auto_length: bool = False
    double_feed: bool = False


@dataclass(frozen=True, slots=True)
class DeviceCapabilities:
    sources: dict[Source, SourceCapabilities]
    sensors: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Further vendor options by normalised name."""
    option_values: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a further option takes: name → {"choices": [...]} or {"span": [lowest, highest, step]}; absent = anything."""


@dataclass(frozen=True, slots=True)
class ScanSettings:
    """What is asked of the device. ``width`` and ``height`` in mm; None = the whole area of the source."""

    source: Source
    mode: ColorMode = ColorMode.COLOR
    resolution: int = 300
    width: float | None = None
    height: float | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredSide:
    """One side, already durable: written to a temporary file, synced, hashed, renamed, the folder synced."""

    path: Path
    sha256: str
    size: int
    """bytes"""
    sheet: int
    """1… in the order of this run"""
    face: Face
    format: str
    """``image/tiff`` or ``image/jpeg``"""
    width: int
    height: int
    """px"""
    dpi: tuple[float, float]
    mode: ColorMode
    captured_at: str
    """ISO 8601 with offset"""
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    """Effective settings and device sensor values at this side."""
