"""The form of a scan profile: its fields, read strictly, and a profile's own words put back into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from batches.errors import Invalid
from scanner.backend import option_key
from scanner.model import ScanSettings
from station.devices import DeviceView
from web import asked

NOT_SET = "-"
"""In a field of a further option: take away what the profile it builds on says."""
_OPTION_MOST = 40


@dataclass(frozen=True, slots=True)
class Extra:
    """A further option as the form shows it. ``choices`` empty = typed in."""

    name: str
    choices: tuple[str, ...] = ()
    number: bool = False


_THREE = ("Default", "On", "Off")
EXTRAS = (
    Extra("brightness", number=True),
    Extra("contrast", number=True),
    Extra("gamma", number=True),
    Extra("df_action", ("Default", "Stop", "Continue")),
    Extra("df_thickness", ("1", "0")),
    Extra("df_length", ("1", "0")),
    Extra("ald", ("1", "0")),
    Extra("overscan", _THREE),
    Extra("bgcolor", ("Default", "White", "Black")),
    Extra("paper_protect", _THREE),
    Extra("prepick", _THREE),
    Extra("buffermode", _THREE),
    Extra("endorser", ("1", "0")),
    Extra("endorser_string"),
)
"""Those the archive's work asks for, by the names of the drivers that have them; any other is typed as name = value."""
_NAMED = {one.name for one in EXTRAS}


def extras(devices: list[DeviceView]) -> list[Extra]:
    """The fields, with every value that a known device takes beside the usual ones."""
    found = []
    for one in EXTRAS:
        more = [str(value) for device in devices for value in _choices(device, one.name)]
        found.append(Extra(one.name, tuple(dict.fromkeys([*one.choices, *more])), one.number) if one.choices else one)
    return found


def _choices(device: DeviceView, name: str) -> list[Any]:
    return list(device.capabilities.option_values.get(name, {}).get("choices", ()))


def read() -> dict[str, Any]:
    """The profile's own words as the form says them; empty fields say nothing. Raises Invalid naming the field."""
    said: dict[str, Any] = {name: asked.text(name) for name in ("builds_on", "model", "source", "mode", "note")}
    said["resolution"] = asked.whole("resolution")
    said |= {name: asked.number(name) for name in ("width", "height")}
    said |= {"book": asked.flag("book") or None}
    extra = {one.name: _value(one, text) for one in EXTRAS if (text := asked.text(f"x_{one.name}"))}
    said["extra"] = {**_others(asked.text("others")), **extra}
    return {key: value for key, value in said.items() if value not in (None, "", {})}


def filled(said: Mapping[str, Any]) -> dict[str, str]:
    """Field → text, as :func:`read` would read it back."""
    extra = {option_key(key): value for key, value in dict(said.get("extra") or {}).items()}
    fields = {key: _text(value) for key, value in said.items() if key not in ("extra", "retired", "note")}
    fields |= {f"x_{key}": _text(value) for key, value in extra.items() if key in _NAMED}
    others = [f"{key} = {_text(value)}" for key, value in extra.items() if key not in _NAMED]
    return {**fields, "others": "\n".join(others)}


def to_take(before: ScanSettings, after: ScanSettings) -> dict[str, str]:
    """Field → text that changes a form which asks for ``before`` into one that asks for ``after``."""
    plain = ("source", "mode", "resolution", "width", "height")
    fields = {name: _text(getattr(after, name)) for name in plain if getattr(before, name) != getattr(after, name)}
    changed = {key: after.extra.get(key) for key in before.extra if before.extra[key] != after.extra.get(key)}
    return {**fields, **{f"x_{option_key(key)}": _text(value) for key, value in changed.items() if option_key(key) in _NAMED}}


def _text(value: Any) -> str:
    if value is None:
        return NOT_SET
    return str(int(value)) if isinstance(value, bool) or (isinstance(value, float) and value.is_integer()) else str(value)


def _value(field: Extra, text: str) -> Any:
    if text == NOT_SET:
        return None
    found = _typed(text)
    if field.number and isinstance(found, str):
        raise Invalid(what=field.name, value=text)
    return found if field.number or field.choices else text


def _typed(text: str) -> Any:
    """Drivers tell words from numbers: 1 is a number, 1,5 too."""
    for kind, written in ((int, text), (float, text.replace(",", "."))):
        try:
            return kind(written)
        except ValueError:
            continue
    return text


def _others(text: str) -> dict[str, Any]:
    """Lines of ``name = value``."""
    found: dict[str, Any] = {}
    for line in filter(str.strip, text.splitlines()):
        name, sign, value = (part.strip() for part in line.partition("="))
        if not sign or not name or not value or len(found) == _OPTION_MOST:
            raise Invalid(what="others", value=line[:50])
        found[option_key(name)] = None if value == NOT_SET else _typed(value)
    return found
