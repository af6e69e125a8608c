"""Scan settings in people's words: names, values, and why a profile does not fit a scanner."""

from typing import Any

from scanner.backend import Problem, option_key
from scanner.model import ScanSettings
from station.profiles import Fit
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


def summary(settings: ScanSettings) -> str:
    """Hai mặt · màu · 300 dpi · 210 × 297 mm."""
    parts = [words(f"source.{settings.source.value}"), words(f"color.{settings.mode.value}"), f"{settings.resolution} dpi"]
    if settings.width and settings.height:
        parts.append(f"{number(settings.width)} × {number(settings.height)} mm")
    return " · ".join(parts)
