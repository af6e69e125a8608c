"""The page that stands in the place of one that cannot be read, so that order and count stay true."""

import textwrap

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from imaging.practice import FontMissing, find_faces
from imaging.values import Raster
from station.words import words

DPI = 100.0
SIZE = (827, 1169)  # A4


def placeholder(file: str, page: int, why: str) -> Raster:
    """A4, grey, ruled off, with the file's name, the page's number and the reason."""
    sheet = Image.new("L", SIZE, 250)
    draw = ImageDraw.Draw(sheet)
    draw.rectangle([40, 40, SIZE[0] - 40, SIZE[1] - 40], outline=120, width=3)
    draw.line([40, 40, SIZE[0] - 40, SIZE[1] - 40], fill=225, width=2)
    draw.line([40, SIZE[1] - 40, SIZE[0] - 40, 40], fill=225, width=2)
    lines = [words("convert.placeholder.title"), words("convert.placeholder.place", file=file, page=page)]
    lines += [words("convert.placeholder.why", why=why)]
    y = 430
    for text, size in zip(lines, (34, 22, 20), strict=True):
        for row in textwrap.wrap(text, 900 // size) or [""]:
            draw.text((SIZE[0] / 2, y), row, font=_face(size), fill=40, anchor="mm")
            y += round(size * 1.5)
    return Raster(np.array(sheet), (DPI, DPI), "gray")


def _face(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Any serif with Vietnamese letters; without one Pillow's own face, which at least shows digits and Latin letters."""
    try:
        return find_faces().at("b", size)
    except FontMissing:
        return ImageFont.load_default(size)
