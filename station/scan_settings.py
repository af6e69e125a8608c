"""Scan settings as they stand in the records (JSON) and back."""

from typing import Any

from scanner.model import ColorMode, DeviceCapabilities, ScanSettings, Source, SourceCapabilities


def settings_to_json(settings: ScanSettings) -> dict[str, Any]:
    return {
        "source": settings.source.value,
        "mode": settings.mode.value,
        "resolution": settings.resolution,
        "width": settings.width,
        "height": settings.height,
        "extra": settings.extra,
    }


def settings_from_json(values: dict[str, Any]) -> ScanSettings:
    return ScanSettings(
        source=Source(values["source"]),
        mode=ColorMode(values["mode"]),
        resolution=int(values["resolution"]),
        width=values.get("width"),
        height=values.get("height"),
        extra=dict(values.get("extra") or {}),
    )


def capabilities_to_json(capabilities: DeviceCapabilities) -> dict[str, Any]:
    return {
        "sources": {source.value: _source_to_json(caps) for source, caps in capabilities.sources.items()},
        "sensors": list(capabilities.sensors),
        "options": list(capabilities.options),
        "option_values": capabilities.option_values,
    }


def capabilities_from_json(values: dict[str, Any]) -> DeviceCapabilities:
    sources = {Source(name): _source_from_json(caps) for name, caps in values.get("sources", {}).items()}
    known = {name: tuple(values.get(name, ())) for name in ("sensors", "options")}
    return DeviceCapabilities(sources, **known, option_values=dict(values.get("option_values", {})))


def _source_to_json(caps: SourceCapabilities) -> dict[str, Any]:
    return {
        "modes": [mode.value for mode in caps.modes],
        "resolutions": list(caps.resolutions),
        "resolution_range": list(caps.resolution_range) if caps.resolution_range else None,
        "max_width": caps.max_width,
        "max_height": caps.max_height,
        "auto_length": caps.auto_length,
        "double_feed": caps.double_feed,
    }


def _source_from_json(values: dict[str, Any]) -> SourceCapabilities:
    limits = values["resolution_range"]
    return SourceCapabilities(
        modes=tuple(ColorMode(mode) for mode in values["modes"]),
        resolutions=tuple(values["resolutions"]),
        resolution_range=(limits[0], limits[1], limits[2]) if limits else None,
        max_width=values["max_width"],
        max_height=values["max_height"],
        auto_length=values["auto_length"],
        double_feed=values["double_feed"],
    )
