"""Make every setting, read it back, refuse what the device would not take. All before paper moves."""

from typing import Any, Protocol

from scanner.backend import AREA_TOLERANCE, check, option_key
from scanner.model import FaultKind, Phase, ScanFault, ScanSettings, Source
from scanner.sane.capabilities import MM_PER_INCH, device_capabilities, mode_words, source_capabilities, source_plans
from scanner.sane.options import FIXED, STRING, UNIT_MM, Option, OptionTable

RESOLUTION = ("resolution", "x-resolution", "y-resolution")


class Settable(Protocol):
    """What this module needs of a device; the tests give it a recorded option table."""

    table: OptionTable

    def reload(self) -> OptionTable: ...

    def get(self, option: Option) -> Any: ...

    def set(self, option: Option, value: Any) -> None: ...


WHERE_ACTIVE = ("batch-scan",)
"""Part of choosing a source on some devices of a driver only."""
Effective = dict[str, dict[str, Any]]


def apply(device: Settable, settings: ScanSettings) -> Effective:
    """Set source, mode, resolution, extras and area. Returns option → {"asked", "effective"}.

    Raises ScanFault BAD_SETTING with the nearest values that fit."""
    asked: list[tuple[str, Any]] = []
    _choose_source(device, settings.source, asked)
    _refuse(device, settings)
    _choose_mode(device, settings, asked)
    for name in RESOLUTION:
        _set(device, name, settings.resolution, asked)
    _keep_lossless(device, settings, asked)
    for name, value in settings.extra.items():
        _refuse_dropping(name, value, settings.source)
        _must_set(device, name, value, asked)
    _choose_area(device, settings, asked)
    return _read_back(device, asked)


def _choose_source(device: Settable, source: Source, asked: list[tuple[str, Any]]) -> None:
    plans = {plan.source: plan for plan in source_plans(device.table)}
    if source not in plans:
        nearest = next((one.value for one in (Source.FEEDER, Source.DUPLEX, Source.FLATBED) if one in plans), None)
        raise _bad("source", source.value, nearest)
    for name, value in plans[source].values:
        (_set if name in WHERE_ACTIVE else _must_set)(device, name, value, asked)


def _refuse(device: Settable, settings: ScanSettings) -> None:
    """With the source chosen the table shows its own limits."""
    capabilities = device_capabilities({settings.source: source_capabilities(device.table, settings.resolution)}, device.table)
    problems = check(settings, capabilities)
    if problems:
        detail = "; ".join(f"{one.setting}={one.asked!r}" for one in problems)
        raise ScanFault(FaultKind.BAD_SETTING, Phase.SET, detail, nearest={one.setting: one.nearest for one in problems})


def _keep_lossless(device: Settable, settings: ScanSettings, asked: list[tuple[str, Any]]) -> None:
    """A driver that may squeeze pictures on the wire is told not to, unless the profile wants it."""
    option = device.table.settable("compression")
    if option is not None and "None" in option.choices and "compression" not in settings.extra:
        _set(device, "compression", "None", asked)


def _refuse_dropping(name: str, value: Any, source: Source) -> None:
    """Drivers that leave out blank sides or mix the order of sides break the pairing of fronts and backs."""
    if option_key(name) in ("swskip", "lowmemory") and value and source is Source.DUPLEX:
        raise _bad(name, value, 0)


def _choose_mode(device: Settable, settings: ScanSettings, asked: list[tuple[str, Any]]) -> None:
    option = device.table.settable("mode", "scan-mode")
    if option is not None:
        _set(device, option.name, mode_words(device.table)[settings.mode], asked)
    depth = device.table.settable("depth")
    if depth is not None and 8 in depth.choices and settings.mode.value != "bitonal":
        _set(device, "depth", 8, asked)


def _choose_area(device: Settable, settings: ScanSettings, asked: list[tuple[str, Any]]) -> None:
    """Paper first: fujitsu and canon_dr limit the area by the paper's size and centre it."""
    for name, length in (("page-width", settings.width), ("page-height", settings.height)):
        if length is not None and option_key(name) not in map(option_key, settings.extra):
            _set_length(device, name, length, settings.resolution, asked)
    for corner, far, length in (("tl-x", "br-x", settings.width), ("tl-y", "br-y", settings.height)):
        near = device.table.settable(corner)
        edge = device.table.settable(far)
        if near is not None and edge is not None:
            start = near.span[0] if near.span else 0.0
            _set(device, corner, near.coerce(start), asked)
            _set_length(device, far, length, settings.resolution, asked)


def _set_length(device: Settable, name: str, length: float | None, dpi: int, asked: list[tuple[str, Any]]) -> None:
    option = device.table.settable(name)
    if option is None:
        return
    in_mm = option.unit == UNIT_MM or option.type == FIXED
    value = option.highest if length is None else (length if in_mm else length / MM_PER_INCH * dpi)
    if value:
        _set(device, name, option.coerce(min(value, option.highest or value)), asked)


def _must_set(device: Settable, name: str, value: Any, asked: list[tuple[str, Any]]) -> None:
    """For what somebody asked for by name: an option that is not active now must not be passed over in silence."""
    if device.table.settable(name) is None:
        raise _bad(name, value, None)
    _set(device, name, value, asked)


def _set(device: Settable, name: str, value: Any, asked: list[tuple[str, Any]]) -> None:
    """Set an option if the device has it now."""
    option = device.table.settable(name)
    if option is None:
        return
    if not _allowed(option, value):
        raise _bad(name, value, option.nearest(value) if option.type == STRING or _is_number(value) else None)
    device.set(option, value)
    asked.append((option.name, value))


def _allowed(option: Option, value: Any) -> bool:
    if option.type == STRING:
        return not option.choices or value in option.choices
    if not _is_number(value):
        return False
    if option.choices:
        return any(abs(float(one) - float(value)) < 1e-3 for one in option.choices)
    return not option.span or option.span[0] - 1e-3 <= float(value) <= option.span[1] + AREA_TOLERANCE


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _read_back(device: Settable, asked: list[tuple[str, Any]]) -> Effective:
    """The last word on every option asked for. A later setting may have changed an earlier one: set once more, then judge."""
    wanted = dict(asked)
    for name, value in wanted.items():
        option = device.table.settable(name)
        if option is not None and not _agrees(option, value, device.get(option)):
            device.set(option, value)
    effective = {name: {"asked": value, "effective": _present(device, name)} for name, value in wanted.items()}
    for name, pair in effective.items():
        option = device.table.find(name)
        if option is None or not _agrees(option, pair["asked"], pair["effective"]):
            raise _bad(name, pair["asked"], pair["effective"])
    return effective


def _present(device: Settable, name: str) -> Any:
    option = device.table.find(name)
    return None if option is None else device.get(option)


def _agrees(option: Option, asked: Any, got: Any) -> bool:
    """Areas may be rounded to the device's grid, everything else is exact."""
    if option.type == STRING:
        return bool(asked == got)
    if option.name in ("tl-x", "tl-y", "br-x", "br-y", "page-width", "page-height"):
        slack = AREA_TOLERANCE if option.unit == UNIT_MM or option.type == FIXED else 8
        return abs(float(asked) - float(got)) <= slack
    return abs(float(asked) - float(got)) <= max(0.01, _step(option) / 2)


def _step(option: Option) -> float:
    return option.span[2] if option.span and option.type == FIXED else 0.0


def _bad(name: str, asked: Any, nearest: Any) -> ScanFault:
    return ScanFault(FaultKind.BAD_SETTING, Phase.SET, f"{name}={asked!r}", nearest={name: nearest})
