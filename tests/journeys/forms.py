"""Sheets of one form filled in differently, as they look on a first pass through a feeder and on a second one."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from tests.journeys.conftest import CELL

SIZE = (827, 1169)  # A4 at 100 dpi, px
EMPTY_BACKS = (2, 5)
"""Sheets whose back bears nothing."""


def form_page(number: int) -> np.ndarray:
    """Frame, rules and labels are the form's; what is filled in is the page's. Its number stands in sixteen cells."""
    page = np.full((SIZE[1], SIZE[0], 3), 246, np.uint8)
    random = np.random.default_rng(number)
    cv2.putText(page, "PHIEU KE KHAI LY LICH", (210, 90), cv2.FONT_HERSHEY_DUPLEX, 1.0, (25, 25, 25), 2, cv2.LINE_AA)
    for line in range(22):
        y = 160 + 42 * line
        if y in range(480, 560):
            continue
        cv2.putText(page, f"{line + 1}. Muc khai:", (70, y), cv2.FONT_HERSHEY_DUPLEX, 0.5, (30, 30, 30), 1, cv2.LINE_AA)
        cv2.line(page, (230, y + 4), (760, y + 4), (90, 90, 90), 1)
        x = 240
        while x < 700 and random.random() > 0.12:
            word = "".join(random.choice(list("nhmaoeutrlg"), int(random.integers(2, 8))))
            cv2.putText(page, word, (x, y), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 0.65, (120, 50, 30), 1, cv2.LINE_AA)
            x += 14 * len(word) + 16
    for bit in range(16):
        page[500 : 500 + CELL, 60 + bit * CELL : 60 + (bit + 1) * CELL] = 0 if number >> bit & 1 else 200
    return page


def empty_page() -> np.ndarray:
    noise = np.random.default_rng(7).normal(0, 1.2, (SIZE[1], SIZE[0], 3))
    return np.clip(246 + noise, 0, 255).astype(np.uint8)


def again(page: np.ndarray, number: int) -> np.ndarray:
    """The same side on another pass: a little crooked, shifted, lighter."""
    random = np.random.default_rng(1000 + number)
    turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), float(random.uniform(-0.6, 0.6)), 1.0)
    turn[:, 2] += random.uniform(-6, 6, 2)
    moved = cv2.warpAffine(page, turn, SIZE, borderValue=(246, 246, 246), flags=cv2.INTER_CUBIC)
    return np.clip(moved * random.uniform(0.96, 1.03), 0, 255).astype(np.uint8)


def write_forms(folder: Path, sheets: int, *, second_pass: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for sheet in range(1, sheets + 1):
        for back in (0, 1):
            number = 2 * sheet - 1 + back
            page = empty_page() if back and sheet in EMPTY_BACKS else form_page(number)
            page = again(page, number) if second_pass else page
            Image.fromarray(page[:, :, ::-1]).save(folder / f"{number:04d}.jpg", quality=88 if back else 92, dpi=(100, 100))
    return folder
