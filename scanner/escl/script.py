"""What goes wrong, and at which sheet: the fault script of the virtual scanner, and its YAML form.

    - sheet: 7
      fault: jam
    - sheet 12: drop
    - {sheet: 20, fault: hang, side: back, times: 2}

A mapping with ``faults:`` (that list) and ``hostile:`` (names from hostile.py) is read as well."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

import yaml

from scanner.escl.hostile import Hostile
from scanner.model import Face


class VirtualFault(StrEnum):
    """How a sheet can go wrong. The first group stops the feeder, the second spoils the picture's way to the client."""

    JAM = "jam"
    COVER = "cover"
    EMPTY = "empty"
    """The sensor says empty though paper is there."""
    BUSY = "busy"
    HTTP500 = "http500"
    SILENT_END = "silent_end"
    """The device says the job is over though paper is there."""
    DOUBLE_FEED = "double_feed"

    DROP = "drop"
    TRUNCATE = "truncate"
    HANG = "hang"
    GARBAGE = "garbage"
    SLOW = "slow"
    SHORT = "short"


RETURNED = frozenset(
    {
        VirtualFault.JAM,
        VirtualFault.COVER,
        VirtualFault.HTTP500,
        VirtualFault.DOUBLE_FEED,
        VirtualFault.DROP,
        VirtualFault.TRUNCATE,
        VirtualFault.HANG,
        VirtualFault.GARBAGE,
    }
)
"""Faults after which an operator lays the sheet on top of the stack again."""


SCRIPT_CODES = (
    "script_yaml",
    "script_not_a_list",
    "script_not_a_fault",
    "script_unknown_key",
    "script_unknown_fault",
    "script_unknown_side",
    "script_unknown_hostile",
    "script_missing_key",
    "script_bad_value",
)


class FaultScriptError(ValueError):
    """A fault script nobody can follow. ``code`` is one of SCRIPT_CODES; ``line`` 1… or 0 when unknown."""

    def __init__(self, code: str, line: int, value: str = "", nearest: str = "") -> None:
        super().__init__(f"line {line}: {code} {value!r}{f', did you mean {nearest!r}?' if nearest else ''}")
        self.code = code
        self.line = line
        self.value = value
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong at one sheet."""

    sheet: int
    """1… in the stack as loaded"""
    fault: VirtualFault
    times: int = 1
    """How often; for ``busy`` the number of refusals"""
    side: Face = Face.FRONT
    """``back`` fires only in duplex"""
    sheet_returns: bool | None = None
    """The operator puts the sheet (and all that left after it) back. None = what RETURNED says."""
    after: float | None = None
    """Part of the picture's bytes, 0…1, sent before ``drop``, ``truncate`` (0.5) or ``hang`` (0 = not even headers)"""
    seconds: float = 3.0
    """``slow``: time the body takes"""
    detected: bool = True
    """``double_feed``: the sensor noticed. False: two sheets pass as one long side and nobody says so."""
    on_job: bool = False
    """Refuse when the job is asked for, not when the sheet is fed"""
    stays: bool = False
    """The device keeps its fault until ``clear`` is called; else the next job finds it mended"""

    @property
    def returns(self) -> bool:
        if self.sheet_returns is not None:
            return self.sheet_returns
        return self.fault in RETURNED and self.detected


class FaultScript:
    """Faults still to come. Each fires ``times`` times. Not thread-safe: the machine holds a lock."""

    def __init__(self, faults: Iterable[Fault] = (), *, hostile: Iterable[Hostile] = ()) -> None:
        self._left: list[tuple[Fault, int]] = [(fault, fault.times) for fault in faults]
        self.hostile = frozenset(hostile)

    def take(self, sheet: int, side: Face, *, on_job: bool = False) -> Fault | None:
        """The fault due here, used up once; None when all is well."""
        for index, (fault, left) in enumerate(self._left):
            if left > 0 and (fault.sheet, fault.side, fault.on_job) == (sheet, side, on_job):
                self._left[index] = (fault, left - 1)
                return fault
        return None

    def pending(self) -> tuple[Fault, ...]:
        return tuple(fault for fault, left in self._left if left > 0)

    @classmethod
    def load(cls, path: Path) -> "FaultScript":
        """Raises FaultScriptError, OSError."""
        return cls.parse(path.read_text(encoding="utf-8"))

    @classmethod
    def parse(cls, text: str) -> "FaultScript":
        """Raises FaultScriptError with the line."""
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            raise FaultScriptError("script_yaml", mark.line + 1 if mark else 0, _reason(error)) from error
        if root is None:
            return cls()
        faults, hostile = _sections(root)
        return cls([_fault(node) for node in faults], hostile=[_hostile(node) for node in hostile])


def _reason(error: Exception) -> str:
    return getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__


def _sections(root: yaml.Node) -> tuple[Sequence[yaml.Node], Sequence[yaml.Node]]:
    if isinstance(root, yaml.SequenceNode):
        return root.value, ()
    found: dict[str, Sequence[yaml.Node]] = {"faults": (), "hostile": ()}
    for key, value in _items(root):
        if key.value not in found:
            raise _unknown("script_unknown_key", key, found)
        if not isinstance(value, yaml.SequenceNode):
            raise FaultScriptError("script_not_a_list", _line(value), str(key.value))
        found[key.value] = value.value
    return found["faults"], found["hostile"]


_SHORT_FORM = re.compile(r"^sheet (\d+)$")
_KEYS: dict[str, type] = {
    "sheet": int,
    "fault": str,
    "times": int,
    "side": str,
    "sheet_returns": bool,
    "after": float,
    "seconds": float,
    "detected": bool,
    "on_job": bool,
    "stays": bool,
}
assert set(_KEYS) == {item.name for item in fields(Fault)}


def _fault(node: yaml.Node) -> Fault:
    values: dict[str, Any] = {}
    for key, value in _items(node):
        if match := _SHORT_FORM.match(str(key.value)):
            values |= {"sheet": int(match[1]), "fault": _name(value, VirtualFault, "script_unknown_fault")}
        else:
            values[str(key.value)] = _value(key, value)
    for needed in ("sheet", "fault"):
        if needed not in values:
            raise FaultScriptError("script_missing_key", _line(node), needed)
    return Fault(**values)


def _value(key: yaml.ScalarNode, node: yaml.Node) -> Any:
    name = str(key.value)
    if name not in _KEYS:
        raise _unknown("script_unknown_key", key, _KEYS)
    if name == "fault":
        return _name(node, VirtualFault, "script_unknown_fault")
    if name == "side":
        return _name(node, Face, "script_unknown_side")
    return _number(name, node)


def _number(name: str, node: yaml.Node) -> Any:
    value = _scalar(node)
    if not _fits(name, value):
        raise FaultScriptError("script_bad_value", _line(node), f"{name}: {getattr(node, 'value', '')}")
    return value


def _scalar(node: yaml.Node) -> Any:
    try:
        return yaml.safe_load(str(node.value)) if isinstance(node, yaml.ScalarNode) else None
    except yaml.YAMLError:
        return None


def _fits(name: str, value: Any) -> bool:
    kind = _KEYS[name]
    if kind is bool or isinstance(value, bool):
        return kind is bool and isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and value >= 1
    return isinstance(value, (int, float)) and 0 <= value <= (1 if name == "after" else 3600)


def _hostile(node: yaml.Node) -> Hostile:
    found: Hostile = _name(node, Hostile, "script_unknown_hostile")
    return found


def _name(node: yaml.Node, kind: type[StrEnum], code: str) -> Any:
    if not isinstance(node, yaml.ScalarNode) or node.value not in list(kind):
        raise _unknown(code, node, list(kind))
    return kind(node.value)


def _items(node: yaml.Node) -> Sequence[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode) or not all(isinstance(key, yaml.ScalarNode) for key, _ in node.value):
        raise FaultScriptError("script_not_a_fault", _line(node))
    return list(node.value)


def _unknown(code: str, node: yaml.Node, known: Iterable[str]) -> FaultScriptError:
    value = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    nearest = difflib.get_close_matches(value, [str(name) for name in known], n=1)
    return FaultScriptError(code, _line(node), value, nearest[0] if nearest else "")


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1
