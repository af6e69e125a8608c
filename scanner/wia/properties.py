"""WIA properties by number: read, set, read back, and what values they allow."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from scanner.model import FaultKind, Phase, ScanFault
from scanner.wia.codes import Property

RANGE, LIST = 1, 2


@dataclass(frozen=True, slots=True)
class Allowed:
    """``values`` or (lowest, highest, step); both empty = anything."""

    values: tuple[int, ...] = ()
    span: tuple[int, int, int] | None = None

    def nearest(self, asked: int) -> int:
        if self.values:
            return min(self.values, key=lambda one: abs(one - asked))
        if self.span is None:
            return asked
        low, high, step = self.span
        return min(high, low + round((min(max(asked, low), high) - low) / max(1, step)) * max(1, step))

    @property
    def highest(self) -> int:
        return max(self.values) if self.values else self.span[1] if self.span else 0


class Properties:
    """The Properties collection of a WIA device or item. Collections of WIA automation count from 1."""

    def __init__(self, collection: Any) -> None:
        self._by_id = {int(one.PropertyID): one for one in each(collection)}

    def __contains__(self, which: Property) -> bool:
        return which in self._by_id

    def get(self, which: Property, default: Any = None) -> Any:
        return self._by_id[which].Value if which in self._by_id else default

    def allowed(self, which: Property) -> Allowed:
        one = self._by_id.get(which)
        if one is None or one.SubType not in (RANGE, LIST):
            return Allowed()
        if one.SubType == LIST:
            return Allowed(values=tuple(int(value) for value in each(one.SubTypeValues)))
        return Allowed(span=(int(one.SubTypeMin), int(one.SubTypeMax), int(one.SubTypeStep)))

    def set(self, which: Property, value: int, effective: dict[str, dict[str, Any]]) -> None:
        """Set and read back into ``effective``. Raises ScanFault BAD_SETTING when missing, not allowed or changed."""
        name = which.name.lower()
        nearest = self.allowed(which).nearest(value) if which in self else None
        if nearest != value:
            raise ScanFault(FaultKind.BAD_SETTING, Phase.SET, f"{name}={value}", nearest={name: nearest})
        self._by_id[which].Value = value
        got = int(self._by_id[which].Value)
        effective[name] = {"asked": value, "effective": got}
        if got != value:
            raise ScanFault(FaultKind.BAD_SETTING, Phase.SET, f"{name}={value}", nearest={name: got})


def each(collection: Any) -> Iterator[Any]:
    return (collection.Item(number) for number in range(1, collection.Count + 1))
