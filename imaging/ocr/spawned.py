"""Tesseract as a program: one process a page, where the library has no wheel."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

import pytesseract
from lxml import etree
from PIL import Image

from imaging.language.token import Choices, Token
from imaging.ocr.choices import align
from imaging.ocr.engine import EngineFault, EngineTimeout, Layout, ReadLine, ReadWord
from imaging.ocr.tessdata import known_folder
from imaging.values import Box, Pixels, Turn

MODES = {"page": 3, "block": 6, "line": 7, "sparse": 11}

NATS_PER_PERCENT = 0.2
"""hOCR writes a reading's cost as 100 - 5 * cost, and 0 for anything dearer than 20 nats (Tesseract, ``ClipToRange``)."""

XHTML = "{http://www.w3.org/1999/xhtml}"


class Spawned:
    """Starts ``tesseract`` for every page. The same words and boxes as the library of the same version."""

    def __init__(self, language: str = "vie") -> None:
        self._language = language
        self._folder = known_folder((language,))
        try:
            version = pytesseract.get_tesseract_version().public
        except pytesseract.TesseractNotFoundError as missing:
            raise EngineFault("the tesseract program is not installed; install tesseract-ocr") from missing
        self.name = f"tesseract {version} {language} (pytesseract)"

    def recognise(self, picture: Pixels, dpi: float, layout: Layout, seconds: float) -> tuple[ReadLine, ...]:
        """See ``Engine``; the process is killed at the limit."""
        options = (
            f"--tessdata-dir {self._folder} --psm {MODES[layout]} --oem 1 --dpi {round(dpi)} "
            "-c tessedit_do_invert=0 -c lstm_choice_mode=2"
        )
        try:
            page = pytesseract.image_to_pdf_or_hocr(
                Image.fromarray(picture), lang=self._language, config=options, extension="hocr", timeout=seconds
            )
        except pytesseract.TesseractError as failure:
            raise EngineFault(str(failure)) from failure
        except RuntimeError as late:  # pytesseract says so of a killed process
            raise EngineTimeout(f"no result in {seconds:.1f} s") from late
        return tuple(parse_hocr(page))

    def recognise_lines(self, pictures: Sequence[Pixels], dpi: float, seconds: float) -> tuple[tuple[ReadLine, ...], ...]:
        """See ``Engine``."""
        return tuple(self.recognise(picture, dpi, "line", seconds) for picture in pictures)

    def orientation(self, picture: Pixels, dpi: float) -> tuple[Turn, float]:
        """See ``Engine``. Raises ``LanguageMissing`` without the ``osd`` data."""
        options = f"--tessdata-dir {known_folder(('osd',))} --psm 0 --dpi {round(dpi)}"
        try:
            seen = pytesseract.image_to_osd(
                Image.fromarray(picture), lang="osd", config=options, output_type=pytesseract.Output.DICT
            )
        except pytesseract.TesseractError:  # "too few characters" ends the program with an error
            return 0, 0.0
        turn: Turn = int(seen["rotate"])  # type: ignore[assignment]
        return turn, float(seen["orientation_conf"])

    def close(self) -> None:
        """Nothing stays open."""


def parse_hocr(page: bytes) -> Iterator[ReadLine]:
    """Lines of an hOCR page, in its order."""
    tree = etree.fromstring(page, etree.XMLParser(resolve_entities=False, no_network=True))
    for node in tree.iter(f"{XHTML}span"):
        if node.get("class") in {"ocr_line", "ocr_caption", "ocr_header", "ocr_textfloat"}:
            words = [word for word in map(_word, _children(node, "ocrx_word")) if word is not None]
            if words:
                yield _line(node, words)


def _children(node: etree._Element, kind: str) -> Iterator[etree._Element]:
    return (child for child in node.iter(f"{XHTML}span") if child.get("class") == kind)


def _line(node: etree._Element, words: list[ReadWord]) -> ReadLine:
    title = node.get("title") or ""
    box = _box(title)
    found = re.search(r"baseline (-?[\d.e-]+) (-?[\d.e-]+)", title)
    slope, lift = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    return ReadLine(tuple(words), box, (box[3] + lift, slope))


def _word(node: etree._Element) -> ReadWord | None:
    title = node.get("title") or ""
    text = unicodedata.normalize("NFC", _own_text(node)).strip()
    if not text:
        return None
    percent = re.search(r"x_wconf (\d+)", title)
    return ReadWord(Token(text, int(percent[1]) / 100 if percent else 0.0, _choices(node, text)), _box(title))


def _own_text(node: etree._Element) -> str:
    """The word itself, which stands within ``strong`` or ``em`` at times, without the readings weighed beside it."""
    styled = "".join(str(part) for child in node if child.tag != f"{XHTML}span" for part in child.itertext())
    return (node.text or "") + styled


def _choices(node: etree._Element, text: str) -> tuple[Choices, ...]:
    """The readings under the word's ``lstm_choices`` spans, one group a symbol."""
    groups = [
        [(leaf.text or "", (100 - _percent(leaf)) * NATS_PER_PERCENT) for leaf in group]
        for group in _children(node, "ocrx_cinfo")
        if len(group)
    ]
    return align(text, groups)


def _percent(leaf: etree._Element) -> float:
    found = re.search(r"x_confs ([\d.]+)", leaf.get("title") or "")
    return float(found[1]) if found else 0.0


def _box(title: str) -> Box:
    x0, y0, x1, y1 = (int(one) for one in re.findall(r"-?\d+", title.split("bbox", 1)[1])[:4])
    return x0, y0, x1, y1
