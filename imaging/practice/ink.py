"""Coloured ink: the red round seal, a signature, a number written by hand. All drawn here; none is anyone's.

The seal says CON DẤU TẬP (practice seal) in its ring and its middle, so that no picture of it can pass for a real one."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from imaging.practice.fonts import Faces
from imaging.practice.sheet import mm, px
from imaging.values import Box

Cover = NDArray[np.float32]
"""0..1 per pixel: how much of the paper the ink hides."""

SEAL_INK = (52, 38, 205)
PEN_INK = (150, 62, 30)
PENCIL_INK = (96, 92, 90)
"""B, G, R."""

SEAL_MM = 34.0
RING_TEXT = "CON DẤU TẬP ★ CHỈ DÙNG ĐỂ LUYỆN QUÉT ★ "


def seal(faces: Faces, rng: np.random.Generator) -> Cover:
    """A stamped seal, slightly turned, unevenly inked. Square, side ``SEAL_MM`` and a margin."""
    side = mm(SEAL_MM + 4)
    centre, radius = side / 2, mm(SEAL_MM) / 2
    plate = Image.new("L", (side, side), 0)
    draw = ImageDraw.Draw(plate)
    for share, width in ((1.0, mm(0.7)), (0.93, mm(0.25)), (0.62, mm(0.3))):
        r = radius * share
        draw.ellipse([centre - r, centre - r, centre + r, centre + r], outline=255, width=width)
    _ring(plate, faces, centre, radius * 0.775)
    _star(draw, centre, centre - radius * 0.2, radius * 0.28)
    for row, text in enumerate(("CON DẤU", "TẬP")):
        draw.text((centre, centre + radius * (0.2 + row * 0.2)), text, font=faces.at("b", px(8)), fill=255, anchor="mm")
    turned = plate.rotate(float(rng.uniform(-8, 8)), Image.Resampling.BICUBIC)
    return _inked((np.asarray(turned, np.float32) / 255).astype(np.float32), rng, 0.86)


def _ring(plate: Image.Image, faces: Faces, centre: float, radius: float) -> None:
    font, step = faces.at("b", px(8.5)), 360 / len(RING_TEXT)
    for index, char in enumerate(RING_TEXT):
        tile = Image.new("L", (mm(5), mm(5)), 0)
        if char == "★":
            _star(ImageDraw.Draw(tile), mm(2.5), mm(2.5), mm(1.1))
        else:
            ImageDraw.Draw(tile).text((mm(2.5), mm(2.5)), char, font=font, fill=255, anchor="mm")
        angle = -90 + (index - len(RING_TEXT) / 2) * step
        tile = tile.rotate(-(angle + 90), Image.Resampling.BICUBIC)
        x = centre + radius * math.cos(math.radians(angle)) - mm(2.5)
        y = centre + radius * math.sin(math.radians(angle)) - mm(2.5)
        plate.paste(255, (round(x), round(y)), tile)


def _star(draw: ImageDraw.ImageDraw, x: float, y: float, radius: float) -> None:
    points = []
    for corner in range(10):
        r = radius if corner % 2 == 0 else radius * 0.4
        angle = math.radians(-90 + corner * 36)
        points.append((x + r * math.cos(angle), y + r * math.sin(angle)))
    draw.polygon(points, fill=255)


def _inked(cover: Cover, rng: np.random.Generator, strength: float) -> Cover:
    """Rubber takes ink in patches: low-frequency clouds and a fine grain."""
    h, w = cover.shape
    clouds = cv2.resize(rng.uniform(0.55, 1.0, (9, 9)).astype(np.float32), (w, h), interpolation=cv2.INTER_CUBIC)
    grain = cv2.GaussianBlur(rng.uniform(0.55, 1.25, (h, w)).astype(np.float32), (0, 0), 1.0)
    blurred = cv2.GaussianBlur(cover, (0, 0), 0.9)
    return np.asarray(np.clip(blurred * clouds * grain * strength, 0, 1), np.float32)


def signature(width: int, height: int, rng: np.random.Generator) -> Cover:
    """One running stroke with loops and a flourish, in ``height`` x ``width`` px."""
    strokes = int(rng.integers(6, 10))
    t = np.linspace(0, strokes * 2 * math.pi, 700)
    forward = np.linspace(0.06, 0.8, t.size)
    swing = np.interp(t, np.linspace(0, t[-1], strokes + 1), rng.uniform(0.08, 0.42, strokes + 1))
    x = forward + 0.05 * np.sin(t * 0.5 + rng.uniform(0, 6)) + 0.035 * np.sin(t)
    y = 0.55 + swing * np.cos(t) * np.linspace(1.0, 0.45, t.size)
    tail = np.linspace(0, 1, 120)
    x = np.concatenate([x, x[-1] - tail * 0.72])
    y = np.concatenate([y, y[-1] + 0.25 * np.sin(tail * 3.0) + 0.12 * tail])
    points = np.stack([np.clip(x, 0.02, 0.98) * width, np.clip(y, 0.02, 0.98) * height], 1)
    pressure = np.interp(np.arange(len(points)), [0, len(points) * 0.5, len(points)], [5.5, 7.0, 3.0])
    return _stroked(points, pressure * rng.uniform(0.85, 1.2), width, height)


def _stroked(points: NDArray[np.float64], widths: NDArray[np.float64], width: int, height: int) -> Cover:
    plate = np.zeros((height, width), np.uint8)
    fixed = np.round(points * 16).astype(np.int32)
    for a, b, thick in zip(fixed[:-1], fixed[1:], widths, strict=False):
        cv2.line(plate, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), 255, max(1, round(thick)), cv2.LINE_AA, 4)
    return np.asarray(cv2.GaussianBlur(plate, (0, 0), 0.8) * np.float32(0.9 / 255), np.float32)


def handwriting(text: str, faces: Faces, size_pt: float, rng: np.random.Generator) -> Cover:
    """Digits as a hand writes them: leaning, uneven, joined to no line."""
    font = faces.at("i", px(size_pt))
    pitch, height = round(px(size_pt) * 0.56), round(px(size_pt) * 1.7)
    plate = Image.new("L", (pitch * (len(text) + 2), height), 0)
    for index, char in enumerate(text):
        tile = Image.new("L", (height, height), 0)
        ImageDraw.Draw(tile).text((height / 2, height / 2), char, font=font, fill=255, anchor="mm")
        tile = tile.rotate(float(rng.uniform(-11, 7)), Image.Resampling.BICUBIC)
        at = round(pitch * (index + 1) - height / 2 + rng.uniform(-3, 3)), round(rng.uniform(-5, 5))
        plate.paste(255, at, tile)
    wobble = _wobbled(np.asarray(plate), rng)
    return np.asarray(cv2.GaussianBlur(wobble, (0, 0), 0.9) * np.float32(0.92 / 255), np.float32)


def _wobbled(plate: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    h, w = plate.shape
    y, x = np.mgrid[0:h, 0:w].astype(np.float32)
    phase = rng.uniform(0, 6, 2)
    x += 2.4 * np.sin(y / 13 + phase[0]).astype(np.float32)
    y += 2.0 * np.sin(x / 17 + phase[1]).astype(np.float32)
    moved = cv2.remap(plate, x, y, cv2.INTER_LINEAR, borderValue=0)
    return np.asarray(cv2.dilate(moved, np.ones((2, 2), np.uint8)), np.uint8)


def lay(picture: NDArray[np.uint8], cover: Cover, at: tuple[int, int], colour: tuple[int, int, int]) -> Box | None:
    """Print ``cover`` onto a BGR picture with its corner ``at`` (x, y); inks multiply, so text shows through a seal.

    Returns the box of what was inked, None where it falls outside."""
    h, w = picture.shape[:2]
    x0, y0 = max(0, at[0]), max(0, at[1])
    x1, y1 = min(w, at[0] + cover.shape[1]), min(h, at[1] + cover.shape[0])
    if x0 >= x1 or y0 >= y1:
        return None
    part = cover[y0 - at[1] : y1 - at[1], x0 - at[0] : x1 - at[0], None]
    view = picture[y0:y1, x0:x1].astype(np.float32)
    tint = np.asarray(colour, np.float32) / 255
    picture[y0:y1, x0:x1] = np.clip(view * (1 - part * (1 - tint)), 0, 255).astype(np.uint8)
    rows, columns = np.nonzero(part[..., 0] > 0.25)
    if not rows.size:
        return None
    return x0 + int(columns.min()), y0 + int(rows.min()), x0 + int(columns.max()) + 1, y0 + int(rows.max()) + 1
