"""PDF pages. A page that is one full-page scan gives that scan, losslessly; any other page is rendered.

"One scan" means: the content paints exactly one image, upright or turned by quarters, that covers the page box within
``EDGE_TOLERANCE_PT``; invisible text (render mode 3, an OCR layer) does not count; no visible annotation lies on it.
A signature line or stamp laid over the scan, a second layer, vector text: then the page a reader sees is the
*rendering*, and leaving the overlay out would lose what is on the page. It is drawn by pdfium at the scan's own
resolution, so that the pixel grids coincide, else at ``RENDER_DPI``; the page says so in ``warnings``."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import pikepdf

from imaging.load_image import CV2_TURNS, decoder_faults, icc_name, jpeg_page, to_pixels
from imaging.load_model import (
    BadPage,
    BrokenPdf,
    CmykImage,
    Damaged,
    EncryptedPdf,
    Fact,
    LoadedPage,
    LoadError,
    check_size,
)
from imaging.values import Mode, Pixels, Raster, Turn

if TYPE_CHECKING:
    import pypdfium2

RENDER_DPI = 300.0
SCAN_DPI = (140.0, 620.0)
"""A page is rendered at its scan's resolution within these; outside, at RENDER_DPI."""

EDGE_TOLERANCE_PT = 1.5
"""0.5 mm: scanners' page boxes are rounded to whole points."""

ANNOTATION_HIDDEN = 0b100010
"""Hidden (bit 2) and NoView (bit 6), ISO 32000-1 table 165."""

NOT_PAINTING = {"q", "Q", "cm", "gs", "BT", "ET", "Tf", "Tr", "Tm", "Td", "TD", "T*", "Tc", "Tw", "Tz", "TL", "Ts",
                "BMC", "BDC", "EMC", "MP", "DP", "w", "J", "j", "M", "d", "ri", "i", "g", "G", "rg", "RG", "k", "K",
                "cs", "CS", "sc", "SC", "scn", "SCN", "n", "BX", "EX"}  # fmt: skip
SHOWING_TEXT = {"Tj", "TJ", "'", '"'}
INVISIBLE = 3

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class _Scan:
    """The one image of a page: its object, where it stands (px per point in x and y), and how it is turned."""

    image: pikepdf.Object
    dpi: tuple[float, float]
    turn: Turn


class _NotOneScan(Exception):
    """Carries why the page must be rendered: a stable word."""


def page_count(path: Path) -> int:
    """Raises EncryptedPdf, BrokenPdf."""
    with _opened(path) as pdf:
        return len(pdf.pages)


def pdf_pages(path: Path, limit_mp: float, only: int | None = None) -> Iterator[LoadedPage | BadPage]:
    """Pages of a PDF, lazily. Raises EncryptedPdf, BrokenPdf before the first."""
    with _opened(path) as pdf, _Renderer(path) as renderer:
        for number in [only] if only else range(1, len(pdf.pages) + 1):
            try:
                with decoder_faults(path, number):
                    page = _page(pdf.pages[number - 1], renderer, path, number, limit_mp)
            except LoadError as error:
                yield BadPage(number, error)
            except (pikepdf.PdfError, AttributeError) as fault:
                yield BadPage(number, BrokenPdf(path, str(fault), number))
            else:
                yield _with_repairs(pdf, page)


@contextmanager
def _opened(path: Path) -> Iterator[pikepdf.Pdf]:
    try:
        pdf = pikepdf.open(path, suppress_warnings=True)
        pages = len(pdf.pages)
    except pikepdf.PasswordError as fault:
        raise EncryptedPdf(path, str(fault)) from fault
    except (pikepdf.PdfError, OSError, ValueError, AttributeError) as fault:
        raise BrokenPdf(path, str(fault)) from fault
    with pdf:
        if not pages:
            raise BrokenPdf(path, "no pages")
        yield pdf


def _with_repairs(pdf: pikepdf.Pdf, page: LoadedPage) -> LoadedPage:
    """qpdf mended the file's structure to read it: say so, pages may be missing behind it."""
    if not pdf.get_warnings() and "pdf_repaired" not in page.warnings:
        return page
    return LoadedPage(page.number, page.raster, page.original, page.original_mime, page.turn,
                      (*page.warnings, "pdf_repaired"), page.facts)  # fmt: skip


def _page(page: pikepdf.Page, renderer: "_Renderer", path: Path, number: int, limit_mp: float) -> LoadedPage:
    try:
        scan = _one_scan(page, path, number)
    except _NotOneScan as why:
        return renderer.page(page, number, limit_mp, f"rendered:{why}")
    check_size(int(scan.image.Width), int(scan.image.Height), limit_mp, path, number)
    return _from_scan(scan, path, number) or renderer.page(page, number, limit_mp, "rendered:codec")


# --- is the page one scan? ---------------------------------------------------------------------------------------


def _one_scan(page: pikepdf.Page, path: Path, number: int) -> _Scan:
    if any(_is_visible(note) for note in page.obj.get("/Annots", [])):
        raise _NotOneScan("annotations")
    image, matrix = _sole_image(page)
    if image.get("/SMask") is not None or image.get("/Mask") is not None or bool(image.get("/ImageMask", False)):
        raise _NotOneScan("mask")
    if _components(image) == 4:
        raise CmykImage(path, "DeviceCMYK image", number)
    box, rotate, unit = _view(page)
    width, height = _covering(matrix, box)
    turn = cast(Turn, (_turn_of(matrix) + rotate) % 360)
    dpi = (_dots(image.Width, width * unit), _dots(image.Height, height * unit))
    return _Scan(image, dpi, turn)


def _dots(pixels: Any, points: float) -> float:
    """Dots per inch; page boxes are rounded to 1/100 pt, so the third digit means nothing."""
    return round(int(pixels) / points * 72, 2)


def _view(page: pikepdf.Page) -> tuple[tuple[float, float, float, float], int, float]:
    """Visible box in points, /Rotate (clockwise), and the size of a user unit."""
    x0, y0, x1, y1 = (float(v) for v in page.cropbox)
    rotate = (
        int(page.obj.get("/Rotate", 0)) if "/Rotate" in page.obj else int(page.rotation if hasattr(page, "rotation") else 0)
    )
    return (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)), rotate % 360, float(page.obj.get("/UserUnit", 1))


def _is_visible(note: Any) -> bool:
    if int(note.get("/F", 0)) & ANNOTATION_HIDDEN or str(note.get("/Subtype", "")) in ("/Link", "/Popup"):
        return False
    x0, y0, x1, y1 = (float(v) for v in note.get("/Rect", [0, 0, 0, 0]))
    return abs(x1 - x0) > 0 and abs(y1 - y0) > 0 and "/AP" in note


def _sole_image(page: pikepdf.Page) -> tuple[pikepdf.Object, Matrix]:
    """The only thing painted, and its matrix; raises _NotOneScan for anything else."""
    found: list[tuple[pikepdf.Object, Matrix]] = []
    stack: list[Matrix] = []
    matrix, render_mode = IDENTITY, 0
    resources = page.resources
    for step in pikepdf.parse_content_stream(page):
        operands: Any = step.operands
        name = str(step.operator)
        if name == "q":
            stack.append(matrix)
        elif name == "Q":
            matrix = stack.pop() if stack else IDENTITY
        elif name == "cm":
            matrix = _times(cast(Matrix, tuple(float(v) for v in operands)), matrix)
        elif name == "Tr":
            render_mode = int(operands[0])
        elif name == "Do":
            found.append((_image_named(resources, str(operands[0])), matrix))
        else:
            _refuse_painting(name, render_mode)
    if len(found) != 1:
        raise _NotOneScan("layers" if found else "no_image")
    return found[0]


def _refuse_painting(name: str, render_mode: int) -> None:
    if name in NOT_PAINTING or (name in SHOWING_TEXT and render_mode == INVISIBLE):
        return
    raise _NotOneScan("text" if name in SHOWING_TEXT else "drawing")


def _image_named(resources: Any, name: str) -> pikepdf.Object:
    image = resources.XObject[name]
    if image.get("/Subtype") != "/Image":
        raise _NotOneScan("layers")
    return cast(pikepdf.Object, image)


def _times(a: Matrix, b: Matrix) -> Matrix:
    return (a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
            a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5])  # fmt: skip


def _turn_of(m: Matrix) -> int:
    """Clockwise quarter turns of the unit square; raises _NotOneScan for skewed or mirrored placing."""
    a, b, c, d = (0 if abs(v) < 1e-6 * max(map(abs, m[:4])) else (1 if v > 0 else -1) for v in m[:4])
    turns = {(1, 0, 0, 1): 0, (0, -1, 1, 0): 90, (-1, 0, 0, -1): 180, (0, 1, -1, 0): 270}
    if (a, b, c, d) not in turns:
        raise _NotOneScan("transformed")
    return turns[a, b, c, d]


def _covering(m: Matrix, box: tuple[float, float, float, float]) -> tuple[float, float]:
    """Length in points of the image's own x and y axis, when it fills the page box."""
    x0, x1 = sorted((m[4], m[4] + m[0] + m[2]))
    y0, y1 = sorted((m[5], m[5] + m[1] + m[3]))
    if max(abs(p - q) for p, q in zip((x0, y0, x1, y1), box, strict=True)) > EDGE_TOLERANCE_PT:
        raise _NotOneScan("partial")
    return float(np.hypot(m[0], m[1])), float(np.hypot(m[2], m[3]))


# --- the scan itself ---------------------------------------------------------------------------------------------


def _components(image: pikepdf.Object) -> int:
    space = image.get("/ColorSpace")
    if space is None:
        return 0
    if isinstance(space, pikepdf.Array):
        if str(space[0]) == "/ICCBased":
            return int(space[1].get("/N", 0))
        return {"/CalRGB": 3, "/CalGray": 1, "/Lab": 3}.get(str(space[0]), 0)
    return {"/DeviceRGB": 3, "/DeviceGray": 1, "/DeviceCMYK": 4}.get(str(space), 0)


def _filters(image: pikepdf.Object) -> list[str]:
    stated = image.get("/Filter")
    if stated is None:
        return []
    return [str(f) for f in stated] if isinstance(stated, pikepdf.Array) else [str(stated)]


def _is_plain(image: pikepdf.Object) -> bool:
    """No inverted /Decode, and a colour space whose numbers are the picture's own."""
    inverted = image.get("/Decode") is not None and [float(v) for v in image.Decode] != [0.0, 1.0] * _components(image)
    return not inverted and _components(image) in (1, 3)


def _from_scan(scan: _Scan, path: Path, number: int) -> LoadedPage | None:
    """None: a codec that only the renderer knows (JPEG 2000, JBIG2), or an unusual colour space."""
    filters = _filters(scan.image)
    if not _is_plain(scan.image):
        return None
    if filters in (["/DCTDecode"], ["/FlateDecode", "/DCTDecode"]):
        return _from_jpeg(scan, path, number)
    if set(filters) <= {"/FlateDecode", "/LZWDecode", "/RunLengthDecode", "/CCITTFaxDecode"}:
        return _from_pixels(scan, path, number)
    return None


def _from_jpeg(scan: _Scan, path: Path, number: int) -> LoadedPage:
    data = scan.image.read_raw_bytes()
    if len(_filters(scan.image)) == 2:  # some writers deflate the JPEG once more
        data = _inflated(data, path, number)
    return jpeg_page(data, path, number, scan.dpi, turn=scan.turn, facts=_facts(scan))


def _inflated(data: bytes, path: Path, number: int) -> bytes:
    try:
        return zlib.decompress(data)
    except zlib.error as fault:
        raise Damaged(path, str(fault), number) from fault


def _from_pixels(scan: _Scan, path: Path, number: int) -> LoadedPage:
    image = pikepdf.PdfImage(cast(Any, scan.image)).as_pil_image()
    pixels, mode, notes = to_pixels(image, path, number)
    return LoadedPage(number, _turned(Raster(pixels, scan.dpi, mode), scan.turn), warnings=notes, facts=_facts(scan))


def _turned(raster: Raster, turn: Turn) -> Raster:
    if not turn:
        return raster
    dpi = (raster.dpi[1], raster.dpi[0]) if turn in (90, 270) else raster.dpi
    return Raster(cast(Pixels, cv2.rotate(raster.pixels, CV2_TURNS[turn])), dpi, raster.mode)


def _facts(scan: _Scan) -> dict[str, Fact]:
    facts: dict[str, Fact] = {"format": "PDF", "codec": "+".join(f.strip("/") for f in _filters(scan.image)) or "none"}
    space = scan.image.get("/ColorSpace")
    if isinstance(space, pikepdf.Array) and str(space[0]) == "/ICCBased":
        facts["icc"] = icc_name(space[1].read_bytes())
    return facts


# --- rendering ---------------------------------------------------------------------------------------------------


class _Renderer:
    """pdfium on the same file, opened only when a page needs it. Not for threads: pdfium has one global state."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pdf: pypdfium2.PdfDocument | None = None

    def __enter__(self) -> "_Renderer":
        return self

    def __exit__(self, *_: object) -> None:
        if self._pdf is not None:
            self._pdf.close()

    def page(self, page: pikepdf.Page, number: int, limit_mp: float, note: str) -> LoadedPage:
        """Raises TooLarge before rendering; BrokenPdf."""
        import pypdfium2  # noqa: PLC0415 - as long as a page takes to load, and most are scans that need no drawing

        try:
            return self._page(self._dpi(page), number, limit_mp, note)
        except pypdfium2.PdfiumError as fault:
            raise BrokenPdf(self._path, str(fault), number) from fault

    def _page(self, dpi: float, number: int, limit_mp: float, note: str) -> LoadedPage:
        sheet = self._document()[number - 1]
        try:
            width, height = (side * dpi / 72 for side in sheet.get_size())
            check_size(round(width), round(height), limit_mp, self._path, number)
            pixels, mode = _drawn(sheet, dpi)
        finally:
            sheet.close()
        facts: dict[str, Fact] = {"format": "PDF", "codec": "rendered", "render_dpi": dpi}
        return LoadedPage(number, Raster(pixels, (dpi, dpi), mode), warnings=(note,), facts=facts)

    def _document(self) -> Any:
        import pypdfium2  # noqa: PLC0415 - see page

        if self._pdf is None:
            self._pdf = pypdfium2.PdfDocument(self._path)
            self._pdf.init_forms()  # signature fields are drawn by the form environment
        return self._pdf

    def _dpi(self, page: pikepdf.Page) -> float:
        """Resolution of the page's scan where it has one; exactly that, so that pixels fall on pixels."""
        try:
            image, matrix = _sole_image(page)
            box, _, unit = _view(page)
            width, _ = _covering(matrix, box)
        except (_NotOneScan, AttributeError, KeyError, ValueError):
            return RENDER_DPI
        dpi = _dots(image.Width, width * unit)
        return dpi if SCAN_DPI[0] <= dpi <= SCAN_DPI[1] else RENDER_DPI


def _drawn(sheet: Any, dpi: float) -> tuple[Pixels, Mode]:
    # pdfium rounds the size up: a hair less keeps 2471.0000001 at 2471.
    bitmap = sheet.render(scale=dpi / 72 * (1 - 1e-7), may_draw_forms=True, draw_annots=True)
    try:
        pixels = bitmap.to_numpy()[..., :3].copy()
    finally:
        bitmap.close()
    if pixels.shape[-1] == 1:
        return pixels[..., 0], "gray"
    return _simplest(pixels)


def _simplest(pixels: Pixels) -> tuple[Pixels, Mode]:
    """Grey when no pixel has a colour: a bitonal or grey scan stays small."""
    blue, green, red = cv2.split(pixels)
    if np.array_equal(blue, green) and np.array_equal(green, red):
        return cast(Pixels, blue), "gray"
    return pixels, "color"
