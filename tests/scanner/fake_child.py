"""A driver of ours with every bad habit, chosen by address: ``python -m fake_child PARENT``."""

import ctypes
import os
import sys
import time
from pathlib import Path
from typing import Any

from scanner.model import ColorMode, DeviceCapabilities, DeviceInfo, Face, FaultKind, Phase, ScanFault, ScanSettings
from scanner.tiff import TiffWriter
from scanner.worker.child import main
from scanner.worker.driver import Frame, Progress


class FakeSession:
    effective: dict[str, dict[str, Any]] = {"habit": {"asked": 1, "effective": 1}}  # noqa: RUF012

    def __init__(self, habit: str) -> None:
        self.habit, self.count, self.looks, self.writer = habit, 0, 0, TiffWriter()

    def side_bytes(self) -> int:
        return 1 << 62 if self.habit == "giant" else 600

    def next_side(self, face: Face, progress: Progress) -> Frame | None:
        self.count += 1
        progress("first_line")
        habit, _, told = self.habit.partition(":")
        if habit in AT_THE_BACK:
            if face is Face.BACK:
                AT_THE_BACK[habit](Path(told), self.count // 2)
        elif self.count > 2:
            HABITS[habit]()
        if self.count > 4:
            return None
        data = bytes([self.count]) * 600
        pieces = self.writer.encode(data, 20, ColorMode.GRAY, (300.0, 300.0))
        return Frame(pieces, 20, 30, ColorMode.GRAY, (300.0, 300.0), facts={"count": self.count})

    def sensors(self) -> dict[str, Any]:
        self.looks += 1
        if self.habit == "slow_sensor":
            return {"page_loaded": self.looks < 3}
        sensors = {"jam_is_double": {"double_feed": 1}, "stop_button": {"page_loaded": 1}}
        return sensors.get(self.habit, {})

    def cancel(self) -> None: ...

    def close(self) -> None: ...


def crash() -> None:
    ctypes.string_at(0)


def jam() -> None:
    raise ScanFault(FaultKind.JAM, Phase.READ, "jammed")


def no_memory() -> None:
    raise MemoryError("none left")


def hungry() -> None:
    held = []
    while True:
        held.append(bytearray(16 << 20))


def starved_library() -> None:
    os.write(2, b"sane-airscan: Out of memory\n")
    os.abort()


def chat() -> None:
    os.write(1, b'{"at": "end"}\n' * 2000)
    os.write(2, b"driver noise\n" * 20000)


def wait_for_front(folder: Path, sheet: int) -> None:
    front = folder / f"s{sheet:06d}-front.tif"
    until = time.monotonic() + 5
    while not front.exists():
        if time.monotonic() > until:
            raise ScanFault(FaultKind.JAM, Phase.READ, "the back came before its front was safe")
        time.sleep(0.005)


def crash_behind_front(folder: Path, sheet: int) -> None:
    wait_for_front(folder, sheet)
    if sheet == 2:
        crash()


def hang_behind_front(folder: Path, sheet: int) -> None:
    wait_for_front(folder, sheet)
    if sheet == 2:
        time.sleep(1000)


AT_THE_BACK = {"wait": wait_for_front, "crash_at": crash_behind_front, "hang_at": hang_behind_front}
"""Habits that show at a sheet's back; they are told the run's folder."""
HABITS = {
    "good": lambda: None,
    "giant": lambda: None,
    "crash": crash,
    "exit": lambda: os._exit(7),
    "hang": lambda: time.sleep(1000),
    "jam": jam,
    "jam_is_double": jam,
    "stop_button": lambda: None,
    "slow_sensor": lambda: None,
    "no_memory": no_memory,
    "hungry": hungry,
    "starved_library": starved_library,
    "chat": chat,
    "unheard": lambda: {}["unheard"],
}


class FakeDriver:
    def list_devices(self) -> list[DeviceInfo]:
        return []

    def capabilities(self, address: str, progress: Progress) -> DeviceCapabilities:
        return DeviceCapabilities({})

    def open(self, address: str, settings: ScanSettings, progress: Progress) -> FakeSession:
        if address == "hang_open":
            time.sleep(1000)
        return FakeSession(address)

    def watch(self, address: str, progress: Progress) -> FakeSession:
        return FakeSession(address)

    def fault(self, error: Exception, phase: str) -> ScanFault:
        return ScanFault(FaultKind.IO_ERROR, Phase.READ, f"{type(error).__name__} in {phase}")


if __name__ == "__main__":
    sys.exit(main(FakeDriver))
