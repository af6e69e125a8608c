"""The book of scan profiles: those the station brings, and what people made of them. Every change is a new version.

A profile the station brings is version 1 of its name; saving over it makes version 2 in the records. What a version says is
its own words only; the rest comes from the profile it builds on (scanner/profile)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection

from batches import profiles as records
from batches.errors import Exists, Invalid, NotAllowed, NotFound, Stale
from batches.words import Role
from scanner.backend import Problem, check, option_key
from scanner.model import DeviceCapabilities, ScanSettings, Source
from scanner.profile import ProfileBook, ScanProfile, nearest_fit, profile_from
from station.errors import UsageError
from station.house import Actor, House
from station.scan_settings import settings_to_json
from station.words import has_words, words

_A4 = {"width": 210.0, "height": 297.0}
_WORDS_LONGEST = 100
_DPI = (50, 2400)
_OURS = ("book", "retired", "note")
"""What the station keeps beside the settings: two pages a picture; out of use; why it was changed."""

BUILT_IN: tuple[dict[str, Any], ...] = (
    {"name": "administrative_duplex", "source": "duplex", "mode": "color", "resolution": 300, **_A4},
    {"name": "administrative_front", "builds_on": "administrative_duplex", "source": "feeder"},
    {"name": "flatbed", "builds_on": "administrative_duplex", "source": "flatbed"},
    {"name": "draft_duplex", "builds_on": "administrative_duplex", "resolution": 200},
    {"name": "book", "source": "flatbed", "mode": "color", "resolution": 300, "book": True},
)
"""TT 05/2025: colour, at least 24 bit, at least 200 dpi for administrative documents; 300 dpi reads better. A book takes the
whole glass: the two pages are told apart afterwards."""


@dataclass(frozen=True, slots=True)
class ProfileView:
    """A profile with everything it inherits. ``said``: its own words only, as plain data. ``line``: what it is made of, the
    nearest first, as (name, version)."""

    name: str
    settings: ScanSettings
    version: int = 1
    said: Mapping[str, Any] = field(default_factory=dict)
    line: tuple[tuple[str, int], ...] = ()
    model: str = ""
    book: bool = False
    retired: bool = False
    author: str = ""
    at: str = ""

    @property
    def title(self) -> str:
        return title_of(self.name)

    def for_run(self) -> dict[str, Any]:
        """What a run's record keeps of it."""
        return {"name": self.name, "version": self.version, "line": [list(one) for one in self.line]}


@dataclass(frozen=True, slots=True)
class Version:
    """One version in a profile's history; ``changes``: setting → (before, after) of its own words."""

    version: int
    author: str
    at: str
    note: str
    changes: tuple[tuple[str, Any, Any], ...]


def title_of(name: str) -> str:
    """What people call it: the station's own have their words in the catalogue."""
    key = f"console.profiles.{name}"
    return words(key) if has_words(key) else name


def listing(house: House, *, retired: bool = False) -> list[ProfileView]:
    """Every profile in use, the configured default first; with ``retired`` the others too, behind them."""
    with house.store.read() as connection:
        found = list(_book(connection).values())
    first = house.settings.scanning.default_profile
    order = {str(one["name"]): place for place, one in enumerate(BUILT_IN)}
    found.sort(key=lambda one: (one.retired, one.name != first, order.get(one.name, len(order)), one.name))
    return [one for one in found if retired or not one.retired]


def get(house: House, name: str) -> ProfileView:
    """Raises NotFound."""
    with house.store.read() as connection:
        found = _book(connection).get(name)
    if found is None:
        raise NotFound(what="profile", id=name)
    return found


def history(house: House, name: str) -> list[Version]:
    """Every version of it, the newest first."""
    with house.store.read() as connection:
        rows = records.history(connection, name)
    steps = [(row.version, row.author, row.at, dict(row.settings)) for row in reversed(rows)]
    if name in _BROUGHT:
        steps.insert(0, (1, "", "", _BROUGHT[name]))
    before: dict[str, Any] = {}
    told = []
    for version, author, at, said in steps:
        told.append(Version(version, author, at, str(said.get("note") or ""), tuple(_changes(before, said))))
        before = said
    return told[::-1]


def save(house: House, actor: Actor, name: str, said: Mapping[str, Any], *, follows: int = 0) -> int:
    """Put a new version in the book; returns its number. ``follows``: the version it changes, 0 for a new profile.

    Raises NotAllowed for an operator, Invalid, ProfileError, Exists, Stale where somebody else saved meanwhile."""
    if actor.role is Role.OPERATOR:
        raise NotAllowed(what="profile", state=actor.role.value)
    name = _name(name)
    clean = {key: value for key, value in said.items() if value not in (None, "", {}) and key not in ("name", "version")}
    with house.store.write() as connection:
        book = _raw(connection)
        known = book.get(name)
        _require_follows(name, known[0] if known else 0, follows)
        _require_sense(name, clean, {key: _profile(key, *one) for key, one in book.items()}, follows + 1)
        before = known[1] if known else None
        if before is not None and clean == before:
            return follows
        records.add_version(connection, actor.login, name, follows + 1, clean, before)
    return follows + 1


def retire(house: House, actor: Actor, name: str, *, retired: bool, follows: int) -> int:
    """Out of use, or in use again; runs and pages that name it keep it. Raises Invalid for the configured default."""
    if retired and house.settings.scanning.default_profile == name:
        raise Invalid(what="profile_default", value=title_of(name))
    said = {key: value for key, value in get(house, name).said.items() if key != "note"}
    return save(house, actor, name, {**said, "retired": retired or None}, follows=follows)


def require_default(house: House) -> None:
    """The configured first choice must be in the book. Raises UsageError."""
    name = house.settings.scanning.default_profile
    known = [one.name for one in listing(house)]
    if name is not None and name not in known:
        raise UsageError.of("default_profile_unknown", name=name, known=", ".join(known))


# -- against the devices -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether settings can start on a device. ``problems`` and the ``nearest`` settings that have none (None = no such
    paper source at all). ``known``: the device has told what it can do."""

    known: bool
    right_model: bool
    problems: tuple[Problem, ...] = ()
    nearest: ScanSettings | None = None

    @property
    def fits(self) -> bool:
        return self.known and self.right_model and not self.problems


def fit(settings: ScanSettings, model: str, identity: str, capabilities: DeviceCapabilities) -> Fit:
    """``model``: the device model the profile is for, empty = any."""
    right = ScanProfile("-", model=model).fits_model(identity)
    problems = tuple(check(settings, capabilities)) if capabilities.sources else ()
    return Fit(bool(capabilities.sources), right, problems, nearest_fit(settings, capabilities) if problems else settings)


def resolved(house: House, name: str, said: Mapping[str, Any]) -> ScanSettings:
    """What a profile with these own words would ask of a device, before it is saved. Raises ProfileError, Invalid."""
    with house.store.read() as connection:
        book = {key: _profile(key, *one) for key, one in _raw(connection).items()}
    clean = {key: value for key, value in said.items() if value not in (None, "", {})}
    return _require_sense(name or "-", clean, book, book[name].version + 1 if name in book else 1)


def plain(settings: ScanSettings) -> dict[str, Any]:
    """Settings as a profile would say them."""
    return {**settings_to_json(settings), "extra": dict(settings.extra)}


_GENTLE = {"paper_protect": "On", "prepick": "Off", "buffermode": "Off", "df_action": "Stop"}
"""Stop at the first sign of a fold, hold no second sheet ready, stand still while the host writes: slow, and kind to paper."""


def gentle(settings: ScanSettings, capabilities: DeviceCapabilities) -> ScanSettings:
    """The kindest way this device has for brittle or torn paper: the glass; without one the feeder, one side at a time where
    it can, with everything it has to protect paper."""
    if Source.FLATBED in capabilities.sources:
        return nearest_fit(replace(settings, source=Source.FLATBED, extra={}), capabilities) or settings
    kind = {name: value for name, value in _GENTLE.items() if name in capabilities.options}
    return nearest_fit(replace(settings, extra={**settings.extra, **kind}), capabilities) or settings


# -- inside --------------------------------------------------------------------------------------------------------

_BROUGHT = {str(one["name"]): {key: value for key, value in one.items() if key != "name"} for one in BUILT_IN}
_Raw = tuple[int, dict[str, Any], str, str]
"""version, own words, author, time"""


def _raw(connection: Connection) -> dict[str, _Raw]:
    brought: dict[str, _Raw] = {name: (1, said, "", "") for name, said in _BROUGHT.items()}
    kept: dict[str, _Raw] = {
        row.name: (row.version, dict(row.settings), row.author, row.at) for row in records.newest(connection)
    }
    return {**brought, **kept}


def _book(connection: Connection) -> dict[str, ProfileView]:
    raw = _raw(connection)
    book = ProfileBook(tuple(_profile(name, *one) for name, one in raw.items()))
    return {name: _view(book, name, *one) for name, one in raw.items()}


def _view(book: ProfileBook, name: str, version: int, said: dict[str, Any], author: str, at: str) -> ProfileView:
    line = tuple((one.name, one.version) for one in book.lineage(name))
    return ProfileView(
        name,
        book.settings(name),
        version,
        said,
        line,
        str(said.get("model") or ""),
        bool(said.get("book")),
        bool(said.get("retired")),
        author,
        at,
    )


def _profile(name: str, version: int, said: Mapping[str, Any], *_: Any) -> ScanProfile:
    return profile_from({"name": name, "version": version, **{key: one for key, one in said.items() if key not in _OURS}})


def _require_follows(name: str, newest: int, follows: int) -> None:
    if follows == 0 and newest:
        raise Exists(what="profile", value=title_of(name))
    if follows != newest:
        raise Stale(what="profile", id=title_of(name))


def _require_sense(name: str, said: Mapping[str, Any], book: Mapping[str, ScanProfile], version: int) -> ScanSettings:
    made = _profile(name, version, said)
    settings = ProfileBook(tuple(book.values())).with_profile(made).settings(name)
    if not _DPI[0] <= settings.resolution <= _DPI[1]:
        raise Invalid(what="resolution", value=settings.resolution)
    if any(not option_key(key).replace("_", "").isalnum() for key in settings.extra):
        raise Invalid(what="extra", value=", ".join(settings.extra))
    return settings


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > _WORDS_LONGEST or not clean.isprintable():
        raise Invalid(what="profile_name", value=clean[:_WORDS_LONGEST])
    return clean


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    flat = [_flat(before), _flat(after)]
    return [(key, flat[0].get(key), flat[1].get(key)) for key in {**flat[0], **flat[1]} if flat[0].get(key) != flat[1].get(key)]


def _flat(said: Mapping[str, Any]) -> dict[str, Any]:
    plain = {key: value for key, value in said.items() if key not in ("extra", "note")}
    return {**plain, **{option_key(key): value for key, value in dict(said.get("extra") or {}).items()}}
