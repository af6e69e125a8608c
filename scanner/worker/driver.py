"""What the child process needs from a driver. Implemented over libsane and over WIA; nothing here runs in the service."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

from scanner.model import ColorMode, DeviceCapabilities, DeviceInfo, Face, ScanFault, ScanSettings

Progress = Callable[[str], None]
"""Called with the name of the phase just reached (a field of ``Timeouts``). Never raises."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One side as the device gave it, as a file ready to be stored: ``pieces`` in order, lossless TIFF or the device's JPEG."""

    pieces: Iterable[bytes | bytearray | memoryview]
    width: int
    height: int
    mode: ColorMode
    dpi: tuple[float, float]
    format: str = "image/tiff"
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


class Session(Protocol):
    """An open device with its settings made. One session is one run; settings never change inside it."""

    effective: dict[str, dict[str, Any]]
    """option → {"asked", "effective"}"""

    def side_bytes(self) -> int:
        """Bytes one uncompressed side will take at most, 0 when unknown."""

    def next_side(self, face: Face, progress: Progress) -> Frame | None:
        """Ask the device for one side. None = no paper left after at least one side.

        Raises ScanFault."""

    def sensors(self) -> dict[str, Any]:
        """Sensors and buttons by normalised name; empty when the device has none."""

    def cancel(self) -> None:
        """Make the device let go. May be called from another thread while ``next_side`` runs."""

    def close(self) -> None: ...


class Driver(Protocol):
    """The three verbs, inside the child."""

    def list_devices(self) -> list[DeviceInfo]: ...

    def capabilities(self, address: str, progress: Progress) -> DeviceCapabilities: ...

    def open(self, address: str, settings: ScanSettings, progress: Progress) -> Session: ...

    def watch(self, address: str, progress: Progress) -> Session:
        """Open the device only to read its sensors and buttons; nothing is set and no paper moves."""

    def fault(self, error: Exception, phase: str) -> ScanFault:
        """Translate what the driver's library raised. The only place where its words are read."""
