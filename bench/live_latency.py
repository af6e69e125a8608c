"""How long after leaving the feeder a page stands on the desk with its findings, while the next sheets feed:
``python -m bench.live_latency [--ipm N] [--sheets N]``. Limit: two seconds. Writes docs/bench-live.md."""

import argparse
import datetime
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import at_most, save
from imaging.practice import write_tray
from scanner.model import ColorMode, ScanSettings, Source
from station import desk
from tests.journeys.rig import OPERATOR, Rig, rig

REPORT = Path(__file__).resolve().parents[1] / "docs" / "bench-live.md"
LIMIT = 2.0
DUPLEX = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--ipm", type=float, nargs="+", default=[40.0, 80.0, 140.0])
    parser.add_argument("--sheets", type=int, default=12)
    args = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="sohoa-live-") as folder:
        pages = Path(folder) / "pages"
        write_tray(pages, sheets=args.sheets, seed=11)
        for ipm in args.ipm:
            work = Path(folder) / f"at-{ipm:.0f}"
            work.mkdir()
            with rig(work, pages, ipm=ipm) as station:
                rows.append((ipm, *_measure(station, args.sheets)))
    REPORT.write_text(_report(rows, args), encoding="utf-8")
    save("live", _command(args), [
        at_most(f"longest s from feeder to desk, {ipm:.0f} images a minute asked, {pace:.0f} fed", max(times), LIMIT)
        for ipm, times, pace in rows
    ], split="Nothing is tuned on these pages.")  # fmt: skip
    print(REPORT.read_text(encoding="utf-8"))
    return 0


def _measure(station: Rig, sheets: int) -> tuple[list[float], float]:
    """Seconds from a side's leaving to its standing on the desk, for every side; and the run's own images a minute."""
    batch_id = station.batch(sheets)
    device = station.device()
    time.sleep(5)  # workers load their libraries at the start of the day, not at the first page
    desk.start_run(station.house, OPERATOR, batch_id, device, DUPLEX)
    shown: dict[tuple[int, str], float] = {}
    revision = -1
    while len(shown) < 2 * sheets:
        seen = desk.changes(station.house, batch_id, revision) if revision >= 0 else desk.view(station.house, batch_id)
        revision = seen.revision
        for page in seen.pages:
            if page.ready and page.blank is not None:
                shown.setdefault((page.sheet_number, page.face), time.time())
        time.sleep(0.05)
    sent = {(event.sheet, event.face): event.at for event in station.scanner.log if event.what == "sent"}
    pace = 60 * (len(sent) - 1) / (max(sent.values()) - min(sent.values()))
    return [shown[key] - at for key, at in sent.items()], pace


def _command(args: argparse.Namespace) -> str:
    return f"python -m bench.live_latency --ipm {' '.join(f'{ipm:.0f}' for ipm in args.ipm)} --sheets {args.sheets}"


def _report(rows: list[tuple[float, list[float], float]], args: argparse.Namespace) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    when = datetime.datetime.now().astimezone().date().isoformat()
    table = "\n".join(
        f"| {ipm:.0f} | {pace:.0f} | {statistics.median(times):.2f} | {sorted(times)[int(0.95 * len(times))]:.2f} "
        f"| {max(times):.2f} | {sum(one <= LIMIT for one in times)} of {len(times)} |"
        for ipm, times, pace in rows
    )
    load = Path("/proc/loadavg").read_text().split()[0] if Path("/proc/loadavg").exists() else "?"
    return (
        "# From the feeder to the desk\n\n"
        "A4 300 dpi colour, duplex, practice pages, through real libsane; station, scanner and reading share two cores. A\n"
        "side counts as shown when its proof, its geometry and its findings are on the desk.\n\n"
        f"{when}, commit {commit}, `{_command(args)}`, load at the end {load}.\n\n"
        "| scanner asked for, images a minute | it fed | median s | 95 % s | longest s | within 2 s |\n"
        "|---|---|---|---|---|---|\n"
        f"{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
