"""How many known defects the page checks find, and how often they cry wolf. One command, seeded:

    python -m bench.defects [--quick] [--tune] [--report docs/bench-defects.md]

Defects of physical severity (``qc.seeded``) are put onto clean pages: real scans of the shared data folder where it is
present, and typeset pages on four stocks. The clean pages themselves are judged for false alarms, duplex pairs for
show-through, known blank versos for blank.
"""

from __future__ import annotations

import argparse
import collections
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from bench.geometry_scenes import BLANK_VERSOS, KINDS, STOCKS, Page, real_pages, typeset
from bench.report import Figure, none_of, save
from imaging import blank, geometry
from imaging.measures.jpeg import jpeg_facts
from imaging.practice import invent
from imaging.practice import typeset as practise
from imaging.prepare import Prepared, prepare
from imaging.values import Crop, Geometry, Orientation, Raster, Skew
from qc.finding import Finding, Level
from qc.look import FileFacts
from qc.page import ALL, check_page
from qc.seeded import DEFECTS, Defect
from station.page_work import ask_engine

TUNED_ON = frozenset({"chi-thi-11", "cong-van-299", "chi-thi-16-bitonal", "thong-bao-660", "bao-cao-23"})
"""Documents the limits were set on; figures are reported on the other seven."""
COARSE = 150
"""dpi; a clean page below it is rightly an error."""
TYPESET_SEED = {True: 100, False: 5000}
BY_CHECK = {
    "page.blur": "blur", "page.streak": "streak", "page.cut_text": "cut", "page.black_border": "black_border",
    "page.faint": "faint", "page.exposure": "exposure", "page.colour_cast": "colour_cast", "page.noise": "noise",
    "page.truncated": "truncated", "page.fold": "fold", "page.foreign_object": "foreign_object",
    "page.resolution": "resolution", "page.moire": "moire",
}  # fmt: skip
ON_SHEET = {"cut", "black_border", "fold", "foreign_object"}
"""Checks that want to know where the sheet ends; the others are spared the geometry."""


NO_GEOMETRY = Geometry(Orientation(0, 1.0), Skew(0.0, 1.0), Crop((0, 0, 0, 0), 0.0))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.defects")
    parser.add_argument("--quick", action="store_true", help="a quarter of the pages")
    parser.add_argument("--tune", action="store_true", help="the documents the limits were set on, in place of the others")
    parser.add_argument("--only", nargs="+", choices=PARTS)
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    tables, figures = campaign(options.tune, 4 if options.quick else 1, options.only or PARTS)
    report = [*heading(options), *tables]
    print("\n".join(report))
    if options.report:
        options.report.write_text("\n".join(report) + "\n", encoding="utf-8")
    if options.report and not (options.quick or options.tune or options.only):
        save("defects", "python -m bench.defects --report docs/bench-defects.md", figures, split=SPLIT)
    return 0


SPLIT = (
    f"Limits were set on {', '.join(sorted(TUNED_ON))} and typeset pages of other seeds; the figures are of the other seven "
    "documents."
)

PARTS = ("alarms", "blank", "time", "compression", "show_through", "recall")


def campaign(tune: bool, stride: int, parts: Sequence[str]) -> tuple[list[str], list[Figure]]:
    """The chosen tables, and the figures that have a target. ``stride``: every so many pages."""
    real = [page for page in real_pages(text_only=False) if (page.name.rsplit(" ", 1)[0] in TUNED_ON) == tune]
    if not real:
        print("the shared data folder is not there: real pages are left out", file=sys.stderr)
    made = typeset_pages(tune)[: 16 // stride]
    written = [page for page in real if page.name not in BLANK_VERSOS]
    bases = [page for page in written if page.raster.mode == "color" and page.raster.dpi[0] >= 200][::stride]
    figures: list[Figure] = []
    tables: dict[str, Callable[[], list[str]]] = {
        "alarms": lambda: alarm_table(real, made, practice_pages()[::stride], figures),
        "blank": lambda: blank_table(real, made, figures),
        "time": lambda: time_table(bases),
        "compression": lambda: compression_table(bases),
        "show_through": lambda: show_through_table(made),
        "recall": lambda: recall_table(bases, made),
    }
    report: list[str] = []
    for part in parts:
        report += ["", *tables[part]()]
        print(f"{part} done", file=sys.stderr, flush=True)
    return report, figures


def typeset_pages(tune: bool) -> list[Page]:
    seed = TYPESET_SEED[tune]
    pairs = [(kind, stock) for kind in KINDS for stock in STOCKS]
    return [typeset(*pairs[(at * 5) % len(pairs)], seed + at) for at in range(16)]


def practice_pages() -> list[Page]:
    """Invented documents in the State and the Party form with red seals, aged."""
    forms = (("state", 11), ("party", 12))
    made = (page for form, seed in forms for page in practise(invent(seed, form, 4), seed, versos=True))  # type: ignore[arg-type]
    return [Page(f"practice {at}", page.raster, None, "practice") for at, page in enumerate(made)]


def judge(
    raster: Raster, names: Sequence[str] = tuple(ALL), partner: Prepared | None = None, facts: FileFacts | None = None
) -> list[Finding]:
    """Findings of one page by the named checks, on the product's own geometry and blank judgement."""
    prepared = prepare(raster)
    checks = {name: ALL[name] for name in names}
    osd = ask_engine("vie") if len(names) > 1 else None  # only all checks together look at which way is up
    on_sheet = len(names) > 1 or ON_SHEET & set(names)
    values = geometry.measure(raster, prepared, osd=osd) if on_sheet else NO_GEOMETRY
    value = blank.measure(raster, prepared, partner)
    return check_page(raster, prepared, values, value, checks=checks, partner=partner, file_facts=facts)


def recall_table(real: Sequence[Page], made: Sequence[Page]) -> list[str]:
    rows = [
        "## Defects found", "",
        "Share of pages on which the right check gave a warning or an error; in brackets the share with an error.", "",
        "| defect | check | severities | real pages | typeset pages |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for name, defect in DEFECTS.items():
        severities = " / ".join(f"{severity:g}" for severity in defect.severities)
        cells = (" · ".join(_cell(name, defect, severity, pages) for severity in defect.severities) for pages in (real, made))
        rows.append(f"| {name} | `{defect.check}` | {severities} {defect.unit} | {' | '.join(cells)} |")
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def _cell(name: str, defect: Defect, severity: float, pages: Sequence[Page]) -> str:
    levels = list(found_levels(name, defect, severity, pages))
    if not levels:
        return "-"
    hit, grave = sum(level is not Level.INFO for level in levels), sum(level is Level.ERROR for level in levels)
    return f"{hit}/{len(levels)} ({grave})"


def found_levels(name: str, defect: Defect, severity: float, pages: Sequence[Page]) -> Iterator[Level]:
    """The gravest level the right check gave each page; ``INFO`` where it said nothing that matters."""
    for at, page in enumerate(pages):
        hurt = defect.inject(page.raster, severity, np.random.default_rng([at, sum(name.encode()), round(severity * 1000)]))
        yield worst(judge(hurt, [BY_CHECK[defect.check]]), defect.check)


def worst(findings: Sequence[Finding], check: str) -> Level:
    levels = {finding.level for finding in findings if finding.check == check}
    if check == "page.black_border" and levels == {Level.INFO}:
        return Level.WARNING  # seen, and the proposed cut takes it away
    return next((level for level in (Level.ERROR, Level.WARNING) if level in levels), Level.INFO)


def compression_table(pages: Sequence[Page]) -> list[str]:
    rows = ["## Compression", "", "| JPEG quality | warned | error |", "|---|---|---|"]
    for quality in (95, 85, 70, 40):
        levels = [worst(_compressed(page.raster, quality), "page.jpeg") for page in pages]
        rows.append(f"| {quality} | {sum(x is not Level.INFO for x in levels)}/{len(levels)} | {levels.count(Level.ERROR)} |")
    return rows


def _compressed(raster: Raster, quality: int) -> list[Finding]:
    data = cv2.imencode(".jpg", raster.pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return judge(raster, ["jpeg"], facts=FileFacts(jpeg=jpeg_facts(data)))


def show_through_table(pages: Sequence[Page]) -> list[str]:
    rows = ["## Show-through, with the duplex partner", "", "| veil | warned | error |", "|---|---|---|"]
    prints = [page for page in pages if page.kind in {"print", "italic", "typewriter", "table"}]
    for veil in (0.0, 0.12, 0.2, 0.4):
        levels = [_veiled(page, prints[at - 1], veil) for at, page in enumerate(prints)]
        rows.append(f"| {veil:.0%} | {sum(x is not Level.INFO for x in levels)}/{len(levels)} | {levels.count(Level.ERROR)} |")
    return rows


def _veiled(page: Page, other: Page, veil: float) -> Level:
    """Prints ``other``, mirrored and blurred by the paper, onto ``page``, 2 mm off, at ``veil`` of its density."""
    behind = prepare(other.raster)
    density = 1 - cv2.resize(behind.ratio, (page.raster.width, page.raster.height)).astype(np.float32) / 200
    density = np.roll(cv2.GaussianBlur(np.clip(density, 0, 1), (0, 0), 4)[:, ::-1], (24, -18), (0, 1))
    pixels = (page.raster.pixels * (1 - veil * density[..., None])).astype(np.uint8)
    raster = Raster(np.ascontiguousarray(pixels), page.raster.dpi, page.raster.mode)
    return worst(judge(raster, ["show_through"], behind), "page.show_through")


def alarm_table(real: Sequence[Page], made: Sequence[Page], practice: Sequence[Page], figures: list[Figure]) -> list[str]:
    rows = ["## Alarms on clean pages", ""]
    for title, pages in (("real scans", real), ("typeset pages", made), ("practice pages", practice)):
        told = [(page.name, finding) for page in pages for finding in judge(page.raster)]
        told = [(name, finding) for name, finding in told if finding.level is not Level.INFO]
        errors = {name for name, finding in told if finding.level is Level.ERROR}
        coarse = {(page.name, "page.resolution") for page in pages if max(page.raster.dpi) < COARSE}  # rightly an error
        false = {name for name, found in told if found.level is Level.ERROR and (name, found.check) not in coarse}
        warned = {name for name, _ in told}
        note = f"of {len(pages)}; {len(warned)} warned of" + (f"; {len(coarse)} rightly called coarse" if coarse else "")
        figures.append(none_of(f"clean pages with an error, {title}", len(false), note))
        rows += [f"### {len(pages)} {title}: {len(warned)} with a warning or error, {len(errors)} with an error", ""]
        counted = collections.Counter((finding.check, finding.level.value, finding.hint) for _, finding in told)
        rows += [f"- {count} × `{check}` {level} {hint}" for (check, level, hint), count in counted.most_common()] or ["- none"]
        rows += ["", *(f"  - {name}: {_line(finding)}" for name, finding in told if finding.check != "page.not_colour"), ""]
    return rows


def _line(finding: Finding) -> str:
    return f"`{finding.check}` {finding.level.value} {finding.value} {finding.hint} {finding.box or ''}"


def blank_table(real: Sequence[Page], made: Sequence[Page], figures: list[Figure]) -> list[str]:
    versos = [page for page in real if page.name in BLANK_VERSOS]
    content = [page for page in (*real, *made) if page.name not in BLANK_VERSOS]
    found, wrong = (sum(_is_blank(page) for page in pages) for pages in (versos, content))
    figures.append(none_of("written pages called blank", wrong, f"of {len(content)}"))
    figures.append(none_of("known blank versos not called blank", len(versos) - found, f"of {len(versos)}"))
    return [
        "## Blank pages", "",
        f"- known blank versos called blank: {found} of {len(versos)}",
        f"- written pages called blank: {wrong} of {len(content)}",
    ]  # fmt: skip


def _is_blank(page: Page) -> bool:
    return blank.measure(page.raster, prepare(page.raster)).value


def time_table(pages: Sequence[Page]) -> list[str]:
    """Processor time, so that other work on the machine does not count."""
    spent: dict[str, list[float]] = collections.defaultdict(list)
    for page in pages:
        prepared = prepare(page.raster)
        values = geometry.measure(page.raster, prepared)
        marks = [time.process_time()]
        value = blank.measure(page.raster, prepared)
        marks.append(time.process_time())
        for name, check in ALL.items():
            check_page(page.raster, prepared, values, value, checks={name: check})
            marks.append(time.process_time())
        for name, start, end in zip(("blank judgement", *ALL), marks, marks[1:], strict=False):
            spent[name].append((end - start) * 1000)
        spent["all"].append((marks[-1] - marks[0]) * 1000)
    rows = ["## Processor time, ms a page on one core, after the geometry", "", "| check | median | largest |", "|---|---|---|"]
    return rows + [f"| {name} | {np.median(ms):.1f} | {max(ms):.1f} |" for name, ms in spent.items()]


def heading(options: argparse.Namespace) -> list[str]:
    asked = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    commit = asked.stdout.strip()
    return [
        "# Defects: found and falsely found", "",
        f"{datetime.now(UTC):%Y-%m-%d}, commit {commit or 'unknown'}, `python -m bench.defects"
        f"{' --quick' if options.quick else ''}{' --tune' if options.tune else ''}`. "
        f"Limits were set on {', '.join(sorted(TUNED_ON))}; the figures are for "
        f"{'these' if options.tune else 'the other seven documents'}.",
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
