"""``sohoa convert`` against OCRmyPDF on the same pages, one after the other on the same cores.

    python -m bench.convert [--pages 4 20] [--jobs 2] [--rounds 3] [--report docs/bench-convert.md]

Pages: real 300 dpi colour scans out of the shared data folder where it is present, one image a PDF page and taken out without
loss, else practice pages. OCRmyPDF is the one found on PATH (for instance from a virtual environment of its own: ``pip install
ocrmypdf``; Debian packages tesseract-ocr-vie, unpaper, ghostscript). A row whose program is missing says so.

Each command runs as a person types it, from nothing, with its own way to use the cores; all in turn, several rounds, and of
each the fastest counts: two seconds of work vary by a tenth from run to run. Wall time depends on what else the
machine does: a run is called quiet only if the load was below one before it and other programs took less than a quarter of a
core while it lasted. Processor time (user and system, every process the command started) hardly depends on it.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import img2pdf
import pikepdf
import tesserocr
from pikepdf import pdfa

from bench.report import Figure, machine, save, version
from imaging.practice import write_tray

SHARED = Path(__file__).parents[1] / "../shared/data/vn-scan"
WRITTEN_BYTES = 280_000
"""Smaller JPEGs of the set are blank versos."""

MEASURE = """
import ctypes, os, resource, subprocess, sys, time
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # processes left behind by the command come to us, and are counted
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
wall = time.perf_counter() - start
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, wall, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
sys.stderr.buffer.write(done.stderr[-2000:])
"""
"""Run in a process of its own, so that the children counted are one command's only."""
QUIET_LOAD, QUIET_OTHERS = 1.0, 0.25
TARGETS = {"ocrmypdf --deskew --clean, PDF/A": 10.0, "ocrmypdf plain, PDF": 5.0}
SPLIT = (
    "Nothing of the speed is tuned on single pages. How lines are cut out was set on the two labelled bodies and on twelve "
    "typeset pages (seeds 71500 to 71511); the pages here are others of the same folder, those two among them."
)


@dataclass(frozen=True)
class Run:
    """One command's cost and result. ``status`` None: the program is not here."""

    name: str
    command: str
    status: int | None
    wall: float = 0.0
    cpu: float = 0.0
    peak_mb: int = 0
    kilobytes: int = 0
    conformance: str = ""
    words: int = 0
    others: float = 0.0
    """Cores that other programs kept busy meanwhile."""


def main() -> int:
    """Prints the tables; writes them where asked. 0 if every command that is here succeeded."""
    parser = argparse.ArgumentParser(prog="python -m bench.convert")
    parser.add_argument("--pages", type=int, nargs="+", default=[4, 20])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found: dict[int, list[Run]] = {}
    with tempfile.TemporaryDirectory(prefix="sohoa-bench-") as folder:
        for pages in options.pages:
            source, kind = bundle(Path(folder), pages)
            rounds = [list(measured_all(source, Path(folder), options.jobs)) for _ in range(options.rounds)]
            found[pages] = [fastest(several) for several in zip(*rounds, strict=True)]
    runs = [run for several in found.values() for run in several]
    quiet = load < QUIET_LOAD and all(run.others < QUIET_OTHERS for run in runs)
    tables = (line for pages, several in found.items() for line in table(several, pages))
    text = "\n".join([*heading(kind, load, options.rounds, quiet=quiet), *tables, "", SPLIT])
    print(text)
    if options.report:
        options.report.write_text(text + "\n", encoding="utf-8")
        asked = f"--pages {' '.join(map(str, options.pages))} --jobs {options.jobs} --rounds {options.rounds}"
        command = f"python -m bench.convert {asked}"
        save("convert", command, list(figures(found, quiet=quiet)), split=SPLIT, versions=_versions(), quiet=quiet)
    return int(any(run.status not in (0, None) for run in runs))


def figures(found: dict[int, list[Run]], *, quiet: bool) -> Iterator[Figure]:
    """Ratios against the peers, for the summary."""
    for pages, (ours, *peers) in found.items():
        for peer in peers:
            name, target = f"pages a minute against {peer.name}, {pages} pages", TARGETS[peer.name]
            if peer.status != 0 or ours.status != 0:
                yield Figure(name, f"≥ {target:.0f} ×", "not measured", None)
                continue
            wall, cpu = peer.wall / ours.wall, peer.cpu / ours.cpu
            value = f"{wall:.1f} × ({60 * pages / ours.wall:.0f} against {60 * pages / peer.wall:.0f} a minute)"
            yield Figure(name, f"≥ {target:.0f} ×", value, wall >= target if quiet else None, f"by processor time {cpu:.1f} ×")


def bundle(folder: Path, number: int) -> tuple[Path, str]:
    """A PDF of ``number`` scans, each page exactly one JPEG, and what they are."""
    images = list(_jpegs(number))
    kind = "real scans of the shared data folder"
    if len(images) < number:
        images = [side.path.read_bytes() for side in write_tray(folder / "tray", number, 7) if side.side == 1]
        kind = "practice pages (the shared data folder is not here)"
    path = folder / "scans.pdf"
    path.write_bytes(img2pdf.convert(images[:number], layout_fun=img2pdf.get_fixed_dpi_layout_fun((300, 300))))
    return path, kind


def _jpegs(number: int) -> Iterator[bytes]:
    """Written pages of real scans: the page's own JPEG under any signature line laid over it; blank versos left out."""
    left = number
    for path in sorted(SHARED.glob("*.pdf")):
        with pikepdf.open(path) as pdf:
            for page in pdf.pages:
                for image in page.get_images().values():
                    data = image.read_raw_bytes()
                    if left and int(image.Width) > 2400 and data.startswith(b"\xff\xd8") and len(data) > WRITTEN_BYTES:
                        left -= 1
                        yield data


def commands(source: Path, folder: Path, jobs: int) -> Iterator[tuple[str, list[str]]]:
    """Ours and the peer's, cold: what a person types."""
    ours = [
        sys.executable,
        "-m",
        "station.cli.main",
        "convert",
        str(source),
        "-o",
        str(folder / "ours.pdf"),
        "--jobs",
        str(jobs),
    ]
    peer = shutil.which("ocrmypdf") or "ocrmypdf"
    clean = ["--deskew", "--clean", "--output-type", "pdfa"]
    yield "sohoa convert", ours
    yield (
        "ocrmypdf --deskew --clean, PDF/A",
        [peer, *clean, "-l", "vie", "--jobs", str(jobs), str(source), str(folder / "peer.pdf")],
    )
    plain = ["--output-type", "pdf", "-l", "vie", "--jobs", str(jobs)]
    yield "ocrmypdf plain, PDF", [peer, *plain, str(source), str(folder / "plain.pdf")]


def measured_all(source: Path, folder: Path, jobs: int) -> Iterator[Run]:
    return (measured(name, command) for name, command in commands(source, folder, jobs))


def fastest(runs: Sequence[Run]) -> Run:
    """Of one command; a run that failed counts before all."""
    return next((run for run in runs if run.status != 0), min(runs, key=lambda run: run.wall))


def measured(name: str, command: list[str]) -> Run:
    """Run a command and look at what it wrote."""
    if not shutil.which(command[0]):
        return Run(name, _shown(command), None)
    busy = _busy()
    plain = {key: value for key, value in os.environ.items() if key not in ("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")}
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True, env=plain,
                          cwd=Path(__file__).parents[1])  # fmt: skip
    status, wall, cpu, peak = done.stdout.split()
    others = max(0.0, (_busy() - busy - float(cpu)) / float(wall))
    out = next(Path(word) for word in reversed(command) if word.endswith(".pdf"))
    if int(status):
        print(done.stderr, file=sys.stderr)
        return Run(name, _shown(command), int(status), float(wall), float(cpu), int(peak))
    return Run(name, _shown(command), 0, float(wall), float(cpu), int(peak), out.stat().st_size // 1024, _verdict(out),
               _words(out), others)  # fmt: skip


def _busy() -> float:
    """Seconds that all cores together have worked since the machine started."""
    user, nice, system, _, _, irq, soft = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + soft) / os.sysconf("SC_CLK_TCK")


def _shown(command: list[str]) -> str:
    return " ".join(Path(word).name if word.startswith("/") else word for word in command)


def _verdict(path: Path) -> str:
    found = pdfa.validate_written(path, "2b")
    return "PDF/A-2b" if found.passed else "not PDF/A-2b"


def _words(path: Path) -> int:
    return len(subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout.split())


def heading(kind: str, load: float, rounds: int, *, quiet: bool) -> Iterator[str]:
    """Machine, versions, pages, and whether to believe the wall times."""
    yield from ("# Converting: sohoa and OCRmyPDF on the same pages", "")
    yield f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine()}. {'; '.join(_versions())}."
    yield f"Pages: {kind}. Load before: {load:.1f}. Of each command the fastest of {rounds} rounds, all commands in turn."
    yield "" if quiet else "\n**Not a quiet measurement**: other programs ran meanwhile; compare the processor times."


def _versions() -> list[str]:
    return [
        version("ocrmypdf"),
        version("tesseract"),
        f"tesserocr {tesserocr.__version__} ({tesserocr.tesseract_version().split()[1]})",
    ]


COLUMNS = ("command", "wall s", "CPU s", "pages a minute", "wall ratio", "CPU ratio", "largest process MB", "KB a page",
           "words", "result", "other programs, cores")  # fmt: skip


def table(runs: list[Run], pages: int) -> Iterator[str]:
    """The report in Markdown; ratios against the first run."""
    first = runs[0]
    yield from ("", f"## {pages} pages", "", f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|")
    for run in runs:
        if run.status is None:
            yield f"| {run.name} |{' – |' * (len(COLUMNS) - 2)} not installed here |"
            continue
        result = run.conformance if run.status == 0 else f"status {run.status}"
        yield (
            f"| {run.name} | {run.wall:.1f} | {run.cpu:.1f} | {pages / run.wall * 60:.1f} | {run.wall / first.wall:.1f} |"
            f" {run.cpu / first.cpu:.1f} | {run.peak_mb} | {run.kilobytes / pages:.0f} | {run.words} | {result} |"
            f" {run.others:.1f} |"
        )
    yield from ("", *(f"    {run.command}" for run in runs))


if __name__ == "__main__":
    sys.exit(main())
