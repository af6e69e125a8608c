"""``sohoa convert`` against OCRmyPDF on the same pages, one after the other on the same cores.

    python -m bench.convert [--pages N] [--jobs 2] [--long] [--report docs/bench-convert.md]

Pages: real 300 dpi colour scans out of the shared data folder where it is present, one image a PDF page and taken out without
loss, else practice pages. OCRmyPDF is the one found on PATH (for instance from a virtual environment of its own: ``pip install
ocrmypdf``; Debian packages tesseract-ocr-vie, unpaper, ghostscript). A row whose program is missing says so.

Wall time depends on what else the machine does; CPU time (user + system, all child processes) hardly does: both are given.
``--long``: also 1,000 pages without reading, for the memory of the workers.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import img2pdf
import pikepdf
from pikepdf import pdfa

from imaging.practice import write_tray

SHARED = Path(__file__).parents[1] / "../shared/data/vn-scan"
WRITTEN_BYTES = 280_000
"""Smaller JPEGs of the set are blank versos."""

MEASURE = """
import resource, subprocess, sys, time
start = time.perf_counter()
done = subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(done.returncode, time.perf_counter() - start, used.ru_utime + used.ru_stime, used.ru_maxrss // 1024)
sys.stderr.buffer.write(done.stderr[-2000:])
"""
"""Run in a process of its own, so that the children counted are one command's only."""


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


def main() -> int:
    """Prints the table; writes it where asked. 0 if every command that is here succeeded."""
    parser = argparse.ArgumentParser(prog="python -m bench.convert")
    parser.add_argument("--pages", type=int, default=8)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sohoa-bench-") as folder:
        source, kind = bundle(Path(folder), options.pages)
        runs = [measured(name, command, Path(folder)) for name, command in commands(source, Path(folder), options.jobs)]
        report = "\n".join(table(runs, options.pages, kind) + (memory(Path(folder), options.jobs) if options.long else []))
    print(report)
    if options.report:
        options.report.write_text(report + "\n", encoding="utf-8")
    return int(any(run.status not in (0, None) for run in runs))


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


def measured(name: str, command: list[str], folder: Path) -> Run:
    """Run a command and look at what it wrote."""
    if not shutil.which(command[0]):
        return Run(name, _shown(command), None)
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[1])  # fmt: skip
    status, wall, cpu, peak = done.stdout.split()
    out = next(Path(word) for word in reversed(command) if word.endswith(".pdf"))
    if int(status):
        print(done.stderr, file=sys.stderr)
        return Run(name, _shown(command), int(status), float(wall), float(cpu), int(peak))
    return Run(
        name, _shown(command), 0, float(wall), float(cpu), int(peak), out.stat().st_size // 1024, _verdict(out), _words(out)
    )


def _shown(command: list[str]) -> str:
    return " ".join(Path(word).name if word.startswith("/") else word for word in command)


def _verdict(path: Path) -> str:
    found = pdfa.validate_written(path, "2b")
    return "PDF/A-2b" if found.passed else "not PDF/A-2b"


def _words(path: Path) -> int:
    return len(subprocess.run(["pdftotext", str(path), "-"], capture_output=True, check=True).stdout.split())


def table(runs: list[Run], pages: int, kind: str) -> list[str]:
    """The report in Markdown; ratios against the first run."""
    first = runs[0]
    head = (
        "command",
        "wall s",
        "CPU s",
        "pages a minute",
        "wall ratio",
        "CPU ratio",
        "largest process MB",
        "KB a page",
        "words",
        "result",
    )
    lines = ["# Converting: sohoa and OCRmyPDF on the same pages", ""]
    lines += [f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_machine()}.", f"{pages} pages: {kind}.", ""]
    lines += [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for run in runs:
        if run.status is None:
            lines.append(f"| {run.name} | – | – | – | – | – | – | – | – | not installed here |")
            continue
        lines.append(
            f"| {run.name} | {run.wall:.1f} | {run.cpu:.1f} | {pages / run.wall * 60:.1f} | {run.wall / first.wall:.1f} |"
            f" {run.cpu / first.cpu:.1f} | {run.peak_mb} | {run.kilobytes / pages:.0f} | {run.words} |"
            f" {run.conformance if run.status == 0 else f'status {run.status}'} |"
        )
    return [*lines, "", *(f"    {run.command}" for run in runs)]


def _machine() -> str:
    versions = f"Python {platform.python_version()}"
    for program in ("tesseract", "ocrmypdf"):
        if shutil.which(program):
            said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
            versions += f", {program} {(said.stdout or said.stderr).split(chr(10))[0].replace('tesseract ', '')}"
    load_average = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {platform.machine()}, {versions}, load at the end {load_average:.1f}"


def memory(folder: Path, jobs: int) -> list[str]:
    """Largest process of a long file against that of a short one."""
    lines = ["", "| pages, not read | wall s | largest process MB |", "|---|---|---|"]
    tray = [side.path for side in write_tray(folder / "long", 4, 9)]
    for number in (100, 1000):
        source = folder / f"{number}.pdf"
        source.write_bytes(img2pdf.convert([str(tray[n % len(tray)]) for n in range(number)]))
        out = folder / "long.pdf"
        run = measured(
            "",
            [sys.executable, "-m", "station.cli.main", "convert", str(source), "-o", str(out), "--no-ocr", "--jobs", str(jobs)],
            folder,
        )
        lines.append(f"| {number} | {run.wall:.0f} | {run.peak_mb} |")
        source.unlink()
    return lines


if __name__ == "__main__":
    sys.exit(main())
