"""What ``bench.text`` counts with: word errors, the peer, fields judged, and figures against their targets."""

from __future__ import annotations

import resource
import subprocess
import tempfile
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

import cv2
import numpy as np

from imaging.fields import Proposals
from imaging.fields.subject import TYPES
from imaging.language import fold
from imaging.values import PageText, Raster

FIELDS = ("number", "notation", "date", "type", "issuer", "subject")
PEERS = {"OCRmyPDF": [], "OCRmyPDF --deskew --clean": ["--deskew", "--clean"]}
PEER_SECONDS = 240


@dataclass
class Tally:
    """Word errors of one reader on one set."""

    errors: int = 0
    words: int = 0
    seconds: float = 0.0
    pages: int = 0
    mended: int = 0
    spoilt: int = 0
    failed: int = 0

    def add(self, errors: int, words: int, seconds: float) -> None:
        self.errors += errors
        self.words += words
        self.seconds += seconds
        self.pages += 1

    @property
    def rate(self) -> float:
        return self.errors / max(1, self.words)

    def row(self, name: str) -> str:
        low, high = wilson(self.errors, self.words)
        failed = f"; {self.failed} pages without text" if self.failed else ""
        return (
            f"| {name} | {self.errors} of {self.words}{failed} | {100 * self.rate:.2f} % "
            f"| {100 * low:.2f} to {100 * high:.2f} % | {self.seconds / max(1, self.pages):.2f} s |"
        )


@dataclass(frozen=True)
class Figure:
    """One line of docs/bench/text.json."""

    name: str
    value: float
    target: str
    met: bool
    of: str = ""


@dataclass
class Report:
    """Lines for people, figures for machines."""

    lines: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        for line in lines:
            print(line, flush=True)
            self.lines.append(line)

    def figure(self, name: str, value: float, target: str, met: bool, of: str = "") -> None:
        self.figures.append(Figure(name, round(value, 4), target, met, of))


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share, 95 % (Wilson 1927)."""
    if not of:
        return 0.0, 1.0
    share, square = min(1.0, hits / of), z * z / of  # more words wrong than there are: wrong throughout
    middle = (share + square / 2) / (1 + square)
    reach = z * sqrt(share * (1 - share) / of + square / (4 * of)) / (1 + square)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def aligned(truth: Sequence[str], read_words: Sequence[str]) -> tuple[int, list[int | None]]:
    """Word errors of ``truth`` found somewhere within ``read_words`` (what stands before and after is free), and for each
    true word the place of the read word laid beside it."""
    cost = np.zeros((len(truth) + 1, len(read_words) + 1), np.int32)
    cost[:, 0] = range(len(truth) + 1)
    for i, word in enumerate(truth, 1):
        for j, other in enumerate(read_words, 1):
            cost[i, j] = min(cost[i - 1, j - 1] + (word != other), cost[i - 1, j] + 1, cost[i, j - 1] + 1)
    i, j = len(truth), int(cost[-1].argmin())
    errors = int(cost[-1, j])
    places: list[int | None] = [None] * len(truth)
    while i:
        if j and cost[i, j] == cost[i - 1, j - 1] + (truth[i - 1] != read_words[j - 1]):
            i, j = i - 1, j - 1
            places[i] = j
        elif cost[i, j] == cost[i - 1, j] + 1:
            i -= 1
        else:
            j -= 1
    return errors, places


def whole_errors(truth: Sequence[str], read_words: Sequence[str]) -> int:
    """Word errors of the whole page in its order: words missing, wrong and invented."""
    before = list(range(len(read_words) + 1))
    for i, word in enumerate(truth, 1):
        row = [i]
        for j, other in enumerate(read_words, 1):
            row.append(min(before[j - 1] + (word != other), before[j] + 1, row[-1] + 1))
        before = row
    return before[-1]


def free_errors(truth: Sequence[str], read_words: Sequence[str]) -> int:
    """Word errors where order is free: the larger of what is missing and what is invented."""
    want, got = Counter(truth), Counter(read_words)
    return max((want - got).total(), (got - want).total())


def words_of(text: str) -> list[str]:
    return unicodedata.normalize("NFC", text).split()


def written(words: Iterable[str]) -> list[str]:
    """Words with a letter or a figure; rules and ornaments are no words."""
    return [word for word in words if any(one.isalnum() for one in word)]


def count_changes(tally: Tally, truth: Sequence[str], page: PageText) -> None:
    """Of the language stage's changes on labelled words: how many made a wrong word right, how many a right one wrong."""
    raw = [word.raw or word.text for word in page.words]
    _, places = aligned(truth, raw)
    for word, place in zip(truth, places, strict=True):
        if place is not None and page.words[place].raw and not page.words[place].hand:
            tally.mended += raw[place] != word and page.words[place].text == word
            tally.spoilt += raw[place] == word


def theirs(peer: str, options: Sequence[str], raster: Raster) -> tuple[list[str] | None, float]:
    """OCRmyPDF on the same pixels: its own text file, None where it gave none; processor seconds of it and its children."""
    with tempfile.TemporaryDirectory() as folder:
        page, text = Path(folder) / "page.png", Path(folder) / "page.txt"
        cv2.imwrite(str(page), raster.pixels)
        command = [peer, "-l", "vie", "--jobs", "1", "--output-type", "pdf", "--image-dpi", str(round(raster.dpi[0]))]
        begin = resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            ended = subprocess.run(
                [*command, *options, "--sidecar", str(text), str(page), str(Path(folder) / "out.pdf")],
                capture_output=True, text=True, check=False, timeout=PEER_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return None, float(PEER_SECONDS)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime
        if ended.returncode:
            raise RuntimeError(ended.stderr.strip().splitlines()[-1])
        return words_of(text.read_text(encoding="utf-8")), seconds


# --- fields ---------------------------------------------------------------------------------------------------------


def judge(proposals: Proposals, truth: Mapping[str, str], right: Counter[str]) -> Iterator[tuple[str, str, str, bool]]:
    """Counts each field; gives what was not right: field, truth, proposed, flagged."""
    for name in FIELDS:
        if name in truth:
            got = proposals.get(name)  # type: ignore[arg-type]
            same = _same(got.value, truth[name])
            kind = "right" if same else "wrong" if got.sure else "flagged"
            for which in (name, "all"):
                right[f"{which} {kind}"] += 1
                right[f"{which} shown without a flag"] += same and got.sure
            if not same:
                yield name, truth[name], got.value, not got.sure


def as_proposed(truth: Mapping[str, str]) -> dict[str, str]:
    """Practice fields as a form has them, in the shape of proposals: ISO date, code of the kind."""
    kind = TYPES.get(fold(truth.get("type", "")), "22")
    date = "-".join(reversed(truth["date"].split("/"))) if "date" in truth else ""
    return {name: {"type": kind, "date": date}.get(name, value) for name, value in truth.items()}


def _same(one: str, other: str) -> bool:
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def field_rows(right: Counter[str]) -> Iterator[str]:
    yield "| field | right | of them without a flag | flagged, not right | wrong without a flag | right, 95 % interval |"
    yield "|---|---|---|---|---|---|"
    for name in (*FIELDS, "all"):
        hits, flagged, wrong = (right[f"{name} {kind}"] for kind in ("right", "flagged", "wrong"))
        low, high = wilson(hits, hits + flagged + wrong)
        sure = right[f"{name} shown without a flag"]
        yield f"| {name} | {hits} | {sure} | {flagged} | {wrong} | {100 * low:.0f} to {100 * high:.0f} % |"
