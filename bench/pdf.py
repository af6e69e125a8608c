"""Access copies: sizes, seal colour, reading loss, places and round trip of the text layer. One command:

    python -m bench.pdf [--pages N] [--typeset N] [--report docs/bench-pdf.md] [--json docs/bench/pdf.json]

Real pages: the 300 dpi colour pages of the shared data folder that carry writing. The quantisation tables and the limits of the
compact copy were set on bao-cao-280, chi-thi-11, quyet-dinh-87 and thong-bao-660; the level part of the luminance table was
chosen with an eye on the first pages of cong-van-299 and to-trinh-24 and on typeset seeds 81000 to 81004 too. "Held out" are
the other documents. Typeset pages use seeds that occur nowhere else.

``mutool`` (Debian: mupdf-tools) is an outside program of this benchmark only; its rows are missing where it is not installed.
"""

import argparse
import json
import platform
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from bench.pdf_text import Layer, layer_figures
from imaging import geometry, pdfa, seals
from imaging.load import LoadedPage
from imaging.load import pages as load_pages
from imaging.ocr import Engine, open_engine, read
from imaging.practice import invent, typeset
from imaging.prepare import Prepared, prepare
from imaging.render import box_to_render, render
from imaging.values import Box, PageText, Pixels, Raster, Word
from station import copy_guard

SHARED = Path(__file__).parents[1] / "../shared/data/vn-scan"
TUNED = ("bao-cao-280", "chi-thi-11", "quyet-dinh-87", "thong-bao-660")
SEED = 91_000
LEAST_INK = 0.01
"""Share of dark px below which a page is a blank verso."""


@dataclass(frozen=True)
class Figure:
    """One line of the summary. ``met`` is worked out, never stated."""

    name: str
    value: float
    target: float
    unit: str
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.value <= self.target if self.at_most else self.value >= self.target

    def as_json(self) -> dict[str, object]:
        sign = "<=" if self.at_most else ">="
        return {"name": self.name, "value": self.value, "target": f"{sign} {self.target:g}", "unit": self.unit, "met": self.met}


@dataclass(frozen=True)
class Scan:
    """A real page, and what its copies came to. KB of 1,024 bytes. ``colour``: seal ΔE76 of (standard, compact)."""

    name: str
    tuned: bool
    sealed: bool
    standard: float
    encode_s: float
    compact: float | None = None
    why: str = ""
    colour: tuple[float, float] | None = None
    strokes: float | None = None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pdf")
    parser.add_argument("--pages", type=int, default=99, help="real sealed pages that get a compact copy")
    parser.add_argument("--typeset", type=int, default=6, help="typeset pages read from each kind of copy")
    parser.add_argument("--report", type=Path)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = open_engine()
    figures: list[Figure] = []
    report = []
    for line in sections(engine, options.pages, options.typeset, figures):
        print(line, flush=True)
        report.append(line)
    if options.report:
        options.report.write_text("\n".join(report) + "\n", encoding="utf-8")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(summary(figures), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


def summary(figures: list[Figure]) -> dict[str, object]:
    return {
        "bench": "pdf", "date": datetime.now(UTC).date().isoformat(), "command": "python -m bench.pdf",
        "machine": f"{platform.machine()}, Python {platform.python_version()}", "figures": [one.as_json() for one in figures],
    }  # fmt: skip


def sections(engine: Engine, sealed: int, count: int, figures: list[Figure]) -> Iterator[str]:
    yield from ("# Access copies", "", f"Command: python -m {' '.join(['bench.pdf', *sys.argv[1:]])}. Reader: {engine.name}.")
    yield f"{platform.machine()}, Python {platform.python_version()}, one thread, {datetime.now(UTC).date().isoformat()}."
    if SHARED.is_dir():
        yield from scans(engine, sealed, figures)
    else:
        yield from ("", f"{SHARED}: the shared data folder is not here; the real pages are left out.")
    yield from reading(engine, count, figures)
    with tempfile.TemporaryDirectory(prefix="sohoa-bench-") as folder:
        yield from layer_section(Path(folder), count, figures)
    yield from ("", "## Figures", "", "| figure | value | target | met |", "|---|---|---|---|")
    for one in figures:
        sign, met = "≤" if one.at_most else "≥", "yes" if one.met else "no"
        yield f"| {one.name} | {one.value:g} {one.unit} | {sign} {one.target:g} | {met} |"


# --- real pages --------------------------------------------------------------------------------------------------------


def scans(engine: Engine, sealed: int, figures: list[Figure]) -> Iterator[str]:
    done = []
    yield from ("", "## Real pages", "", "| page | set | seal | standard KB | compact KB | kept standard because |")
    yield f"|---{'|---' * 5}|"
    for name, page in real_pages():
        one = examined(engine, name, page, sealed > sum(scan.compact is not None for scan in done))
        done.append(one)
        compact = f"{one.compact:.0f}" if one.compact is not None else ""
        shown = ("tuned" if one.tuned else "held out", "yes" if one.sealed else "", f"{one.standard:.0f}", compact, one.why)
        yield f"| {name} | {' | '.join(shown)} |"
    yield from ("", "| pages | number | standard median | p90 | compact median | p90 |", f"|---{'|---' * 5}|")
    yield _sizes("sealed, held out", [one for one in done if one.sealed and not one.tuned])
    yield _sizes("sealed, all", [one for one in done if one.sealed])
    yield _sizes("all with writing", done)
    yield from _colours(done)
    figures += _scan_figures([one for one in done if one.sealed and not one.tuned], done)


def real_pages() -> Iterator[tuple[str, Raster]]:
    for path in sorted(SHARED.glob("*.pdf")):
        for number, page in enumerate(load_pages(path), 1):
            if isinstance(page, LoadedPage) and _written(page.raster):
                yield f"{path.stem} p{number}", page.raster


def _written(raster: Raster) -> bool:
    return raster.mode == "color" and min(raster.dpi) > 290 and bool((prepare(raster).ratio < 100).mean() > LEAST_INK)


def examined(engine: Engine, name: str, raster: Raster, wanted: bool) -> Scan:
    prepared = prepare(raster)
    placed = geometry.measure(raster)
    stamps = seals.find(raster, prepared)
    strokes = copy_guard.plainly_inked(prepared, seals.signatures(raster, prepared))
    original = copy_guard.Original(render(raster, placed), prepared, placed, stamps, strokes)
    begun = time.process_time()
    image = pdfa.encode(original.shown)
    spent = time.process_time() - begun
    scan = Scan(name, name.startswith(TUNED), bool(stamps), len(image.data) / 1024, spent)
    return _compacted(engine, scan, original, image) if stamps and wanted else scan


def _compacted(engine: Engine, scan: Scan, original: copy_guard.Original, standard: pdfa.PageImage) -> Scan:
    def reading(raster: Raster) -> PageText:
        return read(raster, engine=engine)

    shown, raster = original.shown, original.master.raster
    image, why = copy_guard.compacted(original, standard, reading(shown), reading)
    boxes = [box_to_render(original.placed, (raster.width, raster.height), box, raster.dpi) for box in original.stamps]
    colours = [max(colour_error(shown.pixels, pdfa.decode(one), box) for box in boxes) for one in (standard, image)]
    copy = Prepared(Raster(pdfa.decode(image), shown.dpi, "color"))
    kept = copy_guard.present(original.master, copy, original.placed, (), original.strokes) if original.strokes else None
    return Scan(scan.name, scan.tuned, scan.sealed, scan.standard, scan.encode_s, len(image.data) / 1024, why,
                (colours[0], colours[1]), kept)  # fmt: skip


def colour_error(before: Pixels, after: Pixels, box: Box) -> float:
    """Mean ΔE76 over a seal's red (a* above 25) at 150 dpi, which is what an eye resolves at reading distance."""
    labs = []
    for pixels in (before, after):
        part = pixels[box[1] : box[3], box[0] : box[2]].astype(np.float32) / 255
        lab = cv2.cvtColor(part, cv2.COLOR_BGR2Lab)
        labs.append(cv2.resize(lab, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    red = labs[0][..., 1] > 25
    return float(np.linalg.norm(labs[0] - labs[1], axis=2)[red].mean()) if red.any() else 0.0


def _sizes(title: str, done: list[Scan]) -> str:
    standard, compact = [one.standard for one in done], [one.compact for one in done if one.compact is not None]
    cells = [f"{value:.0f}" for value in (*_middle_and_p90(standard), *_middle_and_p90(compact))]
    return f"| {title} | {len(done)} | {' | '.join(cells)} |"


def _middle_and_p90(values: list[float]) -> tuple[float, float]:
    return (float(np.median(values)), float(np.percentile(values, 90))) if values else (float("nan"), float("nan"))


def _colours(done: list[Scan]) -> Iterator[str]:
    seen = [one for one in done if one.colour is not None]
    if not seen:
        return
    layered = [one for one in seen if not one.why]
    yield from ("", f"Seal ΔE76 against the uncoded page, mean over red at 150 dpi: standard {_range(seen, 0)}; compact")
    yield f"{_range(layered, 1)} ({len(layered)} of {len(seen)} pages are compact). Encoding a standard page takes"
    yield f"{np.median([one.encode_s for one in done]):.2f} s of one core in the median."
    shares = [one.strokes for one in layered if one.strokes is not None]
    if shares:
        yield f"Signatures keep {min(shares):.2f} and more of their colour in the compact copy."


def _range(seen: list[Scan], which: int) -> str:
    values = [one.colour[which] for one in seen if one.colour is not None]
    return f"{np.mean(values):.1f} in the mean, {max(values):.1f} at worst" if values else "not measured"


def _scan_figures(held: list[Scan], done: list[Scan]) -> Iterator[Figure]:
    yield Figure("standard copy, sealed A4, median", _middle([one.standard for one in held], 1), 350, "KB")
    yield Figure("standard copy, all written pages, median", _middle([one.standard for one in done], 1), 350, "KB")
    yield Figure("encoding a standard copy", _middle([one.encode_s for one in done], 3), 0.15, "s")
    for title, some in (("sealed A4, all", done), ("sealed A4, held out", held)):
        compact = [one.compact for one in some if one.compact is not None]
        if compact:
            yield Figure(f"compact copy, {title}, median (pages kept standard counted)", _middle(compact, 1), 90, "KB")
    colours = [one.colour[1] for one in done if one.colour is not None and not one.why]
    if colours:
        yield Figure("compact copy, seal ΔE76, worst page", round(max(colours), 1), 6, "")


def _middle(values: list[float], digits: int) -> float:
    return round(float(np.median(values)), digits)


# --- reading loss ------------------------------------------------------------------------------------------------------


def reading(engine: Engine, count: int, figures: list[Figure]) -> Iterator[str]:
    """Word errors against the truth of typeset pages, read from the uncoded page and from each copy of it."""
    ways: dict[str, Callable[[Raster], Raster]] = {
        "uncoded": lambda page: page,
        "standard": lambda page: _recoded(page, pdfa.encode(page)),
        "compact": lambda page: _recoded(page, pdfa.compact(page)),
    }
    errors, words = dict.fromkeys(ways, 0), 0
    for number in range(count):
        page = typeset(invent(SEED + number), SEED + number)[0]
        shown = render(page.raster, geometry.measure(page.raster))
        truth = written(page.truth.text.words)
        words += len(truth)
        for name, way in ways.items():
            errors[name] += loose_errors(truth, written(read(way(shown), engine=engine).words))
    yield from ("", f"## Reading loss, {count} typeset pages, {words} words", "", "| read from | word errors |", "|---|---|")
    yield from (f"| {name} | {wrong} |" for name, wrong in errors.items())
    for name in ("standard", "compact"):
        lost = round(100 * (errors[name] - errors["uncoded"]) / words, 2)
        figures.append(Figure(f"words lost to the {name} copy", lost, 0.2, "%"))


def written(words: Iterable[Word]) -> list[str]:
    """Words with a letter or a figure; rules and ornaments are no words."""
    return [word.text for word in words if any(one.isalnum() for one in word.text)]


def loose_errors(truth: list[str], said: list[str]) -> int:
    """Word errors where the order of columns is free: the larger of what is missing and what is invented."""
    want, got = Counter(truth), Counter(said)
    return max((want - got).total(), (got - want).total())


def _recoded(page: Raster, image: pdfa.PageImage) -> Raster:
    return Raster(pdfa.decode(image), page.dpi, page.mode)


# --- the text layer ----------------------------------------------------------------------------------------------------


def layer_section(folder: Path, count: int, figures: list[Figure]) -> Iterator[str]:
    layers = list(layer_figures(folder, [SEED + 100 + number for number in range(count)]))
    yield from ("", "## Text layer, typeset pages with known words", "")
    yield from ("| pages | words | at their place | mean IoU | pdftotext | pdfium | MuPDF |", f"|---{'|---' * 6}|")
    for one in layers:
        trips = [f"{100 * one.read_back[name]:.2f} %" if name in one.read_back else "not here" for name in Layer.READERS]
        yield f"| {one.name} | {one.words} | {100 * one.placed:.2f} % | {one.iou:.3f} | {' | '.join(trips)} |"
    figures.append(Figure("words at their place", round(100 * min(one.placed for one in layers), 2), 100, "%", at_most=False))
    figures.append(Figure("mean IoU, worst set", round(min(one.iou for one in layers), 3), 0.75, "", at_most=False))
    for name in Layer.READERS:
        shares = [one.read_back[name] for one in layers if name in one.read_back]
        if shares:
            figures.append(Figure(f"NFC round trip, {name}", round(100 * min(shares), 2), 100, "%", at_most=False))
    if shutil.which("mutool") is None:
        yield from ("", "mutool is not installed (Debian: mupdf-tools): the MuPDF column is missing.")


if __name__ == "__main__":
    raise SystemExit(main())
