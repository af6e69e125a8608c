"""Masters read back bit for bit by two unrelated readers, with the true resolution."""

import io

import cv2
import numpy as np
import pytest
from conftest import noise_page
from PIL import Image

from scanner.model import ColorMode
from scanner.tiff import STRIP_BYTES, TiffWriter


@pytest.fixture
def writer():
    made = TiffWriter()
    yield made
    made.close()


def encode(writer: TiffWriter, page: np.ndarray, mode: ColorMode, dpi=(300.0, 300.0)) -> bytes:
    rows = np.packbits(page == 0, axis=1) if mode is ColorMode.BITONAL else page
    return b"".join(bytes(piece) for piece in writer.encode(rows.tobytes(), page.shape[1], mode, dpi))


@pytest.mark.parametrize(("width", "height"), [(1, 1), (320, 420), (333, 7), (2480, 1500)])
def test_colour_comes_back_bit_for_bit(writer, width, height):
    page = np.random.default_rng(width).integers(0, 256, (height, width, 3), np.uint8)
    file = encode(writer, page, ColorMode.COLOR)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(file))), page)
    assert np.array_equal(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_UNCHANGED)[:, :, ::-1], page)


def test_grey_comes_back_bit_for_bit_over_several_strips(writer):
    page = np.random.default_rng(3).integers(0, 256, (2000, 2481), np.uint8)
    assert page.nbytes > 2 * STRIP_BYTES
    file = encode(writer, page, ColorMode.GRAY)
    image = Image.open(io.BytesIO(file))
    assert image.mode == "L"
    assert len(image.tag_v2[273]) > 2
    assert np.array_equal(np.asarray(image), page)


def test_bitonal_is_one_bit_group_4_and_not_inverted(writer):
    page = np.where(noise_page(5)[:, :, 0] > 128, 255, 0).astype(np.uint8)
    file = encode(writer, page, ColorMode.BITONAL)
    image = Image.open(io.BytesIO(file))
    assert (image.mode, image.info["compression"]) == ("1", "group4")
    assert np.array_equal(np.asarray(image.convert("L")), page)
    assert len(file) < page.size / 50


@pytest.mark.parametrize("dpi", [(300.0, 300.0), (299.97, 150.0), (600.0, 1200.0)])
@pytest.mark.parametrize("mode", list(ColorMode))
def test_the_resolution_is_the_true_one(writer, dpi, mode):
    page = noise_page(1) if mode is ColorMode.COLOR else np.full((420, 320), 255, np.uint8)
    told = Image.open(io.BytesIO(encode(writer, page, mode, dpi))).info["dpi"]
    assert tuple(map(float, told)) == pytest.approx(dpi, abs=0.01)
