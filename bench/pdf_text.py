"""What readers find in the text layer of files whose words and boxes are known. Used by bench.pdf and by the tests."""

import shutil
import subprocess
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree

import cv2
import numpy as np
import pypdfium2

from imaging import pdfa
from imaging.practice import PracticePage, invent, typeset
from imaging.values import Line, PageText, Raster, Word

Float4 = tuple[float, ...]
META = pdfa.PdfMetadata("text layer", datetime(2026, 1, 1, tzinfo=UTC))
LEAST_ACROSS = 0.5
"""Overlap along the line from which a word counts as found at its place, if its middle is in the found box too. (By area a
dash can never fit: readers give every word the height of its line.)"""


@dataclass(frozen=True)
class Layer:
    """One set of pages. ``placed``: share of words found at their place by poppler. ``iou``: mean overlap with the truth.
    ``read_back``: share of words each reader gives back exactly, in NFC. Words are what has a letter or a figure: pdftotext
    drops a hyphen that it takes for a broken word's."""

    READERS: ClassVar = ("pdftotext", "pdfium", "MuPDF")
    name: str
    words: int
    placed: float
    iou: float
    read_back: dict[str, float]


def layer_figures(folder: Path, seeds: Sequence[int]) -> Iterator[Layer]:
    """Pages as scanned (skew within 0.9 degrees), turned by 3 degrees, and stored on their side."""
    pages = [typeset(invent(seed), seed)[0] for seed in seeds]
    scanned = [pdfa.PdfPage(pdfa.encode(_small(page.raster), 40), page.truth.text) for page in pages]
    yield examined("as scanned", scanned, folder / "a.pdf")
    yield examined("skewed by 3 degrees", [_skewed(page, 3.0) for page in pages], folder / "b.pdf")
    turned = [replace(page, image=_on_its_side(page.image)) for page in scanned]
    yield examined("stored on their side", turned, folder / "c.pdf")
    compact = [pdfa.PdfPage(pdfa.compact(page.raster), page.truth.text) for page in pages[:2]]
    yield examined("compact copies", compact, folder / "d.pdf")


def examined(name: str, pages: Sequence[pdfa.PdfPage], path: Path) -> Layer:
    pdfa.write(pages, path, metadata=META)
    fits, there, right, every = list[float](), 0, Counter[str](), 0
    for number, page in enumerate(pages, 1):
        assert page.text is not None
        laid = [word for word in page.text.words if any(one.isalnum() for one in word.text)]
        every += len(laid)
        best = list(overlaps(laid, page, poppler_words(path, number)))
        fits += [fit for fit, _ in best]
        there += sum(at_place for _, at_place in best)
        for reader, said in read_back(path, number).items():
            right[reader] += (Counter(word.text for word in laid) & Counter(said.split())).total()
    return Layer(name, every, there / every, float(np.mean(fits)), {reader: n / every for reader, n in right.items()})


def overlaps(laid: Sequence[Word], page: pdfa.PdfPage, found: Sequence[tuple[str, Float4]]) -> Iterator[tuple[float, bool]]:
    """For each laid word the best overlap with a found word of the same letters, and whether that stands at its place."""
    assert page.text is not None
    scale = page.image.size_pt[0] / page.text.size[0], page.image.size_pt[1] / page.text.size[1]
    for word in laid:
        x0, y0, x1, y1 = word.box
        truth = x0 * scale[0], y0 * scale[1], x1 * scale[0], y1 * scale[1]
        same = [box for said, box in found if said == word.text]
        yield max((iou(truth, box) for box in same), default=0.0), any(_at_place(truth, box) for box in same)


def _at_place(truth: Float4, box: Float4) -> bool:
    across = iou((truth[0], 0.0, truth[2], 1.0), (box[0], 0.0, box[2], 1.0))
    return across >= LEAST_ACROSS and box[1] <= (truth[1] + truth[3]) / 2 <= box[3]


def iou(a: Float4, b: Float4) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    inner = max(0.0, w) * max(0.0, h)
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def poppler_words(path: Path, page: int = 1) -> list[tuple[str, Float4]]:
    """Words with their boxes in points, y down, as pdftotext finds them."""
    command = ["pdftotext", "-bbox", "-f", str(page), "-l", str(page), path, "-"]
    tree = ElementTree.fromstring(subprocess.run(command, capture_output=True, check=True).stdout)
    keys = ("xMin", "yMin", "xMax", "yMax")
    return [(w.text or "", tuple(float(w.attrib[k]) for k in keys)) for w in tree.iter("{http://www.w3.org/1999/xhtml}word")]


def read_back(path: Path, page: int = 1) -> dict[str, str]:
    """What each reader that is here extracts of a page; empty where it is not NFC."""
    said = {"pdftotext": _ran("pdftotext", "-f", str(page), "-l", str(page), str(path), "-")}
    document = pypdfium2.PdfDocument(path)
    said["pdfium"] = document[page - 1].get_textpage().get_text_bounded()
    document.close()
    if shutil.which("mutool"):
        said["MuPDF"] = _ran("mutool", "draw", "-q", "-F", "txt", "-o", "-", str(path), str(page))
    return {name: text if unicodedata.is_normalized("NFC", text) else "" for name, text in said.items()}


def _ran(*command: str) -> str:
    return subprocess.run(command, capture_output=True, check=True).stdout.decode()


def _small(raster: Raster) -> Raster:
    """A sixth of the px: the layer does not care, and the file is made quickly."""
    pixels = cv2.resize(raster.pixels, None, fx=1 / 6, fy=1 / 6, interpolation=cv2.INTER_AREA)
    dpi = (pixels.shape[1] / raster.width * raster.dpi[0], pixels.shape[0] / raster.height * raster.dpi[1])
    return Raster(np.asarray(pixels, np.uint8), dpi, raster.mode)


def _on_its_side(image: pdfa.PageImage) -> pdfa.PageImage:
    stored = np.ascontiguousarray(np.rot90(pdfa.decode(image)))
    return replace(pdfa.encode(Raster(stored, image.dpi[::-1], "color"), 40), turn=90)


def _skewed(page: PracticePage, degrees: float) -> pdfa.PdfPage:
    """The page with its words on sloping lines, as if it had been fed askew and never straightened."""
    slope, width = np.tan(np.radians(degrees)), page.truth.text.size[0]
    lines = tuple(_sloping(line, slope, width / 2) for line in page.truth.text.lines)
    return pdfa.PdfPage(pdfa.encode(_small(page.raster), 40), replace(page.truth.text, lines=lines))


def _sloping(line: Line, slope: float, middle: float) -> Line:
    def drop(x: float) -> int:
        return round(slope * (x - middle))

    words = []
    for word in line.words:
        x0, y0, x1, y1 = word.box
        down = drop((x0 + x1) / 2)
        words.append(replace(word, box=(x0, y0 + down, x1, y1 + down)))
    boxes = [word.box for word in words]
    box = min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
    return Line(tuple(words), box, (line.baseline[0] + drop(line.box[0]), line.baseline[1] + slope))


def text_of(words: Sequence[Word], size: tuple[int, int], dpi: float) -> PageText:
    """A page of one line that holds ``words``."""
    box = min(w.box[0] for w in words), min(w.box[1] for w in words), max(w.box[2] for w in words), max(w.box[3] for w in words)
    return PageText((Line(tuple(words), box, (float(box[3] - 8), 0.0)),), size, dpi, "truth")
