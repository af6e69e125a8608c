"""Memory of ``sohoa convert`` over a long file: every process it starts, from the first page to the last.

    python -m bench.memory [--pages 1000] [--jobs 2] [--small] [--report docs/bench-memory.md]

Pages: twelve typeset A4 pages at 300 dpi in colour, again and again, in one PDF. ``--small``: their upper thirds, for a quick
look at growth; the peak is then not that of A4. Resident memory is looked at five times a second; memory that forked workers
share is counted in each of them.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import cv2
import img2pdf

from bench.report import Figure, machine, save
from imaging.practice import invent, typeset
from imaging.values import Raster

LIMIT_MB, GROWTH_MB = 350, 25
SEED, KINDS = 9_300, 12
SPLIT = "Nothing is tuned on these pages."


@dataclass
class Story:
    """Resident MB of one process over time: (seconds, MB)."""

    name: str
    seen: list[tuple[float, int]] = field(default_factory=list)

    def most(self, first: float, last: float) -> int:
        return max((mb for at, mb in self.seen if first <= at <= last), default=0)


def main() -> int:
    """0 where no worker was larger than the limit and none grew."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sohoa-memory-") as folder:
        source = bundle(Path(folder), options.pages, small=options.small)
        stories, seconds = followed(source, Path(folder) / "out.pdf", options.jobs)
    text = "\n".join(told(stories, seconds, options))
    print(text)
    found = list(figures(stories, seconds, options))
    if options.report:
        options.report.write_text(text + "\n", encoding="utf-8")
        save("memory", f"python -m bench.memory {' '.join(sys.argv[1:])}", found, split=SPLIT)
    return int(not all(figure.reached is not False for figure in found))


def bundle(folder: Path, pages: int, *, small: bool) -> Path:
    """A PDF of ``pages`` pages."""
    coded = [_coded(typeset(invent(SEED + n), SEED + n)[0].raster, small=small) for n in range(KINDS)]
    path = folder / "long.pdf"
    with path.open("wb") as stream:
        layout = img2pdf.get_fixed_dpi_layout_fun((300, 300))
        img2pdf.convert([coded[n % KINDS] for n in range(pages)], layout_fun=layout, outputstream=stream)
    return path


def _coded(sheet: Raster, *, small: bool) -> bytes:
    pixels = sheet.pixels[: sheet.height // 3] if small else sheet.pixels
    return bytes(cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 85])[1])


def followed(source: Path, out: Path, jobs: int) -> tuple[list[Story], float]:
    """The command's processes until it ends."""
    command = [sys.executable, "-m", "station.cli.main", "convert", str(source), "-o", str(out), "--jobs", str(jobs)]
    begun = time.monotonic()
    stories: dict[int, Story] = {}
    with subprocess.Popen(command, cwd=Path(__file__).parents[1], stdout=subprocess.DEVNULL) as run:
        while run.poll() is None:
            for pid in family(run.pid):
                if (mb := resident(pid)) is not None:
                    stories.setdefault(pid, Story("command" if pid == run.pid else "worker"))
                    stories[pid].seen.append((time.monotonic() - begun, mb))
            time.sleep(0.2)
    if run.returncode:
        raise SystemExit(f"convert ended with {run.returncode}")
    return list(stories.values()), time.monotonic() - begun


def family(pid: int) -> Iterator[int]:
    """A process and all it started, those of the fork server too."""
    children: dict[int, list[int]] = defaultdict(list)
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        children[int(fields[1])].append(int(path.parent.name))
    waiting = [pid]
    while waiting:
        one = waiting.pop()
        waiting += children[one]
        yield one


def resident(pid: int) -> int | None:
    """Resident MB, None for a process that is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS")), None)


def _workers(stories: list[Story], seconds: float) -> list[Story]:
    """The two kinds told apart: those that lived for most of the run, not short helpers."""
    return [story for story in stories if story.seen[-1][0] - story.seen[0][0] > 0.2 * seconds]


def growth(story: Story) -> int:
    """MB by which the most of the last quarter exceeds the most of the second."""
    first, last = story.seen[0][0], story.seen[-1][0]
    quarter = (last - first) / 4
    return story.most(last - quarter, last) - story.most(first + quarter, first + 2 * quarter)


def told(stories: list[Story], seconds: float, options: argparse.Namespace) -> Iterator[str]:
    """The report in Markdown."""
    kind = "upper thirds of typeset A4 pages" if options.small else "typeset A4 pages, 300 dpi colour"
    yield from ("# Memory over a long file", "", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine()}.")
    yield from (f"{options.pages} pages ({kind}), {options.jobs} at a time, {seconds:.0f} s.", "")
    yield from ("| process | most MB | second quarter | last quarter | grown MB |", "|---|---|---|---|---|")
    for story in islice(_workers(stories, seconds), 12):
        first, last = story.seen[0][0], story.seen[-1][0]
        quarter = (last - first) / 4
        yield (
            f"| {story.name} | {story.most(0, last)} | {story.most(first + quarter, first + 2 * quarter)} |"
            f" {story.most(last - quarter, last)} | {growth(story)} |"
        )


def figures(stories: list[Story], seconds: float, options: argparse.Namespace) -> Iterator[Figure]:
    """For the summary."""
    lasting = _workers(stories, seconds)
    workers = [story for story in lasting if story.name == "worker"]
    most, grown = max(story.most(0, seconds) for story in workers), max(growth(story) for story in lasting)
    whole = not options.small
    yield Figure("memory of a worker", f"≤ {LIMIT_MB} MB", f"{most} MB", most <= LIMIT_MB if whole else None,
                 "" if whole else "small pages")  # fmt: skip
    yield Figure("growth over a long file, any process", "none", f"{grown} MB over the last half of {options.pages} pages",
                 grown <= GROWTH_MB if options.pages >= 1000 or grown > GROWTH_MB else None)  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
