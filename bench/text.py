"""Word error, spoilt words, fields and time, beside OCRmyPDF in the same run. By hand:

    python -m bench.text [--peer PATH/TO/ocrmypdf] [--pages N] [--report docs/bench-text.md]

Real scans: the labelled pages of the shared data folder, bodies only. Typeset: practice pages with known text, seeds not used
anywhere else. Model settings, noise and second-look limits were set on four other pages of the same folder (bao-cao-280 p2,
chi-thi-11 p2, thong-bao-660 p2, quyet-dinh-87 p2); the errors of the labelled pages were looked at as well, so a third set
of labelled pages would be the fairer judge. Nothing is tuned on the typeset pages.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from imaging import geometry
from imaging.fields import Proposals, propose
from imaging.fields.subject import TYPES
from imaging.language import fold, load_model
from imaging.language.model import FILE
from imaging.load import pages as load_pages
from imaging.ocr import Engine, open_engine, read
from imaging.practice import invent
from imaging.practice import typeset as practise
from imaging.render import render
from imaging.values import PageText, Raster

SHARED = Path(__file__).parents[1] / "../shared/data"
TRUTH = Path(__file__).with_name("fields_truth.json")
FIELDS = ("number", "notation", "date", "type", "issuer", "subject")
SEED = 71_000
PEERS = {"OCRmyPDF": [], "OCRmyPDF --deskew --clean": ["--deskew", "--clean"]}


@dataclass
class Tally:
    """Word errors of one reader on one set."""

    errors: int = 0
    words: int = 0
    seconds: float = 0.0
    pages: int = 0
    mended: int = 0
    spoilt: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, errors: int, words: int, seconds: float) -> None:
        self.errors += errors
        self.words += words
        self.seconds += seconds
        self.pages += 1

    def row(self, name: str) -> str:
        rate = 100 * self.errors / max(1, self.words)
        return f"| {name} | {self.errors} of {self.words} | {rate:.2f} % | {self.seconds / max(1, self.pages):.2f} s |"


def aligned(truth: Sequence[str], read_words: Sequence[str]) -> tuple[int, list[int | None]]:
    """Word errors of ``truth`` found somewhere within ``read_words`` (what stands before and after is free), and for each
    true word the place of the read word laid beside it."""
    cost = np.zeros((len(truth) + 1, len(read_words) + 1), np.int32)
    cost[:, 0] = range(len(truth) + 1)
    for i, word in enumerate(truth, 1):
        for j, other in enumerate(read_words, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + (word != other), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j = len(truth), int(cost[-1].argmin())
    errors, places = int(cost[-1, j]), [None] * len(truth)
    while i:
        if j and cost[i, j] == cost[i - 1, j - 1] + (truth[i - 1] != read_words[j - 1]):
            i, j = i - 1, j - 1
            places[i] = j
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return errors, places


def loose_errors(truth: Sequence[str], read_words: Sequence[str]) -> int:
    """Word errors where the order of columns is free: the larger of what is missing and what is invented."""
    want, got = Counter(truth), Counter(read_words)
    return max((want - got).total(), (got - want).total())


def words_of(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).split()


def written(words: Iterable[str]) -> list[str]:
    """Words with a letter or a figure; rules and ornaments are no words."""
    return [word for word in words if any(one.isalnum() for one in word)]


def upright(raster: Raster) -> Raster:
    """The page as the station hands it to reading: turned, straightened, cropped."""
    return render(raster, geometry.measure(raster))


def first_page(name: str) -> Raster:
    loaded = next(iter(load_pages(SHARED / "vn-scan" / f"{name}.pdf", only=1)))
    return loaded.raster  # type: ignore[union-attr]


def ours(engine: Engine, raster: Raster, *, language: bool = True) -> tuple[PageText, float]:
    begin = time.process_time()
    page = read(upright(raster), engine=engine, language=language)
    return page, time.process_time() - begin


def theirs(peer: str, options: Sequence[str], raster: Raster) -> tuple[list[str], float]:
    """OCRmyPDF on the same pixels; its own text file; processor seconds of it and its children."""
    with tempfile.TemporaryDirectory() as folder:
        page, text = Path(folder) / "page.png", Path(folder) / "page.txt"
        cv2.imwrite(str(page), raster.pixels)
        command = [peer, "-l", "vie", "--jobs", "1", "--output-type", "pdf", "--image-dpi", str(round(raster.dpi[0]))]
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        ended = subprocess.run(
            [*command, *options, "--sidecar", str(text), str(page), str(Path(folder) / "out.pdf")],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        if ended.returncode:
            raise RuntimeError(ended.stderr.strip().splitlines()[-1])
        return words_of(text.read_text(encoding="utf-8")), seconds


def real_set(engine: Engine, peer: str | None) -> Iterator[str]:
    truths = sorted((SHARED / "vn-text").glob("*.body.gt.txt"))
    tallies = {name: Tally() for name in ("Sohoa", "Sohoa without language stage", *(PEERS if peer else ()))}
    for path in truths:
        raster, truth = first_page(path.name.split(".")[0]), words_of(path.read_text(encoding="utf-8"))
        page, seconds = ours(engine, raster)
        errors, _ = aligned(truth, [word.text for word in page.words])
        tallies["Sohoa"].add(errors, len(truth), seconds)
        _count_changes(tallies["Sohoa"], truth, page)
        plain, seconds = ours(engine, raster, language=False)
        tallies["Sohoa without language stage"].add(aligned(truth, [w.text for w in plain.words])[0], len(truth), seconds)
        for name, options in PEERS.items() if peer else ():
            got, seconds = theirs(str(peer), options, raster)
            tallies[name].add(aligned(truth, got)[0], len(truth), seconds)
    yield from _table("Real scans (labelled bodies)", tallies)


def _count_changes(tally: Tally, truth: Sequence[str], page: PageText) -> None:
    """Of the language stage's changes on labelled words: how many made a wrong word right, how many a right one wrong."""
    raw = [word.raw or word.text for word in page.words]
    _, places = aligned(truth, raw)
    for word, place in zip(truth, places, strict=True):
        if place is not None and page.words[place].raw:
            tally.mended += raw[place] != word and page.words[place].text == word
            tally.spoilt += raw[place] == word


def typeset_set(engine: Engine, peer: str | None, count: int) -> Iterator[str]:
    tallies = {name: Tally() for name in ("Sohoa", "Sohoa without language stage", *(PEERS if peer else ()))}
    right: Counter[str] = Counter()
    for number in range(count):
        page = practise(invent(SEED + number), SEED + number)[0]
        truth = written(word.text for word in page.truth.text.words)
        seen, seconds = ours(engine, page.raster)
        tallies["Sohoa"].add(loose_errors(truth, written(word.text for word in seen.words)), len(truth), seconds)
        plain, seconds = ours(engine, page.raster, language=False)
        tallies["Sohoa without language stage"].add(
            loose_errors(truth, written(w.text for w in plain.words)), len(truth), seconds
        )
        for name, options in PEERS.items() if peer else ():
            got, seconds = theirs(str(peer), options, page.raster)
            tallies[name].add(loose_errors(truth, written(got)), len(truth), seconds)
        _judge(propose([seen]), _as_proposed({name: one.value for name, one in page.truth.fields.items()}), right)
    yield from _table(f"Typeset, aged practice pages ({count} first pages, order of columns free)", tallies)
    yield from _field_table("Fields on the same typeset pages (some numbers by hand)", right)


def _table(title: str, tallies: dict[str, Tally]) -> Iterator[str]:
    yield from ("", f"## {title}", "", "| reader | word errors | rate | a page |", "|---|---|---|---|")
    yield from (tally.row(name) for name, tally in tallies.items())
    own = tallies["Sohoa"]
    if own.mended or own.spoilt:
        yield from ("", f"Changes on labelled words: {own.mended} mended, {own.spoilt} spoilt.")
    for name in PEERS:
        if name in tallies and tallies[name].errors:
            yield f"Against {name}: {own.errors / tallies[name].errors:.2f} of its errors."


def _judge(proposals: Proposals, truth: dict[str, str], right: Counter[str]) -> None:
    for name in FIELDS:
        if name in truth:
            got = proposals.get(name)  # type: ignore[arg-type]
            same = _same(got.value, truth[name])
            right[f"{name} right"] += same
            right[f"{name} flagged"] += not same and not got.sure
            right[f"{name} wrong"] += not same and got.sure
            right["all right"] += same
            right["all flagged"] += not same and not got.sure
            right["all wrong"] += not same and got.sure


def _as_proposed(truth: dict[str, str]) -> dict[str, str]:
    """Practice fields as a form has them, in the shape of proposals: ISO date, code of the kind."""
    kind = TYPES.get(fold(truth.get("type", "")), "22")
    date = "-".join(reversed(truth["date"].split("/"))) if "date" in truth else ""
    return {name: {"type": kind, "date": date}.get(name, value) for name, value in truth.items()}


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def real_fields(engine: Engine) -> Iterator[str]:
    right: Counter[str] = Counter()
    for name, truth in json.loads(TRUTH.read_text(encoding="utf-8")).items():
        page, _ = ours(engine, first_page(name))
        _judge(propose([page]), truth, right)
    yield from _field_table("Fields on the 12 real first pages (every number and day is written by hand)", right)


def _field_table(title: str, right: Counter[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "")
    yield from ("| field | right | flagged | wrong without a flag |", "|---|---|---|---|")
    for name in (*FIELDS, "all"):
        yield f"| {name} | {right[f'{name} right']} | {right[f'{name} flagged']} | {right[f'{name} wrong']} |"


def heading(engine: Engine, peer: str | None) -> Iterator[str]:
    begin = time.process_time()
    load_model()
    loaded = time.process_time() - begin
    yield from ("# Text", "", f"Engine: {engine.name}. Model: {FILE.stat().st_size:,} bytes, loaded in {loaded:.2f} s.")
    version = subprocess.run([peer, "--version"], capture_output=True, text=True, check=False).stdout.strip() if peer else ""
    yield f"Peer: OCRmyPDF {version}." if peer else "Peer: ocrmypdf is not on PATH; name it with --peer. Its rows are missing."
    yield f"Command: python -m {' '.join(['bench.text', *sys.argv[1:]])}. Times are processor seconds, children included."


def sections(engine: Engine, peer: str | None, count: int, *, real: bool) -> Iterator[str]:
    yield from heading(engine, peer)
    if real and SHARED.is_dir():
        yield from real_set(engine, peer)
        yield from real_fields(engine)
    elif real:
        yield from ("", f"{SHARED}: the shared data folder is not here; the real pages are left out.")
    yield from typeset_set(engine, peer, count)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.text", description=__doc__)
    parser.add_argument("--peer", default=shutil.which("ocrmypdf"), help="the ocrmypdf program; default: the one on PATH")
    parser.add_argument("--pages", type=int, default=12, help="typeset pages")
    parser.add_argument("--skip-real", action="store_true", help="the typeset pages only")
    parser.add_argument("--report", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    engine = open_engine()
    report = []
    for line in sections(engine, options.peer, options.pages, real=not options.skip_real):
        print(line, flush=True)
        report.append(line)
    if options.report:
        options.report.write_text("\n".join(report) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
