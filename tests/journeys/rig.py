"""A station on a temporary folder with its real engine process, and a virtual scanner that real libsane drives."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from batches.database import Store
from batches.words import Role
from scanner.escl import FaultScript, PageTray, VirtualScanner, write_sane_config
from scanner.model import ColorMode, ScanSettings, Source
from station import config, desk, devices
from station.desk_view import DeskView, RunView
from station.house import Actor, House, open_house

PATIENCE = 3
OPERATOR, SUPERVISOR = Actor("an", Role.OPERATOR), Actor("binh", Role.SUPERVISOR)
DUPLEX = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100, 210.0, 297.0)
FEEDER = ScanSettings(Source.FEEDER, ColorMode.COLOR, 100, 210.0, 297.0)


class Rig:
    """One house, one scanner, one engine that can be started, stopped and killed."""

    def __init__(self, folder: Path, scanner: VirtualScanner, **settings: dict[str, object]) -> None:
        self.scanner, self.folder = scanner, folder
        write_sane_config(folder / "sane", scanner)
        scanning = {"sane_config_dir": str(folder / "sane"), "virtual_scanner": False, "virtual_counts": True}
        sections = {"station": {"data_dir": str(folder / "data")}, "scanning": scanning | settings.pop("scanning", {})}
        (folder / "config.yaml").write_text(yaml.safe_dump(sections | settings), encoding="utf-8")
        loaded = config.load(folder / "config.yaml")
        Store(loaded.database_url).migrate()
        self.house: House = open_house(loaded)
        self.engine: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "station.engine", "--config", str(self.folder / "config.yaml")]
        log = (self.folder / "engine.log").open("ab")
        self.engine = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log)
        assert self.engine.stdout is not None
        assert self.engine.stdout.readline() == b"ready\n", (self.folder / "engine.log").read_text()[-3000:]

    def stop(self) -> int:
        assert self.engine is not None
        self.engine.terminate()
        return self.engine.wait(60)

    def kill(self) -> None:
        """As a power cut: no goodbye."""
        assert self.engine is not None
        self.engine.send_signal(signal.SIGKILL)
        self.engine.wait(30)

    def device(self) -> str:
        wait(lambda: any(one.present and one.capabilities.sources for one in devices.listing(self.house)), 60)
        return next(one.identity for one in devices.listing(self.house) if one.present)

    def batch(self, prepared: int) -> int:
        return desk.new_batch(
            self.house,
            OPERATOR,
            fonds_code="H1",
            fonds_name="Phông thử",
            catalogue_code="01",
            catalogue_name="Mục lục",
            file_code="H1.2001.160",
            file_title="Công văn đi năm 2001",
            sheets_prepared=prepared,
        )

    def view(self, batch_id: int) -> DeskView:
        return desk.view(self.house, batch_id)

    def run_view(self, batch_id: int) -> RunView:
        run = self.view(batch_id).run
        assert run is not None
        return run

    def says(self, batch_id: int) -> str:
        """Where a run stands and the engine's last words, for a test that waits in vain."""
        return f"{self.view(batch_id).run}\n{(self.folder / 'engine.log').read_text()[-4000:]}"

    def until_run_rests(self, batch_id: int, seconds: float = 90) -> RunView:
        """Paused or finished."""
        wait(lambda: self.run_view(batch_id).state in ("paused", "finished"), seconds, lambda: self.says(batch_id))
        return self.run_view(batch_id)


@contextmanager
def rig(folder: Path, pages: Path, faults: str = "", ipm: float = 0.0, **settings: dict[str, object]) -> Iterator[Rig]:
    script = FaultScript.parse(faults) if faults else FaultScript()
    tray = PageTray.from_folder(pages, two_sided=True)
    with VirtualScanner(tray, name="Sohoa Test", faults=script, ipm=ipm) as scanner:
        made = Rig(folder, scanner, **settings)
        made.start()
        try:
            yield made
        finally:
            if made.engine is not None and made.engine.poll() is None:
                made.stop()


def wait(done: Callable[[], bool], seconds: float, says: Callable[[], object] = lambda: "") -> None:
    """``says``: asked for the state of things where it took too long. Other work on the machine may take most of it: only what
    never comes fails here, what is slow is measured in bench/."""
    deadline = time.monotonic() + PATIENCE * seconds
    while not done():
        assert time.monotonic() < deadline, f"it took too long: {says()}"
        time.sleep(0.05)
