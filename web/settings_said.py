"""Scan settings in people's words: names, values, and why a profile does not fit a scanner."""

from dataclasses import dataclass
from typing import Any

from scanner.backend import AREA_TOLERANCE, Problem, option_key
from scanner.model import ScanSettings
from station.profiles import Fit, title_of
from station.words import has_words, number, words


def setting_name(name: str) -> str:
    """``df_action`` → khi nạp chồng; a vendor's own option keeps its name."""
    key = f"setting.{option_key(name)}.name"
    return words(key) if has_words(key) else name


def setting_value(name: str, value: Any) -> str:
    """A value as people read it: the catalogue's word for it, else the number with its unit, else the driver's own word."""
    if value is None or value == "":
        return words("setting.unset")
    for key in (f"setting.{option_key(name)}.value.{_key(value)}", f"setting.value.{_key(value)}"):
        if has_words(key):
            return words(key)
    said = number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    unit = f"setting.{option_key(name)}.unit"
    return words(unit, value=said) if has_words(unit) else said


def _key(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).casefold()


def why_not(fit: Fit) -> str:
    """One line: what the device cannot do, and the nearest that it can. Empty where the profile fits."""
    if not fit.right_model:
        return words("setting.fit.other_model")
    if not fit.known:
        return words("setting.fit.unknown")
    return "; ".join(_problem(one) for one in fit.problems)


def _problem(one: Problem) -> str:
    values = {"name": setting_name(one.setting), "asked": setting_value(one.setting, one.asked)}
    if one.nearest is None:
        return words("setting.fit.without", **values)
    return words("setting.fit.nearest", **values, nearest=setting_value(one.setting, one.nearest))


@dataclass(frozen=True, slots=True)
class SettingSaid:
    """One setting of a page: what was asked and what the device gave, in words."""

    name: str
    asked: str
    got: str
    differs: bool


_MAIN = ("source", "mode", "resolution")


def scanned_with(facts: dict[str, Any]) -> dict[str, Any]:
    """How a page was scanned: profile and version, the main settings, then the rest, those the device changed first."""
    effective = dict(facts.get("effective") or {})
    every = [_said(name, pair) for name, pair in effective.items() if isinstance(pair, dict)]
    main = [_said(name, effective[name]) for name in _MAIN if name in effective]
    rest = sorted((one for one in every if one.name not in {kept.name for kept in main}), key=lambda one: not one.differs)
    profile = facts.get("profile") or {}
    named = words("desk.page.profile", title=title_of(profile["name"]), version=profile["version"]) if profile else ""
    return {"profile": named, "main": main, "rest": rest, "book": bool(facts.get("book"))}


def changed_by_device(effective: dict[str, Any]) -> list[SettingSaid]:
    """The settings that the device did not take as asked, rounding apart."""
    return [one for name, pair in effective.items() if isinstance(pair, dict) and (one := _said(name, pair)).differs]


def _said(name: str, pair: dict[str, Any]) -> SettingSaid:
    asked, got = pair.get("asked"), pair.get("effective")
    return SettingSaid(setting_name(name), setting_value(name, asked), setting_value(name, got), _differs(asked, got))


def _differs(asked: Any, got: Any) -> bool:
    """Areas are rounded to the device's grid: half a millimetre is no change."""
    if isinstance(asked, int | float) and isinstance(got, int | float):
        return abs(asked - got) > AREA_TOLERANCE
    return bool(asked != got)


def summary(settings: ScanSettings) -> str:
    """Hai mặt · màu · 300 dpi · 210 × 297 mm."""
    parts = [words(f"source.{settings.source.value}"), words(f"color.{settings.mode.value}"), f"{settings.resolution} dpi"]
    if settings.width and settings.height:
        parts.append(f"{number(settings.width)} × {number(settings.height)} mm")
    return " · ".join(parts)
