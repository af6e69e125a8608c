"""A device made of a recorded option table: enough of libsane to choose sources and settings, nothing to scan."""

import json
from pathlib import Path
from typing import Any

from scanner.sane.options import Option, OptionTable, table_of

FOLDER = Path(__file__).parent / "options"
DRIVERS = sorted(path.stem for path in FOLDER.glob("*.json"))
TYPES = {"bool": 0, "int": 1, "fixed": 2, "string": 3, "button": 4}
UNITS = {"": 0, "pixel": 1, "bit": 2, "mm": 3, "dpi": 4, "percent": 5}
FLAGS = {"r": 4, "w": 1, "p": 1, "i": 32}


class RecordedDevice:
    """Clamps numbers like libsane and obeys the table's ``when`` and ``limits``."""

    def __init__(self, driver: str) -> None:
        self._dump: dict[str, Any] = json.loads((FOLDER / f"{driver}.json").read_text(encoding="utf-8"))
        self.values = {one["name"]: one["value"] for one in self._dump["options"]}
        self.order: list[str] = []
        self.table = self.reload()

    def reload(self) -> OptionTable:
        self.table = table_of([self._row(index, one) for index, one in enumerate(self._dump["options"], 1)])
        return self.table

    def get(self, option: Option) -> Any:
        return self.values[option.name]

    def set(self, option: Option, value: Any) -> None:
        now = self.table.find(option.name)
        assert now is not None and now.settable, f"{option.name} is not active"
        if now.type == TYPES["string"]:
            assert value in now.choices, f"{option.name}: Invalid argument"
        self.values[option.name] = now.nearest(value)
        self.order.append(option.name)
        self.reload()

    def _row(self, index: int, one: dict[str, Any]) -> tuple[Any, ...]:
        for rule in self._dump["when"]:
            if self.values[rule["option"]] in rule["equals"]:
                one = {**one, **rule["change"].get(one["name"], {})}
        flags = sum({FLAGS[flag] for flag in one["flags"]})
        size = 64 if one["type"] == "string" else 4 * one.get("words", 1)
        return index, one["name"], "", "", TYPES[one["type"]], UNITS[one["unit"]], size, flags, self._constraint(one)

    def _constraint(self, one: dict[str, Any]) -> Any:
        if not isinstance(one["constraint"], dict):
            return one["constraint"]
        low, high, step = one["constraint"]["range"]
        bound = self._dump.get("limits", {}).get(one["name"])
        paper = next((other for other in self._dump["options"] if other["name"] == bound), None)
        active = paper and self.values["source"] != "Flatbed"
        return low, (self.values[bound] if active else high), step
