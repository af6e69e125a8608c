"""Files as other programs leave them: pictures, TIFFs and PDFs with Vietnamese names, and the broken ones."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
from PIL import Image, ImageDraw

DPI = 100
SIZE = (827, 1169)


def sheet(number: int, size: tuple[int, int] = SIZE) -> Image.Image:
    """A page with its number as a bar code of blocks in the upper left corner, and lines of text-like strokes."""
    picture = Image.new("RGB", size, (246, 244, 238))
    draw = ImageDraw.Draw(picture)
    for bit in range(12):
        if number >> bit & 1:
            draw.rectangle((60 + 40 * bit, 60, 90 + 40 * bit, 90), fill=(20, 20, 20))
    rng = np.random.default_rng(number)
    for line in range(14):
        x = 90
        while x < 700:
            width = int(rng.integers(14, 60))
            draw.rectangle((x, 200 + 60 * line, x + width, 214 + 60 * line), fill=(40, 40, 46))
            x += width + 12
    return picture


def number_of(pixels: np.ndarray[Any, Any]) -> int:
    """The number drawn on a page of 100 dpi, of any scale."""
    grey = pixels if pixels.ndim == 2 else pixels.mean(axis=2)
    scale = grey.shape[1] / SIZE[0]
    marks = [grey[int(75 * scale), int((75 + 40 * bit) * scale)] < 128 for bit in range(12)]
    return sum(1 << bit for bit, dark in enumerate(marks) if dark)


def jpeg(number: int, *, dpi: int | None = DPI, exif: Image.Exif | None = None) -> bytes:
    out = io.BytesIO()
    more: dict[str, Any] = {"dpi": (dpi, dpi)} if dpi else {}
    sheet(number).save(out, "JPEG", quality=88, **more, **({"exif": exif} if exif is not None else {}))
    return out.getvalue()


def png(number: int) -> bytes:
    out = io.BytesIO()
    sheet(number).save(out, "PNG", dpi=(DPI, DPI))
    return out.getvalue()


def tiff(*numbers: int, mode: str = "RGB", compression: str = "tiff_lzw") -> bytes:
    out = io.BytesIO()
    first, *rest = [sheet(number).convert(mode) for number in numbers]
    first.save(
        out, "TIFF", save_all=True, append_images=rest, compression=compression, dpi=(DPI, DPI), software="May quet cu 2.1"
    )
    return out.getvalue()


def pdf(*pages: tuple[str, int]) -> bytes:
    """``("scan", n)``: a page that is one JPEG; ``("turned", n)``: the same, shown turned by 90; ``("drawn", n)``: vectors."""
    made = pikepdf.new()
    for kind, number in pages:
        made.add_blank_page(page_size=(SIZE[0] * 72 / DPI, SIZE[1] * 72 / DPI))
        page = made.pages[-1]
        if kind == "drawn":
            page.Contents = made.make_stream(_drawing(number))
            continue
        image = made.make_stream(jpeg(number), {"/Type": pikepdf.Name.XObject, "/Subtype": pikepdf.Name.Image,
                                 "/Width": SIZE[0], "/Height": SIZE[1], "/BitsPerComponent": 8,
                                 "/ColorSpace": pikepdf.Name.DeviceRGB, "/Filter": pikepdf.Name.DCTDecode})  # fmt: skip
        page.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(Im0=image))
        page.Contents = made.make_stream(f"q {SIZE[0] * 72 / DPI} 0 0 {SIZE[1] * 72 / DPI} 0 0 cm /Im0 Do Q".encode())
        if kind == "turned":
            page.Rotate = 90
    made.docinfo["/Producer"] = "Phần mềm quét cũ"
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _drawing(number: int) -> bytes:
    scale, top = 72 / DPI, SIZE[1] * 72 / DPI
    boxes = [(60 + 40 * bit, 60, 30, 30) for bit in range(12) if number >> bit & 1]
    boxes += [(90, 200 + 60 * line, 500, 14) for line in range(14)]
    return "\n".join(f"{x * scale} {top - (y + h) * scale} {w * scale} {h * scale} re f" for x, y, w, h in boxes).encode()


def encrypted() -> bytes:
    made = pikepdf.open(io.BytesIO(pdf(("drawn", 1))))
    out = io.BytesIO()
    made.save(out, encryption=pikepdf.Encryption(owner="chu", user="khach"))
    return out.getvalue()


def lay(folder: Path, **files: bytes) -> Path:
    """Files by name (``__`` stands for the dot)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name.replace("__", ".")).write_bytes(data)
    return folder
