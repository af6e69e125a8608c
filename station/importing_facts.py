"""What a file says of its maker: EXIF, TIFF and PNG notes, a PDF's information dictionary. Kept as said, never believed."""

from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
from PIL import Image

_NOTES = {
    270: "description", 271: "make", 272: "model", 285: "page_name", 305: "software", 306: "changed_at",
    315: "artist", 36867: "taken_at", 36881: "offset",
}  # fmt: skip
"""EXIF 2.32 and TIFF 6.0 tags, in the first directory or the EXIF one. Where a picture was taken is nobody's business here."""
_EXIF_DIRECTORY = 0x8769
_PNG_NOTES = {"Software": "software", "Creation Time": "taken_at", "Author": "artist", "Description": "description"}
_PDF_NOTES = {
    "/Producer": "producer", "/Creator": "software", "/CreationDate": "created_at", "/ModDate": "changed_at",
    "/Title": "title", "/Author": "author",
}  # fmt: skip
_LONGEST = 300


def file_facts(path: Path, kind: str) -> dict[str, Any]:
    """Facts of a JPEG, PNG, TIFF or PDF; whatever cannot be read is left out."""
    try:
        return _pdf(path) if kind == "pdf" else _image(path)
    except (OSError, ValueError, KeyError, TypeError, SyntaxError, AttributeError, pikepdf.PdfError):
        return {}


def pdf_text(path: Path, number: int) -> str:
    """The visible and invisible text of a page as its fonts name it; "" where there is none or it cannot be read."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError:
        return ""
    try:
        return str(document[number - 1].get_textpage().get_text_range())
    except pypdfium2.PdfiumError:
        return ""
    finally:
        document.close()


def _image(path: Path) -> dict[str, Any]:
    with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as image:
        exif = image.getexif()
        found = {_NOTES[tag]: value for tag, value in {**exif, **exif.get_ifd(_EXIF_DIRECTORY)}.items() if tag in _NOTES}
        found |= {_PNG_NOTES[name]: value for name, value in image.info.items() if name in _PNG_NOTES}
        said = {name: _plain(value) for name, value in found.items()}
        said["compression"] = _plain(image.info.get("compression", ""))
    return {name: value for name, value in said.items() if value}


def _pdf(path: Path) -> dict[str, Any]:
    with pikepdf.open(path, suppress_warnings=True) as pdf:
        info = pdf.docinfo
        said: dict[str, Any] = {name: _plain(info[key]) for key, name in _PDF_NOTES.items() if key in info}
        said["pdf_version"] = pdf.pdf_version
        form = pdf.Root.get("/AcroForm")
        if form is not None and int(form.get("/SigFlags", 0)) & 1:
            said["signed"] = True  # a signature is lost on the pages taken out; the file itself is kept
        if len(pdf.attachments):
            said["attachments"] = len(pdf.attachments)
    return {name: value for name, value in said.items() if value}


def _plain(value: Any) -> str:
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return "".join(letter for letter in text if letter.isprintable()).strip()[:_LONGEST]
