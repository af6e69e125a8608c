"""Pages and scans for ``bench/geometry.py``: real pages of the shared data folder, typeset pages, and sheets laid upon a
backing."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Container
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
from PIL import Image, ImageDraw, ImageFont

from imaging.values import Raster

SHARED = Path(__file__).resolve().parents[1] / "../shared/data/vn-scan"
FONTS = Path("/usr/share/fonts/truetype")
TUNED_ON = frozenset({"bao-cao-23", "chi-thi-11", "chi-thi-16-bitonal", "quyet-dinh-84", "to-trinh-22"})
"""Documents the thresholds were set on; figures are reported on the other seven."""
DPI = 300
A4_MM = (210.0, 297.0)
TEXT = [
    *("Căn", "cứ", "Luật", "Tổ", "chức", "chính", "quyền", "địa", "phương", "ngày", "19", "tháng", "6", "năm", "2015;"),
    *("Căn", "cứ", "Nghị", "định", "số", "30/2020/NĐ-CP", "của", "Chính", "phủ", "về", "công", "tác", "văn", "thư;"),
    *("Xét", "đề", "nghị", "của", "Giám", "đốc", "Sở", "Nội", "vụ", "tại", "Tờ", "trình", "số", "145/TTr-SNV", "về"),
    *("việc", "phê", "duyệt", "danh", "mục", "tài", "liệu", "lưu", "trữ", "cần", "số", "hóa,", "Ủy", "ban", "nhân"),
    *("dân", "tỉnh", "giao", "các", "cơ", "quan,", "đơn", "vị", "khẩn", "trương", "tổ", "chức", "thực", "hiện,", "bảo"),
    *("đảm", "đúng", "tiến", "độ,", "chất", "lượng", "và", "an", "toàn", "tài", "liệu", "trong", "suốt", "quá", "trình"),
    *("bàn", "giao,", "vận", "chuyển,", "quét,", "kiểm", "tra", "và", "bảo", "quản;", "kịp", "thời", "báo", "cáo"),
    *("những", "khó", "khăn,", "vướng", "mắc", "để", "được", "hướng", "dẫn,", "giải", "quyết", "theo", "quy", "định."),
    *("Chánh", "Văn", "phòng,", "Thủ", "trưởng", "các", "sở,", "ban,", "ngành", "và", "Chủ", "tịch", "Ủy", "ban", "nhân"),
    *("dân", "các", "huyện,", "thành", "phố", "chịu", "trách", "nhiệm", "thi", "hành", "Quyết", "định", "này", "kể"),
    *("từ", "ngày", "ký"),
]
KINDS = ("print", "sans", "italic", "typewriter", "bare typewriter", "table", "sparse", "capitals", "bare capitals", "digits")
STOCKS = {"white": (248, 250, 250), "yellow": (186, 222, 235), "onion skin": (214, 222, 224), "brown": (118, 158, 182)}
TIMES, TYPEWRITER = "croscore/Tinos-Regular.ttf", "croscore/Cousine-Regular.ttf"
FACES = {
    "sans": "croscore/Arimo-Regular.ttf",
    "italic": "croscore/Tinos-Italic.ttf",
    "typewriter": TYPEWRITER,
    "bare typewriter": TYPEWRITER,
}
"""The typeface of each kind, else Times."""
FALLBACK = {
    "croscore/Cousine-Regular.ttf": "dejavu/DejaVuSansMono.ttf",
    "croscore/Tinos-Italic.ttf": "dejavu/DejaVuSerif-Italic.ttf",
}


@dataclass(frozen=True)
class Page:
    """An upright page. ``skew``: degrees it is known to have, None = not known. ``kind``: print kind or ``real``."""

    name: str
    raster: Raster
    skew: float | None
    kind: str
    tuned_on: bool = False


def real_pages(text_only: bool = True, documents: Container[str] | None = None) -> list[Page]:
    """The shared scans, upright as they come; versos without text left out on request. Empty where the folder is missing.

    ``documents``: only these, by file name without ending."""
    if not SHARED.is_dir():
        return []
    known = _references()
    wanted = [path for path in sorted(SHARED.glob("*.pdf")) if documents is None or path.stem in documents]
    return [page for path in wanted for page in _pages_of(path, known, text_only)]


def _references() -> dict[tuple[str, int], float | None]:
    rows = list(csv.reader(io.StringIO((SHARED / "skew_reference.csv").read_text("utf-8"))))[1:]
    return {(row[0].removesuffix(".pdf"), int(row[1])): float(row[4]) if row[4] else None for row in rows}


def _pages_of(path: Path, known: dict[tuple[str, int], float | None], text_only: bool) -> list[Page]:
    pages = []
    with pikepdf.open(path) as pdf:
        for number, sheet in enumerate(pdf.pages, 1):
            if text_only and f"{path.stem} {number}" in BLANK_VERSOS:
                continue
            raster = _largest(sheet)
            pages.append(Page(f"{path.stem} {number}", raster, known.get((path.stem, number)), "real", path.stem in TUNED_ON))
    return pages


BLANK_VERSOS = {"chi-thi-11 4", "cong-van-299 2", "quyet-dinh-84 4", "to-trinh-22 2", "to-trinh-24 2"}


def _largest(sheet: Any) -> Raster:
    best = max(sheet.get_images().values(), key=lambda image: int(image.Width) * int(image.Height))
    image = pikepdf.PdfImage(best).as_pil_image()
    wide_inch = float(sheet.mediabox[2] - sheet.mediabox[0]) / 72
    dpi = float(round(image.width / wide_inch / 50) * 50)
    if image.mode in {"1", "L"}:
        return Raster(np.array(image.convert("L")), (dpi, dpi), "bitonal" if image.mode == "1" else "gray")
    return Raster(np.ascontiguousarray(np.array(image.convert("RGB"))[..., ::-1]), (dpi, dpi), "color")


@cache
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    path = FONTS / face
    return ImageFont.truetype(str(path if path.exists() else FONTS / FALLBACK.get(face, "dejavu/DejaVuSerif.ttf")), size)


def typeset(kind: str, stock: str, seed: int) -> Page:
    """An A4 page of a kind upon a stock: printed, faded, with its verso showing through, as a scanner would see it."""
    rng = np.random.default_rng(seed)
    ink = _inked(kind, rng)
    verso = cv2.GaussianBlur(_inked("print", rng)[:, ::-1], (0, 0), 3)
    density = np.clip(ink * rng.uniform(0.6, 0.95) + verso * rng.uniform(0, 0.12), 0, 1)
    density = cv2.GaussianBlur(density, (0, 0), rng.uniform(0.6, 1.1))
    page = np.array(STOCKS[stock], np.float32) * (1 - density[..., None] * 0.9)
    page += rng.normal(0, rng.uniform(1, 4), page.shape[:2]).astype(np.float32)[..., None]
    pixels = np.clip(page, 0, 255).astype(np.uint8)
    return Page(f"{kind} {stock} {seed}", Raster(pixels, (DPI, DPI), "color"), 0.0, kind)


def _inked(kind: str, rng: np.random.Generator) -> np.ndarray:
    wide, high = (round(mm * DPI / 25.4) for mm in A4_MM)
    sheet = Image.new("L", (wide, high), 0)
    draw = ImageDraw.Draw(sheet)
    size = int(rng.integers(44, 60))
    font, pitch = _font(FACES.get(kind, TIMES), size), int(size * rng.uniform(1.25, 2.0))
    left, top, right = int(rng.integers(300, 400)), int(rng.integers(200, 420)), wide - int(rng.integers(160, 260))
    lines = int(rng.integers(3, 7)) if kind == "sparse" else 99
    if kind == "table":
        _table(draw, font, (left, top, right, high - 400), rng)
    else:
        _lines(draw, font, kind, (left, top, right, min(high - 250, top + lines * pitch)), pitch, rng)
    return np.asarray(sheet, np.float32) / 255


def _lines(
    draw: ImageDraw.ImageDraw, font: Any, kind: str, box: tuple[int, int, int, int], pitch: int, rng: np.random.Generator
) -> None:
    left, top, right, bottom = box
    place, y = int(rng.integers(0, len(TEXT))), top
    x: float = left + 120
    while y + pitch <= bottom:
        word = _worded(TEXT[place % len(TEXT)], kind)
        width = draw.textlength(word + " ", font=font)
        if x + width > right or (word.endswith(".") and rng.random() < 0.5):
            x, y = left, y + pitch
            continue
        draw.text((x, y), word, fill=255, font=font)
        x, place = x + width, place + 1


def _worded(word: str, kind: str) -> str:
    if kind == "digits":
        return f"{sum(word.encode()) % 9973:,}".replace(",", ".")
    if kind.startswith("bare"):
        bare = "".join(letter for letter in unicodedata.normalize("NFD", word) if not unicodedata.combining(letter))
        word = bare.replace("đ", "d").replace("Đ", "D")
    return word.upper() if kind.endswith("capitals") else word


def _table(draw: ImageDraw.ImageDraw, font: Any, box: tuple[int, int, int, int], rng: np.random.Generator) -> None:
    left, top, right, bottom = box
    columns = [left, left + 140, left + 1000, left + 1350, right]
    high = int(rng.integers(90, 130))
    for row, y in enumerate(range(top, bottom, high)):
        draw.line((left, y, right, y), fill=255, width=4)
        start = int(rng.integers(0, len(TEXT) - 4))
        cells = (
            str(row + 1),
            " ".join(TEXT[start : start + 4]),
            f"{rng.integers(1, 999)}.{rng.integers(100, 999)}",
            TEXT[start],
        )
        for x, cell in zip(columns, cells, strict=False):
            draw.text((x + 15, y + 15), cell, fill=255, font=font)
    for x in columns:
        draw.line((x, top, x, y), fill=255, width=4)


def turned(raster: Raster, degrees: float) -> Raster:
    """The page turned so that its text falls ``degrees`` further to the right, on a canvas that keeps all of it."""
    pixels = raster.pixels
    high, wide = pixels.shape[:2]
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    size = int(np.ceil(wide * abs(c) + high * abs(s))), int(np.ceil(wide * abs(s) + high * abs(c)))
    move = np.array([[c, -s, 0], [s, c, 0]])
    move[:, 2] = (np.array(size) - 1) / 2 - move[:, :2] @ ((np.array([wide, high]) - 1) / 2)
    paper = [float(value) for value in np.atleast_1d(np.median(pixels[::8, ::8].reshape(-1, *pixels.shape[2:]), axis=0))]
    moved = cv2.warpAffine(pixels, move, size, flags=cv2.INTER_CUBIC, borderValue=paper)
    if raster.mode == "bitonal":
        moved = cv2.threshold(moved, 127, 255, cv2.THRESH_BINARY)[1]
    return Raster(np.asarray(moved, np.uint8), raster.dpi, raster.mode)


def quarter_turned(raster: Raster, quarters: int) -> Raster:
    """Turned by whole quarters anticlockwise: ``90 * quarters`` is the clockwise turn that makes it upright again."""
    return Raster(np.ascontiguousarray(np.rot90(raster.pixels, quarters)), raster.dpi, raster.mode)


BACKINGS = {"black": (24, 22, 22), "grey": (128, 126, 124), "white": (238, 240, 240)}


@dataclass(frozen=True)
class Scan:
    """A sheet on a backing. ``corners``: TL, TR, BR, BL of the sheet in px of the scan."""

    raster: Raster
    corners: np.ndarray
    degrees: float


def laid(page: Page, backing: str, rng: np.random.Generator, reach: float = 5.0) -> Scan:
    """A page laid upon a backing by a random angle and place, with the backing's own shading and noise and, upon white, the
    thin shadow of the paper's edge (0.5 mm, darkest at the sheet)."""
    per_mm = page.raster.dpi[0] / 25.4
    pixels = page.raster.pixels if page.raster.pixels.ndim == 3 else cv2.cvtColor(page.raster.pixels, cv2.COLOR_GRAY2BGR)
    high, wide = pixels.shape[:2]
    degrees = float(rng.uniform(-reach, reach))
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    room = np.array([wide * c + high * abs(s), wide * abs(s) + high * c])
    margins = rng.uniform(3, 15, 4) * per_mm
    size = np.ceil(room + margins[:2] + margins[2:]).astype(int)
    move = np.array([[c, -s, 0.0], [s, c, 0.0]])
    move[:, 2] = margins[:2] + room / 2 - move[:, :2] @ (np.array([wide, high]) / 2)
    corners = np.array([[0, 0], [wide, 0], [wide, high], [0, high]]) @ move[:, :2].T + move[:, 2]
    return Scan(Raster(_seen(pixels, move, tuple(size), backing, rng, per_mm), page.raster.dpi, "color"), corners, degrees)


def _seen(
    pixels: np.ndarray, move: np.ndarray, size: tuple[int, ...], backing: str, rng: np.random.Generator, per_mm: float
) -> np.ndarray:
    wide, high = size
    centred = move.copy()
    centred[:, 2] += move[:, :2] @ [0.5, 0.5] - 0.5
    sheet = cv2.warpAffine(pixels, centred, (wide, high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE).astype(
        np.float32
    )
    cover = (
        cv2.warpAffine(np.full(pixels.shape[:2], 255, np.uint8), centred, (wide, high), flags=cv2.INTER_LINEAR).astype(
            np.float32
        )
        / 255
    )
    shade = np.linspace(rng.uniform(0.97, 1.03), rng.uniform(0.97, 1.03), wide, dtype=np.float32)[None, :, None]
    bed = np.array(BACKINGS[backing], np.float32) * shade * np.ones((high, 1, 1), np.float32)
    bed += rng.normal(0, 2, (high, wide, 1)).astype(np.float32)
    if backing == "white":
        far = cv2.distanceTransform((cover < 0.5).astype(np.uint8), cv2.DIST_L2, 3)
        bed -= (rng.uniform(10, 40) * np.clip(1 - far / (0.5 * per_mm), 0, 1) * (far > 0))[..., None]
    mixed = sheet * cover[..., None] + bed * (1 - cover[..., None])
    return np.clip(cv2.GaussianBlur(mixed, (0, 0), 0.7), 0, 255).astype(np.uint8)
