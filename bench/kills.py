"""200 random kills of the service and of the capture child: ``python -m bench.kills [--kills N] [--seed S]``.

Writes docs/bench-kills.md."""

import argparse
import datetime
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.report import none_of, save
from tests.faults.kills import Tally, campaign
from tests.journeys.conftest import write_pages
from tests.journeys.rig import rig

REPORT = Path(__file__).resolve().parents[1] / "docs" / "bench-kills.md"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--sheets", type=int, default=40)
    parser.add_argument("--seed", type=int, default=20261122)
    args = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sohoa-kills-") as folder:
        root = Path(folder)
        with rig(root, write_pages(root / "pages", args.sheets), ipm=600) as station:
            tally = campaign(station, args.sheets, args.kills, args.seed)
    REPORT.write_text(_report(tally, args, time.monotonic() - started), encoding="utf-8")
    found = [none_of(f"{name}, over {tally.kills.total()} kills", count) for name, count in _wrong(tally).items()]
    save("kills", _command(args), found, split="Moments and victims are drawn by the seed.")
    print(REPORT.read_text(encoding="utf-8"))
    return 0 if tally.clean else 1


def _wrong(tally: Tally) -> dict[str, int]:
    """What must be zero."""
    return {
        "recorded sides missing": tally.missing,
        "recorded sides damaged": tally.damaged,
        "files without record or explanation": tally.unexplained,
        "restarts with a broken journal chain": tally.broken_chain,
        "stacks not complete, in order and agreed by the ledger": tally.out_of_order,
    }


def _command(args: argparse.Namespace) -> str:
    return f"python -m bench.kills --kills {args.kills} --sheets {args.sheets} --seed {args.seed}"


def _report(tally: Tally, args: argparse.Namespace, seconds: float) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    rows = {
        "kills of the service": tally.kills["service"],
        "kills of the capture child": tally.kills["child"],
        "sides recorded": tally.sides,
        "sides adopted from disk after a kill": tally.adopted,
        "half-written files named and removed": tally.removed,
        **{f"**{name}**": count for name, count in _wrong(tally).items()},
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    when = datetime.datetime.now().astimezone().date().isoformat()
    return (
        "# kill -9 at random moments of capture\n\n"
        "The service, or the process that drives the scanner, is killed at a random moment of a duplex run through real\n"
        "libsane; the station starts again, the books are read, the operator goes on. Every bold row must be 0.\n\n"
        f"{when}, commit {commit}, `{_command(args)}`, {seconds / 60:.0f} minutes, two cores.\n\n"
        f"| what | count |\n|---|---|\n{table}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
