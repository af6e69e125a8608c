"""1,000 seeded faults through real libsane: ``python -m bench.faults [--runs N] [--seed S] [--processes P]``.

All fault kinds of both simulators (a driver in C, an eSCL device behind sane-airscan) on glass, feeder and duplex, at random
sheets and faces. Writes docs/bench-faults.md."""

import argparse
import datetime
import logging
import pickle
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.report import Figure, none_of, save
from tests.faults.campaign import WRONG, Tally, campaign

REPORT = Path(__file__).resolve().parents[1] / "docs" / "bench-faults.md"
PORTION = 20
"""Runs of one process: when the time is up the portions done are the report."""
MARK = b"TALLY"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20261122)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=600.0, help="stop after so long and report what was done")
    args = parser.parse_args()
    started = time.monotonic()
    tally = _all(args, started + 60 * args.minutes)
    REPORT.write_text(_report(tally, args, time.monotonic() - started), encoding="utf-8")
    runs = Figure("runs of the fault campaign", "1000", str(tally.runs), tally.runs >= 1000 or None)
    save("faults", _command(args), [runs, *(none_of(f"faults: {name}", tally.wrong[name]) for name in WRONG)],
         split="Faults, sheets, faces and sources are drawn by the seed.")  # fmt: skip
    print(REPORT.read_text(encoding="utf-8"))
    return 1 if tally.wrong else 0


def _all(args: argparse.Namespace, deadline: float) -> Tally:
    """Portions in processes of their own: one that dies is a service that had to be started again."""
    total = Tally()
    portions = range(0, args.runs, PORTION)
    with ThreadPoolExecutor(args.processes) as pool:
        done = pool.map(lambda skip: _portion(args.seed, skip, min(PORTION, args.runs - skip), deadline), portions)
        for number, tally in enumerate(done, 1):
            total.add(tally)
            print(f"{number}/{len(portions)}: {total.runs} runs, wrong: {dict(total.wrong)}", file=sys.stderr, flush=True)
    return total


def _portion(seed: int, skip: int, count: int, deadline: float) -> Tally:
    if time.monotonic() > deadline:
        return Tally()
    command = [sys.executable, "-c", "from bench.faults import serve; serve()", str(seed), str(skip), str(count)]
    ended = subprocess.run(command, capture_output=True, check=False)
    if ended.returncode == 0:
        done: Tally = pickle.loads(ended.stdout[ended.stdout.index(MARK) + len(MARK) :])
        return done
    died = Tally()
    died.blame("service restarts", f"portion {skip}", ended.stderr.decode(errors="replace")[-800:])
    return died


def serve() -> None:
    """One portion: seed, first run and number of runs on the command line, a pickled Tally on standard output."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory(prefix="sohoa-faults-") as folder:
        tally = campaign(Path(folder), int(sys.argv[3]), int(sys.argv[1]), int(sys.argv[2]))
    sys.stdout.buffer.write(MARK + pickle.dumps(tally))


def _command(args: argparse.Namespace) -> str:
    return f"python -m bench.faults --runs {args.runs} --seed {args.seed} --processes {args.processes}"


def _report(tally: Tally, args: argparse.Namespace, seconds: float) -> str:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    when = datetime.datetime.now().astimezone().date().isoformat()
    asked = "" if tally.runs == args.runs else f" ({tally.runs} of {args.runs} runs were done in the time given)"
    command = _command(args)
    rows = {
        "runs": tally.runs,
        "feeding sessions (a run is gone on with after each fault)": tally.sessions,
        "sides delivered, their number read from their pixels": tally.sides,
        "sides scanned again because they came flagged": tally.rescanned,
        "sheets that no sensor missed (double feeds, an early end), told by the sheet count": tally.told_by_count,
        "pauses that were not scripted (a busy computer against watchdogs of 1.5 to 3 s)": tally.unscripted.total(),
        **{f"**{name}**": tally.wrong[name] for name in WRONG},
    }
    return (
        "# Faults at every kind of sheet\n\n"
        "The station's own capture code drives two scanners through real libsane: a driver in C that jams, lies, hangs and\n"
        "dies, and an eSCL device behind sane-airscan. Each run is a batch of 2 to 4 sheets of numbered paper with one fault\n"
        "at a random sheet and face; the operator lays back what the station says and goes on. After each run the pixels, the\n"
        "digests, the sheet count, the child processes, the leases and the device locks are read. Every bold row must be 0.\n\n"
        f"{when}, commit {commit}, `{command}`, {seconds / 60:.0f} minutes on a shared two-core machine{asked}.\n\n"
        f"{_table('what', rows)}\n\n## How each fault showed itself\n\n"
        "`(none)`: the run went through without a pause, as it should for what only slows down or comes flagged.\n\n"
        f"{_table('fault → what the station said', dict(sorted(tally.faults.items())))}\n"
        + _list("What went wrong", tally.stories)
        + _list("Pauses not scripted", [f"{name}: {count}" for name, count in sorted(tally.unscripted.items())])
    )


def _table(title: str, rows: dict[str, int]) -> str:
    return f"| {title} | count |\n|---|---|\n" + "\n".join(f"| {name} | {value} |" for name, value in rows.items())


def _list(title: str, lines: list[str]) -> str:
    return f"\n## {title}\n\n" + "".join(f"* {line}\n" for line in lines) if lines else ""


if __name__ == "__main__":
    sys.exit(main())
