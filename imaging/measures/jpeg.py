"""What a JPEG file says of itself, and the grid that a compressed picture keeps when it is saved as something else."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from imaging.values import Pixels

LUMA_50 = (
    16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35, 37, 29, 40, 58, 51, 61, 60,
    57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109, 81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112,
    100, 120, 92, 101, 103, 99,
)  # fmt: skip
"""ITU-T T.81 table K.1 in zigzag order, as DQT carries it: IJG quality 50."""
STANDALONE = {0x01, *range(0xD0, 0xDA)}
FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


@dataclass(frozen=True, slots=True)
class JpegFacts:
    """``quality``: the IJG quality whose luminance table is nearest, 1..100, None without a table. ``subsampled``: colour at
    less than full resolution. ``complete``: an end marker was found. ``size``: (width, height) the header declares."""

    quality: int | None
    subsampled: bool
    complete: bool
    size: tuple[int, int] | None


def jpeg_facts(data: bytes) -> JpegFacts | None:
    """Read the markers of a JPEG stream; None when it is not one. Never decodes."""
    if data[:2] != b"\xff\xd8":
        return None
    quality, subsampled, size = None, False, None
    for marker, body in _segments(data):
        if marker == 0xDB and quality is None:
            quality = _quality(body)
        elif marker in FRAMES and len(body) >= 6:
            size = int.from_bytes(body[3:5], "big"), int.from_bytes(body[1:3], "big")
            subsampled = len({body[at] for at in range(7, len(body), 3)}) > 1
    return JpegFacts(quality, subsampled, data.rstrip(b"\0\r\n").endswith(b"\xff\xd9"), size)


def _segments(data: bytes) -> list[tuple[int, bytes]]:
    """Marker and body of every segment before the first scan."""
    at, found = 2, []
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF or marker in STANDALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == 0xDA or length < 2:
            break
        found.append((marker, data[at + 4 : at + 2 + length]))
        at += 2 + length
    return found


def _quality(body: bytes) -> int | None:
    """IJG quality of the first 8-bit luminance table in a DQT segment."""
    if len(body) < 65 or body[0] & 0x0F or body[0] >> 4:
        return None
    table = np.frombuffer(body[1:65], np.uint8).astype(float)
    scale = float(np.median(table / np.array(LUMA_50)) * 100)
    quality = 5000 / scale if scale > 100 else (200 - scale) / 2
    return int(np.clip(round(quality), 1, 100))


def grid_strength(gray: Pixels) -> float:
    """How much steeper the picture is at every eighth column than between, strongest phase; 1.0 = no trace of a grid.

    Only meaningful on the picture as scanned: any turn or scaling wipes the grid out (QUALITY 2.14)."""
    if gray.shape[1] < 64:
        return 1.0
    rows = gray[:: max(1, gray.shape[0] // 800)].astype(np.int16)
    steps = np.abs(np.diff(rows, axis=1)).mean(axis=0)
    phases = np.array([steps[phase::8].mean() for phase in range(8)])
    best = int(phases.argmax())
    rest = float(np.delete(phases, best).mean())
    return float(phases[best]) / rest if rest > 0 else 1.0
