"""Private SANE configurations and real pages for the hardware tests. Nothing here touches /etc or a real device."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config
from scanner.worker.timeouts import Timeouts

Picture = NDArray[np.uint8]
QUICK = Timeouts(feed=20, first_line=10, lines=1.5, cancel=0.5, close=3)


def noise_page(seed: int, width: int = 320, height: int = 420) -> Picture:
    """B, G, R paper with sensor noise and a dark bar whose place tells the page."""
    noise = np.frombuffer(np.random.default_rng(seed).bytes(height * width * 3), np.uint8).reshape(height, width, 3)
    page: Picture = 222 + (noise & 15)
    page[40 + 20 * (seed % 12) : 52 + 20 * (seed % 12), 40:200] = (20, 30, 90)
    return page


def write_pnm(path: Path, page: Picture) -> Path:
    """A header on three lines, which is all the pnm backend reads."""
    kind = 6 if page.ndim == 3 else 5
    rows = cv2.cvtColor(page, cv2.COLOR_BGR2RGB) if page.ndim == 3 else page
    path.write_bytes(b"P%d\n%d %d\n255\n" % (kind, page.shape[1], page.shape[0]) + rows.tobytes())
    return path


@pytest.fixture
def pnm(tmp_path: Path) -> SaneBackend:
    return SaneBackend(write_private_config(tmp_path / "sane", backends=["pnm"]), timeouts=QUICK)


@pytest.fixture
def sane_test(tmp_path: Path) -> SaneBackend:
    """SANE's own ``test`` backend: a feeder of ten pages that can be slowed down."""
    folder = write_private_config(tmp_path / "sane", backends=["test"])
    conf = folder / "test.conf"
    conf.write_text(conf.read_text().replace("geometry_max 200.0", "geometry_max 420.0"))
    return SaneBackend(folder, timeouts=QUICK)


def write_pages(folder: Path, count: int) -> Path:
    """A folder of so many A4 pages, 75 dpi PNG."""
    folder.mkdir(exist_ok=True)
    for index in range(count):
        page = cv2.cvtColor(noise_page(index, 620, 877), cv2.COLOR_BGR2RGB)
        Image.fromarray(page).save(folder / f"p{index:03d}.png", dpi=(75, 75), compress_level=0)
    return folder


@pytest.fixture
def tray(tmp_path: Path) -> Callable[[int], Path]:
    return lambda count: write_pages(tmp_path / "tray", count)
