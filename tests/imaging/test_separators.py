"""Codes printed on slips are found on clean and poor paper, and nowhere else."""

import io

import cv2
import numpy as np
import pytest
import segno
import zxingcpp
from PIL import Image

from imaging.prepare import prepare
from imaging.separators import find_on, find_separators
from imaging.values import Raster

PAGE = (3508, 2480)


def page(code: np.ndarray, at=(300, 1200)) -> np.ndarray:
    sheet = np.full(PAGE, 255, np.uint8)
    y, x = at
    sheet[y : y + code.shape[0], x : x + code.shape[1]] = code
    return sheet


def qr(value: str) -> np.ndarray:
    out = io.BytesIO()
    segno.make(value, error="q", micro=False).save(out, kind="png", scale=10, border=4)
    return np.asarray(Image.open(out).convert("L"))


def linear(value: str, kind) -> np.ndarray:
    code = zxingcpp.create_barcode(value, kind)
    thin = np.asarray(zxingcpp.write_barcode_to_image(code, scale=6))
    return np.pad(cv2.resize(thin, (thin.shape[1], 180), interpolation=cv2.INTER_NEAREST), 40, constant_values=255)


def patch(bars: str, length=900) -> np.ndarray:
    rows = []
    for one in bars:
        rows += [np.zeros((60 if one == "1" else 24, length), np.uint8), np.full((24, length), 255, np.uint8)]
    return np.pad(np.vstack(rows), 60, constant_values=255)


def raster(grey: np.ndarray, mode="gray") -> Raster:
    return Raster(grey, (300.0, 300.0), mode)


def poor(grey: np.ndarray) -> np.ndarray:
    """Yellowed, blurred, noisy, faint."""
    soft = cv2.GaussianBlur(grey, (0, 0), 2.2).astype(np.float32)
    noise = np.random.default_rng(7).normal(0, 9, grey.shape)
    return np.clip(70 + soft * 0.5 + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("wear", [lambda grey: grey, poor])
@pytest.mark.parametrize("turns", [0, 1, 2])
def test_a_cover_slip_is_read_in_any_turn(wear, turns):
    sheet = np.ascontiguousarray(np.rot90(wear(page(qr("SOHOA:1:H54.61.3:0007"))), turns))
    found = find_separators(raster(sheet))
    assert [(one.kind, one.value) for one in found] == [("qr", "SOHOA:1:H54.61.3:0007")]
    x0, y0, x1, y1 = found[0].box
    assert (sheet[y0:y1, x0:x1] < 128).mean() > 0.3
    assert 0 <= x0 < x1 <= sheet.shape[1]
    assert 0 <= y0 < y1 <= sheet.shape[0]


@pytest.mark.parametrize(
    ("kind", "name"), [(zxingcpp.BarcodeFormat.Code128, "code128"), (zxingcpp.BarcodeFormat.Code39, "code39")]
)
def test_linear_codes(kind, name):
    found = find_separators(raster(page(linear("HS0123", kind))))
    assert [(one.kind, one.value) for one in found] == [(name, "HS0123")]


def test_two_codes_on_a_sheet_come_down_the_page():
    sheet = page(qr("A1"), (200, 300))
    second = qr("B2")
    sheet[2400 : 2400 + second.shape[0], 1500 : 1500 + second.shape[1]] = second
    assert [one.value for one in find_separators(raster(sheet))] == ["A1", "B2"]


@pytest.mark.parametrize(("bars", "letter"), [("0101", "T"), ("1001", "2"), ("1010", "3"), ("0110", "4")])
def test_patch_codes(bars, letter):
    found = find_separators(raster(page(patch(bars))))
    assert [(one.kind, one.value) for one in found] == [("patch", letter)]


def test_a_patch_along_the_side():
    sheet = np.ascontiguousarray(page(patch("0101")).T)
    assert [one.value for one in find_separators(raster(sheet))] == ["T"]


def test_text_rules_and_tables_are_no_codes():
    sheet = np.full(PAGE, 255, np.uint8)
    for y in range(400, 3000, 60):
        cv2.putText(sheet, "Can cu Luat To chuc chinh quyen dia phuong ngay 19", (300, y), 0, 1.6, 0, 3)
    for y in range(500, 1500, 24):
        cv2.line(sheet, (200, y), (2300, y), 0, 4)
    assert find_separators(raster(sheet)) == ()


def test_blank_black_and_tiny_pages():
    for sheet in (np.full(PAGE, 255, np.uint8), np.zeros((400, 300), np.uint8), np.full((2, 3), 200, np.uint8)):
        assert find_separators(raster(sheet)) == ()


def test_colour_and_bitonal():
    sheet = page(qr("HS-9"))
    assert find_separators(Raster(cv2.cvtColor(sheet, cv2.COLOR_GRAY2BGR), (300.0, 300.0), "color"))[0].value == "HS-9"
    assert find_separators(raster(np.where(sheet < 128, 0, 255).astype(np.uint8), "bitonal"))[0].value == "HS-9"


def slip() -> np.ndarray:
    return page(cv2.resize(qr("SOHOA:1:HU:01:160:3:12"), (1000, 1000), interpolation=cv2.INTER_NEAREST))


@pytest.mark.parametrize("wear", [lambda grey: grey, poor])
@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_the_live_path_reads_what_a_whole_search_reads(wear, turns):
    sheets = {
        "SOHOA:1:HU:01:160:3:12": slip(),
        "HS0123": page(linear("HS0123", zxingcpp.BarcodeFormat.Code128)),
        "T": page(patch("0101")),
    }
    for value, sheet in sheets.items():
        worn = np.ascontiguousarray(np.rot90(wear(sheet), turns))
        found = [one.value for one in find_on(prepare(raster(worn)))]
        assert found == ([value] if value != "T" or turns < 2 else ["3"]), (value, turns)


def test_the_live_path_searches_no_page_of_print(monkeypatch):
    sheet = np.full(PAGE, 255, np.uint8)
    for y in range(400, 3000, 60):
        cv2.putText(sheet, "Can cu Luat To chuc chinh quyen dia phuong ngay 19", (300, y), 0, 1.6, 0, 3)
    cv2.rectangle(sheet, (1500, 2400), (1900, 2800), 0, -1)
    monkeypatch.setattr("imaging.separators.find_separators", lambda _: pytest.fail("the dear search"))
    assert find_on(prepare(raster(sheet))) == ()
