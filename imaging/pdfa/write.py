"""Pages to one PDF/A-2b file: deterministic, validated, moved into place only when it passed.

Run it in a worker process: the validator counts every Python warning raised anywhere in the process as a violation
(``warnings`` is process-wide), and a threaded web process raises some at any time."""

import hashlib
import io
import os
import tempfile
import warnings
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, cast

import pikepdf
from pikepdf import Array, Dictionary, Name

from imaging.pdfa.font import InvisibleFont
from imaging.pdfa.layer import FONT_NAME, text_stream
from imaging.pdfa.layers import form
from imaging.pdfa.values import NotOurPdf, PageImage, PdfMetadata, PdfPage, PdfRefused, PdfReport
from imaging.values import PageText, Turn

FLAVOUR = "2b"
CHUNK_PAGES = 16
"""Pages held in memory at a time; the rest waits in files, so a file of 1,000 pages needs no more than one of 16."""

PAGE_PT = (3.0, 14400.0)
"""Sides a conforming page may have (ISO 19005-2 6.1.13): 1 mm to 5 m. A smaller scrap stands on a 1 mm page."""

PLACING: dict[Turn, str] = {
    0: "{w:.4f} 0 0 {h:.4f} 0 0", 90: "0 -{h:.4f} {w:.4f} 0 0 {h:.4f}",
    180: "-{w:.4f} 0 0 -{h:.4f} {w:.4f} {h:.4f}", 270: "0 {h:.4f} -{w:.4f} 0 {w:.4f} 0",
}  # fmt: skip


def get_ready() -> None:
    """Load what only the end of a file needs, a quarter of a second, by bringing an empty one to its end."""
    from pikepdf import pdfa  # noqa: PLC0415 - see _finish

    with pikepdf.new() as document:
        document.add_blank_page()
        document.pages[0].obj.Resources = Dictionary()
        _give_font(document, InvisibleFont())
        _dress(document, PdfMetadata("", datetime.fromtimestamp(0, UTC)))
        pdfa.save(document, io.BytesIO(), FLAVOUR, repair=False)


def write(pages: Iterable[PdfPage], out: Path, *, metadata: PdfMetadata, scratch: Path | None = None) -> PdfReport:
    """Write ``out`` (its folder must exist). ``pages`` is consumed once, in order, each written when it comes; ``scratch``:
    a folder for unfinished files, else that of ``out``.

    Raises PdfRefused when the result would not be PDF/A-2b or has no page; then nothing stands at ``out`` that did not
    before. OSError for a full disk or a missing folder."""
    font, words = InvisibleFont(), 0
    with tempfile.TemporaryDirectory(prefix=".sohoa-pdf-", dir=scratch or out.parent) as folder:
        parts: list[Path] = []
        rest = iter(pages)
        for first in rest:
            parts.append(Path(folder) / f"{len(parts)}.pdf")
            words += _write_chunk(chain((first,), islice(rest, CHUNK_PAGES - 1)), parts[-1], font)
        if not parts:
            raise PdfRefused(out, ("no pages",))
        with pikepdf.open(_joined(parts, Path(folder) / "all.pdf")) as document:
            _give_font(document, font)
            return _finish(document, out, metadata, words)


def replace_text(source: Path, texts: Iterable[PageText | None], out: Path, *, metadata: PdfMetadata) -> PdfReport:
    """A copy of ``source`` (written by :func:`write`) whose text layer says ``texts``, one a page; pictures untouched.

    ``out`` may be ``source``. Raises NotOurPdf, PdfRefused, ValueError where the number of texts is another."""
    font, words = InvisibleFont(), 0
    with pikepdf.open(source, allow_overwriting_input=True) as document:
        for page, text in zip(document.pages, texts, strict=True):
            words += _replace_page_text(document, page, text, font, source)
        _give_font(document, font)
        return _finish(document, out, metadata, words)


def _joined(parts: list[Path], whole: Path) -> Path:
    """All parts as one file, streamed by qpdf: ``Pdf.pages.extend`` would copy every picture into memory."""
    if len(parts) == 1:
        return parts[0]
    pikepdf.Job(["qpdf", "--empty", "--deterministic-id", "--pages", *map(str, parts), "--", str(whole)]).run()
    return whole


def _write_chunk(chunk: Iterable[PdfPage], path: Path, font: InvisibleFont) -> int:
    """Pages without their font, which is not known before the last page. Returns the number of words."""
    words = 0
    with pikepdf.new() as pdf:
        for page in chunk:
            words += _add_page(pdf, page, font)
        pdf.save(path, deterministic_id=True)  # the first half of /ID outlives every later save
    return words


def _add_page(pdf: pikepdf.Pdf, page: PdfPage, font: InvisibleFont) -> int:
    width, height = page.image.size_pt
    low, high = PAGE_PT
    pdf.add_blank_page(page_size=(min(high, max(low, round(width, 3))), min(high, max(low, round(height, 3)))))
    target = pdf.pages[-1]
    placing = PLACING[page.image.turn].format(w=width, h=height)
    target.obj.Resources = Dictionary(XObject=Dictionary(Page=_image(pdf, page.image)))
    content, words = _text(page.text, (width, height), font)
    target.obj.Contents = Array([pdf.make_stream(f"q {placing} cm /Page Do Q".encode()), pdf.make_stream(content)])
    return words


def _text(text: PageText | None, size_pt: tuple[float, float], font: InvisibleFont) -> tuple[bytes, int]:
    return text_stream(text, size_pt, font) if text is not None and text.lines else (b"", 0)


def _image(pdf: pikepdf.Pdf, image: PageImage) -> pikepdf.Object:
    if image.codec == "layers":
        return form(pdf, image)
    space: Any = Name.DeviceRGB if image.colours == 3 else Name.DeviceGray
    if image.icc:
        profile = pdf.make_stream(image.icc, N=image.colours)
        space = Array([Name.ICCBased, profile])
    stream = pdf.make_stream(
        image.data, Type=Name.XObject, Subtype=Name.Image, Width=image.width, Height=image.height,
        BitsPerComponent=1 if image.codec == "g4" else 8, ColorSpace=space,
        Filter=Name.CCITTFaxDecode if image.codec == "g4" else Name.DCTDecode,
    )  # fmt: skip
    if image.codec == "g4":
        stream.DecodeParms = Dictionary(K=-1, Columns=image.width, Rows=image.height)
    return stream


def _give_font(document: pikepdf.Pdf, font: InvisibleFont) -> None:
    embedded = font.embed(document)
    for page in document.pages:
        page.obj.Resources.Font = Dictionary({f"/{FONT_NAME}": embedded})


def _replace_page_text(
    document: pikepdf.Pdf, page: pikepdf.Page, text: PageText | None, font: InvisibleFont, source: Path
) -> int:
    contents = page.obj.get("/Contents")
    ours = isinstance(contents, Array) and len(contents) == 2 and f"/{FONT_NAME}" in page.resources.get("/Font", {})
    if not ours:
        raise NotOurPdf(source, ("the text layer was not written by this program",))
    x0, y0, x1, y1 = (float(v) for v in page.mediabox)
    content, words = _text(text, (x1 - x0, y1 - y0), font)
    cast(Any, contents)[1] = document.make_stream(content)
    return words


# --- dressing, validating, moving into place -----------------------------------------------------------------------


def _finish(document: pikepdf.Pdf, out: Path, metadata: PdfMetadata, words: int) -> PdfReport:
    from pikepdf import pdfa  # noqa: PLC0415 - 0.3 s that workers who only code pages need not spend

    _dress(document, metadata)
    pages = len(document.pages)
    try:
        with warnings.catch_warnings():
            report = pdfa.save(document, out, FLAVOUR, repair=False, deterministic_id=True)
    except pdfa.PdfaError as refusal:
        raise PdfRefused(out, tuple(str(f) for f in refusal.report.findings)) from refusal
    _sync(out)
    return PdfReport(out, pages, words, out.stat().st_size, _sha256(out), findings=tuple(str(f) for f in report.findings))


def _dress(document: pikepdf.Pdf, metadata: PdfMetadata) -> None:
    """XMP, document information, output intent. ``prepare`` stamps the present time, which is then overwritten."""
    from pikepdf import pdfa  # noqa: PLC0415 - see _finish

    when = metadata.created.isoformat(timespec="seconds")
    document.Root.Lang = metadata.language
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as xmp:
        xmp["dc:title"] = metadata.title
        xmp["dc:language"] = [metadata.language]
        if metadata.creators:
            xmp["dc:creator"] = list(metadata.creators)
        if metadata.subject:
            xmp["dc:description"] = metadata.subject
        if metadata.keywords:
            xmp["pdf:Keywords"] = metadata.keywords
        xmp["xmp:CreateDate"] = xmp["xmp:ModifyDate"] = when
        xmp["xmp:CreatorTool"] = xmp["pdf:Producer"] = metadata.tool
    pdfa.prepare(document, FLAVOUR)
    with document.open_metadata(set_pikepdf_as_editor=False, update_docinfo=True) as xmp:
        xmp["xmp:MetadataDate"] = when


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
