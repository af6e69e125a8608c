"""WIA automation without Windows: a device manager whose scanner lives in a folder.

``tray.json`` in the folder named by FAKE_WIA holds the paper left (image files) and faults by side. It is read and written on
every act, so that the device keeps its paper while driver processes come and go."""

import io
import json
import os
import time
from pathlib import Path
from typing import Any

from PIL import Image

BMP, JPEG = "{B96B3CAB-0728-11D3-9D7B-0000F81EF32E}", "{B96B3CAE-0728-11D3-9D7B-0000F81EF32E}"
CODES = {"jam": 0x80210002, "empty": 0x80210003, "cover": 0x80210016, "double_feed": 0x80210020, "io": 0x8021000A}


class ComError(Exception):
    """The shape of pywintypes.com_error under late binding."""

    def __init__(self, code: int) -> None:
        super().__init__(-2147352567, "Exception occurred.", (0, None, None, None, 0, code - (1 << 32)), None)
        self.hresult = 0x80020009 - (1 << 32)
        self.excepinfo = (0, None, None, None, 0, code - (1 << 32))


class Collection:
    """Counts from 1, like every WIA collection."""

    def __init__(self, things: list[Any]) -> None:
        self._things = things

    @property
    def Count(self) -> int:
        return len(self._things)

    def Item(self, number: int) -> Any:
        if number < 1:
            raise ComError(0x80070057)
        return self._things[number - 1]


class Property:
    def __init__(
        self, number: int, value: Any, *, values: list[int] | None = None, span: tuple[int, int, int] | None = None
    ) -> None:
        self.PropertyID = number
        self._value = value
        self.SubType = 2 if values else 1 if span else 0
        self.SubTypeValues = Collection(values or [])
        self.SubTypeMin, self.SubTypeMax, self.SubTypeStep = span or (0, 0, 0)

    @property
    def Value(self) -> Any:
        return self._value

    @Value.setter
    def Value(self, value: Any) -> None:
        allowed = [self.SubTypeValues.Item(n) for n in range(1, self.SubTypeValues.Count + 1)]
        if (allowed and value not in allowed) or (self.SubType == 1 and not self.SubTypeMin <= value <= self.SubTypeMax):
            raise ComError(0x80070057)
        self._value = value


class Tray:
    """The device's own memory."""

    def __init__(self) -> None:
        self.path = Path(os.environ["FAKE_WIA"]) / "tray.json"

    def read(self) -> dict[str, Any]:
        return dict(json.loads(self.path.read_text()))

    def write(self, state: dict[str, Any]) -> None:
        self.path.write_text(json.dumps(state))


class Picture:
    def __init__(self, data: bytes) -> None:
        self.FileData = type("Vector", (), {"BinaryData": data})


class Item:
    def __init__(self, device: "Device") -> None:
        self._device = device
        wide, high = 8500, 14000
        self.Formats = Collection(device.tray.read().get("formats", [BMP, JPEG]))
        self.list = [
            Property(4103, 3, values=[0, 2, 3]),
            Property(6147, 150, values=[75, 100, 150, 200, 300, 600]),
            Property(6148, 150, values=[75, 100, 150, 200, 300, 600]),
            Property(6149, 0, span=(0, wide, 1)),
            Property(6150, 0, span=(0, high, 1)),
            Property(6151, 100, span=(1, wide, 1)),
            Property(6152, 100, span=(1, high, 1)),
            Property(6154, 0, span=(-1000, 1000, 1)),
        ]
        self.Properties = Collection(self.list)

    def Transfer(self, kind: str) -> Picture:
        state = self._device.tray.read()
        feeder = self._device.value(3088) & 1
        face = ("front", "back")[state["side"] % 2 if self._device.value(3088) & 4 else 0]
        sheet = state["fed"] + (face == "front") if feeder else 1
        fault = state["faults"].get(f"{sheet}-{face}", "")
        if feeder and not state["sheets"] and face == "front":
            raise ComError(CODES["empty"])
        if fault == "hang":
            time.sleep(1000)
        if fault:
            raise ComError(CODES[fault])
        pages = state["sheets"][0] if feeder else state["glass"]
        return Picture(self._picture(pages, face, kind, self._advance(state, face) if feeder else None))

    def _advance(self, state: dict[str, Any], face: str) -> None:
        two = bool(self._device.value(3088) & 4)
        state["fed"] += face == "front"
        state["side"] += 1
        if not two or face == "back":
            state["sheets"] = state["sheets"][1:]
        self._device.tray.write(state)

    def _picture(self, pages: list[str], face: str, kind: str, _: None) -> bytes:
        with Image.open(pages[("front", "back").index(face) % len(pages)]) as page:
            value = {one.PropertyID: one.Value for one in self.list}
            window = Image.new("RGB", (value[6151], value[6152]), "white")
            window.paste(page.convert("RGB"), (0, 0))
            out = io.BytesIO()
            image = window.convert({0: "1", 2: "L", 3: "RGB"}[value[4103]])
            image.save(out, "BMP" if kind == BMP else "JPEG", dpi=(value[6147], value[6148]))
            return out.getvalue()


class Device:
    def __init__(self) -> None:
        self.tray = Tray()
        self._select = Property(3088, 1)
        self._pages = Property(3096, 0, span=(0, 1000, 1))
        self._item = Item(self)
        self.Items = Collection([self._item])

    @property
    def Properties(self) -> Collection:
        state = self.tray.read()
        ready = (1 if state["sheets"] else 0) | (0x20 if state.get("jammed") else 0)
        fixed = {3074: 8500, 3075: 11690, 3076: 8500, 3077: 14000, 3086: 0x27, 3087: ready}
        return Collection([self._select, self._pages, *(Property(number, value) for number, value in fixed.items())])

    def value(self, number: int) -> int:
        return int(self._select.Value if number == 3088 else 0)


class DeviceInfo:
    DeviceID = "{6BDD1FC6-810F-11D0-BEC7-08002BE2092F}\\0001"
    Type = 1

    def __init__(self) -> None:
        pnp = "\\\\?\\usb#vid_04c5&pid_132e#A9K0017#{6bdd1fc6-810f-11d0-bec7-08002be2092f}"
        names = {3: "Fictive", 7: "FX 100", 16: pnp}
        self.Properties = Collection([Property(number, value) for number, value in names.items()])

    def Connect(self) -> Device:
        return Device()


class Camera(DeviceInfo):
    Type = 2


def manager() -> Any:
    return type("DeviceManager", (), {"DeviceInfos": Collection([Camera(), DeviceInfo()])})
