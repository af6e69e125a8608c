"""Errors that a person reads: what happened, why we stop, what to do next. The words come from the catalogue."""

import errno
from typing import Any

from station.words import has_words, words


class SohoaError(Exception):
    """Base of every refusal shown to a person; prints as one line.

    ``status`` is the command's exit status: 1 the work found something wrong, 2 wrong usage or configuration."""

    status = 1

    def __init__(self, what: str, why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.next = what, why, next

    @classmethod
    def of(cls, key: str, **values: Any) -> "SohoaError":
        """The error whose words stand under ``error.KEY.what``, ``.why``, ``.next`` (the last two may be absent)."""
        parts = (f"error.{key}.{part}" for part in ("what", "why", "next"))
        return cls(*(words(part, **values) if part.endswith(".what") or has_words(part) else "" for part in parts))

    def lines(self) -> list[str]:
        """What a terminal shows: one line; an error that gathers several says one a line."""
        return [" — ".join(" ".join(part.split()) for part in (self.what, self.why, self.next) if part)]

    def __str__(self) -> str:
        return "\n".join(self.lines())


class UsageError(SohoaError):
    """The command was called wrongly, or the configuration is wrong."""

    status = 2


def translate(error: BaseException) -> SohoaError:
    """Any exception as the error a person reads. Lower rooms raise stable codes; their words are looked up here."""
    for read in (_own, _fault, _coded, _system, _resources, _database):
        if told := read(error):
            return told
    return SohoaError.of("unexpected", kind=type(error).__name__, detail=str(error) or "?")


def _own(error: BaseException) -> SohoaError | None:
    return error if isinstance(error, SohoaError) else None


def _fault(error: BaseException) -> SohoaError | None:
    """A scanner's fault, outside a run: nobody knows which sheet, and the driver's English stays in the log."""
    from scanner.model import ScanFault  # noqa: PLC0415 - most commands and workers never meet one

    if not isinstance(error, ScanFault):
        return None
    key = f"fault.{error.kind.value}"
    values = {"sheet": "?", "last": "?", "nearest": _nearest(error.nearest)}
    return SohoaError(words(f"{key}.title", **values), words(f"{key}.text", **values))


def _resources(error: BaseException) -> SohoaError | None:
    """Memory, and imaging's LanguageMissing (known by its attributes: importing it would load the engine)."""
    if isinstance(error, MemoryError):
        return SohoaError.of("no_memory")
    if {"languages", "packages"} <= vars(error).keys():
        return SohoaError.of("language_missing", **{name: ", ".join(vars(error)[name]) for name in ("languages", "packages")})
    return None


def _database(error: BaseException) -> SohoaError | None:
    if not type(error).__module__.startswith("sqlalchemy."):
        return None
    return SohoaError.of("records.database_unreachable", detail=str(getattr(error, "orig", None) or error))


def _nearest(nearest: dict[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in nearest.items()) or "?"


_CODES = (("key", "records."), ("reason", "load."), ("code", ""))
"""How the lower rooms mark their errors: the attribute with the stable id, and the branch of the catalogue it stands under.
records: what the batches room refuses; load: files that cannot be read; others stand under ``error.CODE`` itself."""


def _coded(error: BaseException) -> SohoaError | None:
    """The words of a stable id, the finer ``id_what`` before the plain ``id``; None without a known id."""
    facts = _facts(error)
    for attribute, branch in _CODES:
        code = getattr(error, attribute, None)
        for name in (f"{branch}{code}_{facts.get('what')}", f"{branch}{code}"):
            if isinstance(code, str) and has_words(f"error.{name}.what"):
                return SohoaError.of(name, **_in_words(facts))
    return None


def _in_words(facts: dict[str, Any]) -> dict[str, Any]:
    """States, roles and kinds of things by their Vietnamese names; the rest as it is."""
    said = dict(facts)
    for name, keys in _NAMED.items():
        value = facts.get(name)
        said[name] = next((words(key.format(value)) for key in keys if has_words(key.format(value))), value)
    return said


_NAMED = {"state": ("state.{}.name", "role.{}.name"), "to": ("state.{}.name",), "what": ("thing.{}",)}


def _facts(error: BaseException) -> dict[str, Any]:
    """What a lower room's exception knows about its case: its ``facts`` mapping, else its public attributes."""
    facts = getattr(error, "facts", None)
    if isinstance(facts, dict):
        return facts
    return {name: value for name, value in vars(error).items() if not name.startswith("_")}


_SYSTEM = {
    errno.ENOSPC: "disk_full",
    errno.EDQUOT: "disk_full",
    errno.EACCES: "no_access",
    errno.EPERM: "no_access",
    errno.ENOENT: "no_file",
    errno.ENOTDIR: "no_file",
    errno.EISDIR: "is_folder",
    errno.EROFS: "read_only",
    errno.EADDRINUSE: "port_in_use",
    errno.EMFILE: "too_many_files",
}


def _system(error: BaseException) -> SohoaError | None:
    if not isinstance(error, OSError):
        return None
    key = _SYSTEM.get(error.errno or 0, "system")
    return SohoaError.of(key, path=error.filename or "?", detail=error.strerror or str(error))
