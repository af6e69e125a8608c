"""The virtual scanner as its users hold it."""

import uuid as uuids
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from scanner.escl.machine import Event, Machine
from scanner.escl.messages import FORMATS, Identity
from scanner.escl.script import FaultScript
from scanner.escl.server import Server
from scanner.escl.tray import PageTray

_NAMESPACE = uuids.UUID("6f2e6d1c-6d0b-4b0e-9a6e-2f0f6c1f6a51")


class VirtualScanner:
    """An eSCL scanner on loopback, serving while open.

    ``pages`` the paper, or a folder of images. ``ipm`` images a minute (0 = as fast as asked). ``formats`` offered: None = JPEG
    for a stack of JPEG files, else JPEG and PNG (clients then take PNG, which is lossless). ``area`` (width, height) in mm.
    ``uuid`` and ``serial`` default to values that follow from ``name``, so the device stays the same device after a restart.
    Raises PageTrayError for a bad folder, OSError when the port is taken."""

    def __init__(  # noqa: PLR0913 (one value object would only move the list)
        self,
        pages: PageTray | Path,
        *,
        name: str = "Sohoa Virtual Scanner",
        uuid: str = "",
        serial: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        faults: FaultScript | None = None,
        ipm: float = 0.0,
        duplex: bool = True,
        flatbed: bool = True,
        formats: Sequence[str] | None = None,
        area: tuple[float, float] = (216.0, 356.0),
    ) -> None:
        tray = pages if isinstance(pages, PageTray) else PageTray.from_folder(pages)
        uuid = uuid or str(uuids.uuid5(_NAMESPACE, name))
        offered = tuple(formats) if formats else _formats_for(tray)
        self.identity = Identity(name, uuid, serial or f"V{uuid[:8].upper()}", duplex, flatbed, offered, area)
        self.machine = Machine(tray, faults or FaultScript(), ipm)
        self._server = Server((host, port), self.machine, self.identity, self.control)

    def __enter__(self) -> "VirtualScanner":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def start(self) -> None:
        self._server.start()

    def close(self) -> None:
        """Stops serving within a moment, also while a client hangs."""
        self._server.close()

    @property
    def address(self) -> tuple[str, int]:
        host, port = self._server.server_address[:2]
        return str(host), int(port)

    @property
    def url(self) -> str:
        """Base address for eSCL clients, ending in /eSCL."""
        host, port = self.address
        return f"http://{host}:{port}/eSCL"

    @property
    def control_url(self) -> str:
        return self.url.removesuffix("/eSCL") + "/control"

    @property
    def sheets_left(self) -> int:
        self.machine.settle()
        return self.machine.tray.left

    @property
    def log(self) -> tuple[Event, ...]:
        """What happened, oldest first: fed, sent, lost, fault, put_back, job, end, loaded, cleared."""
        self.machine.settle()
        return tuple(self.machine.log)

    @property
    def counters(self) -> dict[str, int]:
        """``fed`` sheets that left the stack, ``sent`` and ``lost`` pictures, ``faults``."""
        self.machine.settle()
        return dict(self.machine.counters)

    def events_after(self, seen: int) -> tuple[int, list[Event]]:
        """For followers: (count to ask with next, events since the ``seen``-th)."""
        return self.machine.events_after(seen)

    def load(self, pages: PageTray | Path) -> None:
        """Other paper. Raises PageTrayError."""
        self.machine.load(pages if isinstance(pages, PageTray) else PageTray.from_folder(pages))

    def reload(self) -> None:
        """The same paper again, from its first sheet."""
        self.machine.reload_from(1)

    def reload_from(self, sheet: int) -> None:
        """What an operator does after a fault: sheet ``sheet`` and all after it back into the tray. Raises ValueError."""
        self.machine.reload_from(sheet)

    def clear(self) -> None:
        """Takes the jammed sheet out, shuts the cover."""
        self.machine.clear()

    def place(self, sheet: int) -> None:
        """Lays a sheet on the glass. Raises ValueError."""
        self.machine.place(sheet)

    def set_faults(self, faults: FaultScript) -> None:
        self.machine.set_faults(faults)

    def control(self, request: dict[str, Any]) -> dict[str, Any]:
        """One request of /control: {"action": status | load | reload | reload_from | clear | place | faults, …}.

        Answers with the state afterwards. Raises ValueError (PageTrayError, FaultScriptError among them)."""
        match request:
            case {"action": "status"}:
                pass
            case {"action": "load", "pages": str(folder)}:
                two_sided = request.get("two_sided")
                self.load(PageTray.from_folder(Path(folder), two_sided=two_sided if isinstance(two_sided, bool) else None))
            case {"action": "reload"}:
                self.reload()
            case {"action": "reload_from", "sheet": int(sheet)}:
                self.reload_from(sheet)
            case {"action": "clear"}:
                self.clear()
            case {"action": "place", "sheet": int(sheet)}:
                self.place(sheet)
            case {"action": "faults", "script": str(text)}:
                self.set_faults(FaultScript.parse(text))
            case _:
                raise ValueError("unknown action or missing value")
        return {"name": self.identity.name, "url": self.url, **self.machine.snapshot()}


def airscan_conf(scanners: Sequence[VirtualScanner] | VirtualScanner) -> str:
    """An airscan.conf that finds just these scanners, without any network search."""
    several = [scanners] if isinstance(scanners, VirtualScanner) else list(scanners)
    devices = "\n".join(f'"{one.identity.name}" = {one.url}, eSCL' for one in several)
    return f"[devices]\n{devices}\n[options]\ndiscovery = disable\nws-discovery = off\n"


def write_sane_config(folder: Path, scanners: Sequence[VirtualScanner] | VirtualScanner) -> dict[str, str]:
    """Makes ``folder`` a private SANE_CONFIG_DIR for these scanners; returns the environment variable to set.

    No trailing colon in the value, so /etc/sane.d/dll.conf stays out (airscan reads /etc/sane.d/airscan.conf all the same)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dll.conf").write_text("airscan\n")
    (folder / "airscan.conf").write_text(airscan_conf(scanners), encoding="utf-8")
    return {"SANE_CONFIG_DIR": str(folder)}


def _formats_for(tray: PageTray) -> tuple[str, ...]:
    return FORMATS[:1] if tray.formats() <= {".jpg", ".jpeg"} else FORMATS
