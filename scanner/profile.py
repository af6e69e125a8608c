"""Scan profiles: named, versioned settings that may build on one another, checked against a device before paper moves.

A profile says only what it wants to be so; the rest comes from the one it builds on. Nothing is guessed at resolve time: what
no profile says has the default of ScanSettings."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from scanner.backend import Problem, check, nearest_source, option_key
from scanner.model import ColorMode, DeviceCapabilities, ScanSettings, Source

PLAIN = ("source", "mode", "resolution", "width", "height")


class ProfileError(ValueError):
    """A profile that cannot be used. ``code`` is one of CODES, ``name`` the profile, ``detail`` what is wrong with it."""

    def __init__(self, code: str, name: str, detail: str = "") -> None:
        super().__init__(f"{code}: {name}{f' ({detail})' if detail else ''}")
        self.code, self.name, self.detail = code, name, detail


CODES = ("profile_unknown", "profile_loop", "profile_bad_value", "profile_unknown_key", "profile_old")


@dataclass(frozen=True, slots=True)
class ScanProfile:
    """``version`` grows with every change; a page's record names profile and version. ``model``: the device model it is for
    (``vendor:model`` as in DeviceInfo.identity), empty = any. ``extra``: further options by normalised name, such as df_action,
    df_length, paper_protect, page_height, brightness; a value of None takes an inherited one away."""

    name: str
    version: int = 1
    builds_on: str = ""
    model: str = ""
    source: Source | None = None
    mode: ColorMode | None = None
    resolution: int | None = None
    width: float | None = None
    height: float | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def fits_model(self, identity: str) -> bool:
        return not self.model or identity == self.model or identity.startswith(f"{self.model}:")


class ProfileBook:
    """All profiles by name, the newest version of each. Immutable: ``with_profile`` gives a new book."""

    def __init__(self, profiles: tuple[ScanProfile, ...] = ()) -> None:
        self._by_name: dict[str, ScanProfile] = {}
        for profile in profiles:
            known = self._by_name.get(profile.name)
            if known is None or profile.version > known.version:
                self._by_name[profile.name] = profile

    def __iter__(self) -> Any:
        return iter(self._by_name.values())

    def get(self, name: str) -> ScanProfile:
        """Raises ProfileError profile_unknown."""
        if name not in self._by_name:
            raise ProfileError("profile_unknown", name)
        return self._by_name[name]

    def with_profile(self, profile: ScanProfile) -> "ProfileBook":
        """Raises ProfileError profile_old unless the version grows, profile_unknown or profile_loop for what it builds on."""
        known = self._by_name.get(profile.name)
        if known is not None and profile.version <= known.version:
            raise ProfileError("profile_old", profile.name, f"version {profile.version}, kept is {known.version}")
        book = ProfileBook((*self._by_name.values(), profile))
        book.lineage(profile.name)
        return book

    def lineage(self, name: str) -> list[ScanProfile]:
        """The profile and what it builds on, the nearest first. Raises ProfileError profile_unknown, profile_loop."""
        found: list[ScanProfile] = []
        while name:
            profile = self.get(name)
            if profile in found:
                raise ProfileError("profile_loop", profile.name, " → ".join(one.name for one in found))
            found.append(profile)
            name = profile.builds_on
        return found

    def settings(self, name: str) -> ScanSettings:
        """Everything the profile and its ancestors say, the nearest winning."""
        line = self.lineage(name)
        said = {key: value for key in PLAIN if (value := _first(line, key)) is not None}
        extra: dict[str, Any] = {}
        for profile in reversed(line):
            extra.update({option_key(key): value for key, value in profile.extra.items()})
        kept = {key: value for key, value in extra.items() if value is not None}
        return ScanSettings(**{"source": Source.FEEDER, **said}, extra=kept)

    def check(self, name: str, capabilities: DeviceCapabilities) -> list[Problem]:
        """Every setting of the profile that the device cannot do, with the nearest that it can."""
        return check(self.settings(name), capabilities)

    def for_device(self, identity: str, capabilities: DeviceCapabilities) -> list[ScanProfile]:
        """The profiles that can start on this device as they are."""
        return [one for one in self._by_name.values() if one.fits_model(identity) and not self.check(one.name, capabilities)]


def nearest_fit(settings: ScanSettings, capabilities: DeviceCapabilities) -> ScanSettings | None:
    """The settings changed as little as the device demands; None when it has no such source at all. For a person to accept,
    never to be used in silence."""
    source = nearest_source(settings.source, capabilities)
    if source is None:
        return None
    fit = replace(settings, source=Source(source)) if settings.source not in capabilities.sources else settings
    for problem in check(fit, capabilities):
        fit = _mended(fit, problem)
    return fit


def _mended(settings: ScanSettings, problem: Problem) -> ScanSettings:
    if problem.setting in settings.extra and problem.nearest is not None:
        return replace(settings, extra={**settings.extra, problem.setting: problem.nearest})
    if problem.setting in settings.extra:
        return replace(settings, extra={key: value for key, value in settings.extra.items() if key != problem.setting})
    value = ColorMode(problem.nearest) if problem.setting == "mode" else problem.nearest
    changed: dict[str, Any] = {problem.setting: value}
    return replace(settings, **changed)


def profile_from(value: Mapping[str, Any]) -> ScanProfile:
    """A profile from plain data (a configuration file, a form). Raises ProfileError profile_unknown_key, profile_bad_value."""
    name = str(value.get("name", ""))
    known = {one.name for one in fields(ScanProfile)}
    if unknown := sorted(set(value) - known):
        raise ProfileError("profile_unknown_key", name, ", ".join(unknown))
    try:
        return _checked(ScanProfile(**{**value, **_enums(value)}))
    except (TypeError, ValueError) as error:
        raise ProfileError("profile_bad_value", name, str(error)) from error


def _enums(value: Mapping[str, Any]) -> dict[str, Any]:
    kinds: dict[str, type[Source] | type[ColorMode]] = {"source": Source, "mode": ColorMode}
    return {key: kind(value[key]) for key, kind in kinds.items() if value.get(key) is not None}


def _checked(profile: ScanProfile) -> ScanProfile:
    whole = (profile.version, profile.resolution if profile.resolution is not None else 1)
    lengths = [one for one in (profile.width, profile.height) if one is not None]
    if not profile.name or any(not isinstance(one, int) or isinstance(one, bool) or one < 1 for one in whole):
        raise ValueError("name, version and resolution must be given as a word and positive whole numbers")
    if any(isinstance(one, bool) or not isinstance(one, int | float) or one <= 0 for one in lengths):
        raise ValueError("width and height are millimetres above zero")
    return profile


def _first(line: list[ScanProfile], key: str) -> Any:
    return next((value for profile in line if (value := getattr(profile, key)) is not None), None)
