"""SANE option descriptors as plain values: read from python-sane's tuples or from a recorded dump."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scanner.backend import option_key

BOOL, INT, FIXED, STRING, BUTTON, GROUP = range(6)
UNIT_PIXEL, UNIT_MM = 1, 3
CAN_SET, CAN_PRESS, CAN_READ, INACTIVE = 1, 2, 4, 32
WORD = 4
Constraint = tuple[float, float, float] | list[Any] | None


@dataclass(frozen=True, slots=True)
class Option:
    """One descriptor. ``constraint``: (lowest, highest, step), a list of values, or None."""

    index: int
    name: str
    type: int
    unit: int
    size: int
    cap: int
    constraint: Constraint

    @property
    def active(self) -> bool:
        return not self.cap & INACTIVE

    @property
    def settable(self) -> bool:
        return self.active and bool(self.cap & CAN_SET) and self.type in (BOOL, INT, FIXED, STRING) and not self.array

    @property
    def sensor(self) -> bool:
        """Readable and not ours to set: a sensor or a button on the device."""
        return self.active and bool(self.cap & CAN_READ) and not self.cap & CAN_SET and not self.array and self.type < BUTTON

    @property
    def array(self) -> bool:
        """More than one word. python-sane writes a scalar into the first and zeros into the rest: never touched."""
        return self.type in (INT, FIXED, BOOL) and self.size > WORD

    @property
    def choices(self) -> list[Any]:
        return self.constraint if isinstance(self.constraint, list) else []

    @property
    def span(self) -> tuple[float, float, float] | None:
        return self.constraint if isinstance(self.constraint, tuple) else None

    @property
    def highest(self) -> float:
        """The largest number allowed, 0 when unlimited."""
        if self.span:
            return float(self.span[1])
        return float(max(self.choices)) if self.choices else 0.0

    def coerce(self, value: Any) -> Any:
        """``value`` in the type python-sane insists on. Raises ValueError."""
        if self.type == STRING:
            return str(value)
        if self.type == FIXED:
            return float(value)
        return int(value)

    def nearest(self, value: Any) -> Any:
        """The allowed value closest to ``value``; None when there is no telling."""
        if self.type == STRING:
            folded = str(value).casefold()
            return next((one for one in self.choices if one.casefold() == folded), self.choices[0] if self.choices else None)
        number = float(value)
        if self.choices:
            return min(self.choices, key=lambda one: abs(one - number))
        if self.span:
            return self.coerce(_on_grid(number, self.span))
        return self.coerce(number)


def _on_grid(number: float, span: tuple[float, float, float]) -> float:
    low, high, step = span
    inside = min(max(number, low), high)
    return min(high, low + round((inside - low) / step) * step) if step else inside


class OptionTable:
    """Options by name. Names are the drivers' own (``page-width``); ``find`` takes our spelling too (``page_width``)."""

    def __init__(self, options: Iterable[Option]) -> None:
        self._by_name = {option.name: option for option in options if option.name}
        self._by_key = {option_key(name): option for name, option in self._by_name.items()}

    def __iter__(self) -> Iterator[Option]:
        return iter(self._by_name.values())

    def find(self, *names: str) -> Option | None:
        """The first active option of these names."""
        found = (self._by_key.get(option_key(name)) for name in names)
        return next((option for option in found if option is not None and option.active), None)

    def known(self, *names: str) -> Option | None:
        """The first option of these names that can be set once it is active, whether it is now or not."""
        found = (self._by_key.get(option_key(name)) for name in names)
        return next((option for option in found if option is not None and option.cap & CAN_SET and not option.array), None)

    def settable(self, *names: str) -> Option | None:
        option = self.find(*names)
        return option if option is not None and option.settable else None


def table_of(raw: Iterable[Sequence[Any]]) -> OptionTable:
    """From ``get_options()``: (index, name, title, description, type, unit, size, cap, constraint)."""
    return OptionTable(_option(row) for row in raw)


def _option(row: Sequence[Any]) -> Option:
    index, name, _, _, kind, unit, size, cap, constraint = row
    if isinstance(constraint, tuple):
        constraint = (float(constraint[0]), float(constraint[1]), float(constraint[2]))
    return Option(index, name or "", kind, unit, size, cap, constraint)
