"""Station time over ``scanimage --batch`` alone: ``python -m bench.capture_rate [--sides N] [--rounds R]``.

A4, 300 dpi, colour, duplex, from the same simulated scanner through real libsane, in turn: scanimage writes plain pictures and
syncs nothing; the station compresses, hashes, syncs and records each side before it asks for the next. Writes
docs/bench-capture.md."""

import argparse
import datetime
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from batches.database import Store
from batches.words import Role
from bench.report import at_most, save
from scanner.model import ColorMode, ScanSettings, Source
from scanner.sane.backend import SaneBackend
from station import capture, config, desk, devices
from station.house import Actor, House, open_house
from tests.scanner.vscan import rig as vscan_rig
from tests.scanner.vscan.rig import Vscan

REPORT = Path(__file__).resolve().parents[1] / "docs" / "bench-capture.md"
OPERATOR = Actor("an", Role.OPERATOR)
A4 = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0)
SIZE = (3508, 2480)
IPM = 140.0


def page(number: int) -> NDArray[np.uint8]:
    """A typed A4 page as a sensor sees it, RGB: paper, ink, and noise of two grey levels."""
    rng = np.random.default_rng(number)
    paper = np.full((*SIZE, 3), 236, np.uint8)
    for line in range(44):
        text = " ".join("x" * int(length) for length in rng.integers(2, 9, 12))
        cv2.putText(paper, text, (240, 320 + 66 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (40, 36, 44), 3)
    noise = np.rint(rng.standard_normal((*SIZE, 3), np.float32) * 2).astype(np.int16)
    seen: NDArray[np.uint8] = np.clip(paper + noise, 0, 255).astype(np.uint8)
    return seen


@dataclass(slots=True)
class Station:
    """A house in a temporary folder with its scanners; carries runs out in this process."""

    house: House
    backend: SaneBackend
    scanners: list[Vscan]

    def once(self, scanner: Vscan, *, keep: bool = False) -> float:
        """Seconds from a person's request to the finished run."""
        device = next(one.identity for one in devices.listing(self.house) if one.identity.endswith(scanner.device))
        batch = desk.new_batch(self.house, OPERATOR, fonds_code="H1", fonds_name="P", catalogue_code="1", catalogue_name="M",
                               file_code="1", file_title="T", sheets_prepared=scanner.sheets)  # fmt: skip
        scanner.put_back_from(1)
        run = desk.start_run(self.house, OPERATOR, batch, device, A4)
        began = time.monotonic()
        capture.carry_out(self.house, {"sane": self.backend}, run)
        took = time.monotonic() - began
        view = desk.view(self.house, batch)
        assert view.ledger.agrees and view.run is not None and view.run.state == "finished", view.run
        if not keep:
            shutil.rmtree(self.house.folders.masters)
        return took


def scanimage(scanner: Vscan, folder: Path) -> float:
    scanner.put_back_from(1)
    out = folder / "scanimage"
    out.mkdir()
    command = ["scanimage", "-d", scanner.device, "--source", "ADF Duplex", "--mode", "Color", "--resolution", "300",
               "-x", "210", "-y", "297", "--format=pnm", f"--batch={out}/%d.pnm"]  # fmt: skip
    began = time.monotonic()
    subprocess.run(command, env=scanner.env, capture_output=True, check=False)
    took = time.monotonic() - began
    assert len(list(out.iterdir())) == 2 * scanner.sheets
    shutil.rmtree(out)
    return took


@contextmanager
def station(folder: Path, sides: int, *names: str) -> Iterator[Station]:
    library = vscan_rig.build(folder)
    scanners = vscan_rig.make(folder, library, *names)
    scanners[0].load([page(number) for number in range(4)], two_sided=True, dpi=300)
    for scanner in scanners:
        _repeat(scanners[0].tray / "pages", scanner, sides)
    sane = scanners[0].config_dir
    text = f"station: {{data_dir: {folder / 'data'}}}\nscanning: {{sane_config_dir: {sane}, virtual_counts: true}}\n"
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    loaded = config.load(folder / "config.yaml")
    Store(loaded.database_url).migrate()
    house = open_house(loaded)
    backend = SaneBackend(sane, library_path=library.parent)
    devices.look(house, {"sane": backend})
    yield Station(house, backend, scanners)


def _repeat(pages: Path, scanner: Vscan, sides: int) -> None:
    """The same four pictures again and again, by hard links."""
    target = scanner.tray / "pages"
    for number in range(1, sides + 1):
        path = target / f"{number:05d}.pnm"
        if not path.exists():
            path.hardlink_to(pages / f"{(number - 1) % 4 + 1:05d}.pnm")
    scanner.set(two_sided=1, page_dpi=300)


@dataclass(slots=True)
class Pair:
    """Seconds of the same job, taken in turn."""

    alone: list[float] = field(default_factory=list)
    station: list[float] = field(default_factory=list)

    @property
    def ratio(self) -> float:
        """Median of the rounds' own ratios: each pair ran under the same load."""
        return statistics.median(ours / theirs for ours, theirs in zip(self.station, self.alone, strict=True))

    def row(self, name: str, sides: int) -> str:
        theirs, ours = statistics.median(self.alone), statistics.median(self.station)
        spread = f"{min(o / t for o, t in zip(self.station, self.alone, strict=True)):.2f} to " + (
            f"{max(o / t for o, t in zip(self.station, self.alone, strict=True)):.2f}"
        )
        return f"| {name} | {theirs:.1f} | {ours:.1f} | {60 * sides / ours:.0f} | **{self.ratio:.2f}** | {spread} |"


def paired(made: Station, folder: Path, rounds: int, **device: float) -> Pair:
    pair, (scanner, *_) = Pair(), made.scanners
    scanner.set(**device)
    for _ in range(rounds):
        pair.alone.append(scanimage(scanner, folder))
        pair.station.append(made.once(scanner))
    return pair


def both_at_once(made: Station) -> tuple[float, float]:
    """Seconds of one scanner's run alone, and of the slower of two at the same time."""
    for scanner in made.scanners:
        scanner.set(ipm=IPM, buffer=2)
    alone = made.once(made.scanners[0], keep=True)
    together: list[float] = []
    threads = [threading.Thread(target=lambda one=one: together.append(made.once(one, keep=True))) for one in made.scanners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return alone, max(together)


class Memory:
    """Resident memory of this process and its children, sampled while a run goes on."""

    def __init__(self, masters: Path) -> None:
        self._masters = masters
        self.samples: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Memory":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.samples.append(sum(map(_resident, [os.getpid(), *_children()])))
            _sweep(self._masters)

    @property
    def growth(self) -> float:
        """MB between the medians of the second and the last fifth of the run (the first fifth warms up)."""
        fifth = len(self.samples) // 5
        return statistics.median(self.samples[-fifth:]) - statistics.median(self.samples[fifth : 2 * fifth])


def _sweep(masters: Path) -> None:
    """Recorded pictures of a moment ago, so that a long run fits any disk."""
    for path in masters.rglob("s*.tif"):
        if time.time() - path.stat().st_mtime > 3:
            path.unlink(missing_ok=True)


def _children() -> list[int]:
    return [int(one) for task in Path("/proc/self/task").iterdir() for one in (task / "children").read_text().split()]


def _resident(process_id: int) -> float:
    try:
        return int(Path(f"/proc/{process_id}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, IndexError):
        return 0.0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sides", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-sides", type=int, default=1000)
    args = parser.parse_args()
    with _folder() as folder, station(folder, args.sides, "left", "right") as made:
        rates = _rates(made, folder, args)
        alone, together = both_at_once(made)
    with _folder() as folder, station(folder, args.memory_sides, "left") as made, Memory(made.house.folders.masters) as memory:
        made.once(made.scanners[0], keep=True)
    lines = [
        f"Two such scanners at {IPM:.0f} images a minute at once: {together:.1f} s where one alone takes {alone:.1f} s"
        f" (**{together / alone:.2f}**).",
        f"Memory of the service's process and the capture child over {args.memory_sides} sides: at most"
        f" **{max(memory.samples):.0f} MB**, growth **{memory.growth:+.1f} MB**.",
    ]
    rows = [pair.row(name, args.sides) for name, pair in rates.items()]
    REPORT.write_text(_report(rows, lines, args), encoding="utf-8")
    largest, growth = max(memory.samples), memory.growth
    save("capture", _command(args), [
        *(at_most(f"capture time / scanimage, {name}", pair.ratio, 1.10) for name, pair in rates.items()),
        at_most("two scanners at once / one alone", together / alone, 1.10),
        at_most(f"MB of service and child over {args.memory_sides} sides", largest, 400, f"growth {growth:+.1f} MB"),
    ], split="Nothing is tuned on these pages.", quiet=os.getloadavg()[1] < 4)  # fmt: skip
    print(REPORT.read_text(encoding="utf-8"))
    return 0


def _rates(made: Station, folder: Path, args: argparse.Namespace) -> dict[str, Pair]:
    cases: list[tuple[str, dict[str, float]]] = [
        (f"{IPM:.0f} images a minute, two sides of buffer", {"ipm": IPM, "buffer": 2}),
        (f"{IPM:.0f} images a minute, feeds only when asked", {"ipm": IPM, "buffer": 0}),
        ("unlimited", {"ipm": 0, "buffer": 0}),
    ]
    return {name: paired(made, folder, args.rounds, **device) for name, device in cases}


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="sohoa-capture-") as folder:
        yield Path(folder)


def _command(args: argparse.Namespace) -> str:
    return f"python -m bench.capture_rate --sides {args.sides} --rounds {args.rounds} --memory-sides {args.memory_sides}"


def _report(rows: list[str], lines: list[str], args: argparse.Namespace) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    when = datetime.datetime.now().astimezone().date().isoformat()
    table, facts = "\n".join(rows), "\n\n".join(lines)
    return (
        "# Capture rate beside scanimage\n\n"
        f"A4, 300 dpi, colour, duplex, {args.sides} sides of typed paper with sensor noise, from the same simulated scanner\n"
        "through real libsane, in turn. `scanimage --batch` writes plain pictures and syncs nothing; the station compresses,\n"
        "hashes, syncs and records each side before it asks the device for the next.\n\n"
        f"{when}, commit {commit}, `{_command(args)}`, two shared cores, load at the end {os.getloadavg()[0]:.0f}.\n\n"
        "| device | scanimage s | station s | station's images a minute | station / scanimage | over the rounds |\n"
        f"|---|---|---|---|---|---|\n{table}\n\n{facts}\n\n"
        "The ratio includes the start of a fresh process for each run, a third of a second. On a device without any limit\n"
        "the station does not keep up with scanimage: the next sheet is asked for only when this one is compressed, synced,\n"
        "hashed and on record, and that wait, once a sheet, is what remains; leaving the compression out altogether only\n"
        "brought it from 1.7 to 1.5 (decision record 10). The station's own pace in the last row is to be held against the\n"
        "fastest scanners sold, 280 images a minute.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
