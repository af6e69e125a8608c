"""Pages set from official text the model never saw, and spoilt as archives' pages are; seeds are this benchmark's own."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from imaging.language import fold
from imaging.language.build import read_lines
from imaging.practice import ink, invent, paper, typeset
from imaging.practice.fonts import find
from imaging.practice.model import Paragraph
from imaging.practice.sheet import DPI, LEADING, WIDTH, Sheet, broken, mm, px, set_line
from imaging.values import Box, Raster

Pixels = NDArray[np.uint8]
KINDS = ("yellow paper", "out of focus", "noise", "show-through", "seal over text", "faded print", "coarse JPEG", "200 dpi")
PLAIN = re.compile(r"^[\w\s.,;:()/%\-–“”\"'&+²]+$")
LINES = 17


@dataclass(frozen=True)
class Scene:
    """``words``: what was printed, in reading order."""

    kind: str
    raster: Raster
    words: tuple[str, ...]


def sentences(folder: Path, kind: str = "hanh-chinh", *, tuning: bool = False) -> list[str]:
    """Paragraphs kept from training (``language.build``), in one order for ever: administrative papers, or codified law
    (``phap-dien``). One half, by its letters, is for measuring; the other for choosing settings (``tuning``)."""
    lines = {line.strip() for line in read_lines(folder / f"{kind}.txt.xz", held_out=True)}
    half = (line for line in lines if is_for_tuning(line) is tuning)
    return sorted(line for line in half if 60 <= len(line) <= 420 and PLAIN.match(line) and any(one.islower() for one in line))


def is_for_tuning(paragraph: str) -> bool:
    """By the paragraph's own letters, so that a text that is measured on never chose a setting."""
    return crc32(b"half:" + paragraph.encode()) % 2 == 0


def scenes(texts: list[str], seed: int, count: int) -> Iterator[Scene]:
    """``count`` pages, the kinds of damage in turn."""
    for number in range(count):
        yield scene(texts, seed + number, KINDS[number % len(KINDS)])


def scene(texts: list[str], seed: int, kind: str) -> Scene:
    """The same seed gives the same page."""
    rng = np.random.default_rng(seed)
    chosen = random.Random(seed)
    sheet, words = _set(chosen.sample(texts, 12), chosen.choice((13.0, 13.5, 14.0)))
    stock = paper.choose(rng)
    if kind == "yellow paper":
        stock = paper.Stock(paper.TINTS[3], 1.0, 0.05, (62, 62, 62))
    if kind == "faded print":
        stock = paper.Stock(stock.tint, stock.age, stock.through, (128, 128, 128))
    front = paper.printed(paper.sheet(stock, rng), sheet.pixels(), stock, rng)
    if kind == "show-through":
        other, _ = _set(chosen.sample(texts, 12), 13.0)
        paper.through(
            front, np.asarray(cv2.merge([other.pixels()] * 3), np.uint8), paper.Stock(stock.tint, stock.age, 0.3, stock.black)
        )
    if kind == "seal over text":
        for _ in range(3):
            cover = ink.seal(find(), rng)
            ink.lay(front, cover, (int(rng.integers(mm(25), WIDTH - mm(70))), int(rng.integers(mm(20), mm(120)))), ink.SEAL_INK)
    pixels = paper.scanned(front, 0.0, stock, rng)
    return Scene(kind, _spoilt(pixels, kind, rng), tuple(words))


def _set(texts: list[str], size_pt: float) -> tuple[Sheet, list[str]]:
    """A sheet with the first ``LINES`` lines of the paragraphs."""
    sheet, words, row = Sheet(find()), [], 0
    pitch, left, right = round(px(size_pt) * LEADING), mm(30), WIDTH - mm(18)
    for text in texts:
        paragraph = Paragraph(((text, "r"),), "justify", size_pt)
        lines = broken(sheet, paragraph, right - left)
        for number, line in enumerate(lines[: LINES - row]):
            set_line(sheet, paragraph, line, number, number == len(lines) - 1, left, right, mm(24) + row * pitch)
            words += [word for word, *_ in line]
            row += 1
    return sheet, words


def _spoilt(pixels: Pixels, kind: str, rng: np.random.Generator) -> Raster:
    dpi = float(DPI)
    if kind == "out of focus":
        pixels = np.asarray(cv2.GaussianBlur(pixels, (0, 0), 2.4), np.uint8)
    if kind == "noise":
        grain = rng.normal(0, 22, pixels.shape[:2]).astype(np.float32)
        pixels = np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8)
    if kind == "coarse JPEG":
        _, coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, 18])
        pixels = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    if kind == "200 dpi":
        dpi = 200.0
        pixels = np.asarray(cv2.resize(pixels, None, fx=2 / 3, fy=2 / 3, interpolation=cv2.INTER_AREA), np.uint8)
    return Raster(pixels, (dpi, dpi), "color")


# --- notes written by hand ------------------------------------------------------------------------------------------

NOTES = (
    "Chuyển đồng chí Hà nghiên cứu", "đề xuất trước ngày 15/3", "Đồng ý, giao Văn phòng tham mưu", "Lưu hồ sơ. Đã xem",
    "Kính chuyển anh Tuấn xử lý gấp", "Yêu cầu báo cáo lại cho tôi",
)  # fmt: skip
BACKUP = {"đ": "d", "Đ": "D"}


@dataclass(frozen=True)
class Noted:
    """A printed page with notes in its blank parts. ``boxes``: of the notes, px; ``texts``: their words."""

    clean: Raster
    raster: Raster
    boxes: tuple[Box, ...]
    texts: frozenset[str]

    def noise(self, text: str, box: Box, scale: float) -> bool:
        """Whether a read word stands in a note and is none of its words."""
        x, y = (box[0] + box[2]) / 2 / scale, (box[1] + box[3]) / 2 / scale
        inside = any(b[0] - 8 < x < b[2] + 8 and b[1] - 8 < y < b[3] + 8 for b in self.boxes)
        return inside and fold(text.strip(".,")) not in self.texts

    def found(self, box: Box, regions: Sequence[Box]) -> bool:
        """Whether regions cover three tenths of the note."""

        def over(one: Box) -> int:
            return max(0, min(one[2], box[2]) - max(one[0], box[0])) * max(0, min(one[3], box[3]) - max(one[1], box[1]))

        return sum(map(over, regions)) > 0.3 * (box[2] - box[0]) * (box[3] - box[1])


def notes(fonts: Path, seed: int) -> Iterator[Noted]:
    """A page a font, three notes each. Raises ``FileNotFoundError`` where the folder holds no font."""
    paths = sorted(fonts.glob("*.ttf"))
    if not paths:
        raise FileNotFoundError(f"{fonts}: no *.ttf here; name a folder with handwriting fonts, or leave the option out")
    for number, path in enumerate(paths):
        yield _noted(path, seed + number)


def _noted(path: Path, seed: int) -> Noted:
    rng = np.random.default_rng(seed)
    page = typeset(invent(seed, length=2), seed)[0]
    pixels = page.raster.pixels.copy()
    boxes: list[Box] = []
    texts: set[str] = set()
    used = np.zeros(pixels.shape[0], bool)
    for box in (*(line.box for line in page.truth.text.lines), *page.truth.seals, *page.truth.signatures):
        used[max(0, box[1] - 25) : box[3] + 25] = True
    for y in range(3250, 60, -20):
        if len(boxes) < 3 and not used[y : y + 200].any():
            text = NOTES[int(rng.integers(len(NOTES)))]
            cover, shown = _written(text, path, rng)
            laid = ink.lay(pixels, cover, (int(rng.integers(150, 500)), y), ink.PEN_INK if rng.random() < 0.6 else (40, 40, 40))
            used[y : y + 200] = True
            if laid:
                boxes.append(laid)
                texts |= {fold(word.strip(".,")) for word in shown.split()}
    return Noted(page.raster, Raster(pixels, page.raster.dpi, "color"), tuple(boxes), frozenset(texts))


def _written(text: str, path: Path, rng: np.random.Generator) -> tuple[NDArray[np.float32], str]:
    """The text as the font writes it; without marks where it has none."""
    font = ImageFont.truetype(path, int(rng.integers(62, 92)))
    with TTFont(path, lazy=True) as letters:
        if not set(map(ord, text)) - {32} <= set(letters.getBestCmap()):
            plain = unicodedata.normalize("NFD", "".join(BACKUP.get(one, one) for one in text))
            text = "".join(one for one in plain if not unicodedata.combining(one))
    plate = Image.new("L", (round(font.getlength(text)) + 80, 260), 0)
    ImageDraw.Draw(plate).text((40, 150), text, font=font, fill=255, anchor="ls")
    drawn = np.asarray(plate)
    lean = cv2.getRotationMatrix2D((drawn.shape[1] / 2, 130), float(rng.uniform(-1, 4)), 1.0)
    wide, y = drawn.shape[1], np.mgrid[0:260, 0 : drawn.shape[1]].astype(np.float32)
    bent = cv2.remap(
        cv2.warpAffine(drawn, lean, (wide, 260)), y[1] + 2.4 * np.sin(y[0] / 13), y[0] + 2 * np.sin(y[1] / 17), cv2.INTER_LINEAR
    )
    return np.asarray(cv2.GaussianBlur(bent, (0, 0), 0.9) * np.float32(0.92 / 255), np.float32), text
