"""The model's values as JSON, for the pipe to the child process and for the facts beside each master."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

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
    StoredSide,
)


def settings_to_json(settings: ScanSettings) -> dict[str, Any]:
    return asdict(settings)


def settings_from_json(value: dict[str, Any]) -> ScanSettings:
    return ScanSettings(**{**value, "source": Source(value["source"]), "mode": ColorMode(value["mode"])})


def side_to_json(side: StoredSide) -> dict[str, Any]:
    return {**asdict(side), "path": side.path.name}


def side_from_json(value: dict[str, Any], folder: Path) -> StoredSide:
    known = {**value, "path": folder / value["path"], "face": Face(value["face"]), "mode": ColorMode(value["mode"])}
    return StoredSide(**{**known, "dpi": tuple(value["dpi"]), "warnings": tuple(value["warnings"])})


def fault_to_json(fault: ScanFault) -> dict[str, Any]:
    return {"kind": fault.kind, "phase": fault.phase, "detail": fault.detail, "nearest": fault.nearest,
            "sensors": fault.sensors}  # fmt: skip


def fault_from_json(value: dict[str, Any]) -> ScanFault:
    kind, phase = FaultKind(value["kind"]), Phase(value["phase"])
    return ScanFault(kind, phase, str(value["detail"]), nearest=value["nearest"], sensors=value.get("sensors"))


def device_from_json(value: dict[str, Any]) -> DeviceInfo:
    return DeviceInfo(**value)


def capabilities_to_json(capabilities: DeviceCapabilities) -> dict[str, Any]:
    return {**asdict(capabilities), "sources": {key.value: asdict(one) for key, one in capabilities.sources.items()}}


def capabilities_from_json(value: dict[str, Any]) -> DeviceCapabilities:
    sources = {Source(name): _source(one) for name, one in value["sources"].items()}
    lists = {key: tuple(value[key]) for key in ("sensors", "options")}
    return DeviceCapabilities(**{**value, **lists, "sources": sources})


def _source(value: dict[str, Any]) -> SourceCapabilities:
    span = value["resolution_range"]
    modes = tuple(ColorMode(mode) for mode in value["modes"])
    resolutions = tuple(value["resolutions"])
    return SourceCapabilities(
        **{**value, "modes": modes, "resolutions": resolutions, "resolution_range": tuple(span) if span else None}
    )
