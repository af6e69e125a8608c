"""The target sheet, printed, seen through a scanner whose faults are known: what is measured is what was put in."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest

from imaging.target import TargetMeasure, TargetNotFound, measure, slanted_edge, write_pdf
from imaging.target.sfr import NoEdge
from imaging.values import Raster

FINE, DPI = 600, 300
_ERF = np.vectorize(math.erf)


def gaussian_edge(sigma: float, noise: float = 0.0, tilt: float = 5.0) -> np.ndarray:
    """A slanted edge blurred by a Gaussian, sampled at the middles of 154 x 83 px: 7 x 13 mm at 300 dpi."""
    rows, columns = np.arange(154)[:, None], np.arange(83)[None]
    turn = math.radians(tilt)
    away = (columns - 41.2 - math.tan(turn) * (rows - 77)) * math.cos(turn)
    edge = 0.05 + 0.85 * 0.5 * (1 + _ERF(away / sigma / math.sqrt(2)))
    return edge + np.random.default_rng(1).normal(0, noise, edge.shape) if noise else edge


@pytest.mark.parametrize("noise", [0.0, 0.005, 0.01])
@pytest.mark.parametrize("sigma", [0.35, 0.5, 0.7, 1.0, 1.5, 2.0])
def test_the_response_of_an_edge_is_the_gaussians_own(sigma: float, noise: float) -> None:
    seen = slanted_edge(gaussian_edge(sigma, noise))
    assert seen.mtf50 == pytest.approx(math.sqrt(math.log(2) / 2) / math.pi / sigma, abs=0.01)
    assert seen.mtf10 == pytest.approx(math.sqrt(math.log(10) / 2) / math.pi / sigma, abs=0.02)
    assert seen.peak < 1.02
    assert seen.at == pytest.approx(41.2 - 0.5 * math.tan(math.radians(5)), abs=0.1)


@pytest.mark.parametrize("tilt", [3.0, 4.0, 6.0, 8.0, -5.0])
def test_the_tilt_of_the_edge_does_not_matter(tilt: float) -> None:
    assert slanted_edge(gaussian_edge(0.8, tilt=tilt)).mtf50 == pytest.approx(0.2342, abs=0.01)


def test_sharpening_shows_as_a_response_above_one() -> None:
    edge = gaussian_edge(0.8)
    sharpened = edge + 0.8 * (edge - cv2.GaussianBlur(edge, (0, 0), 2.0))
    assert slanted_edge(edge).peak < 1.0
    assert slanted_edge(sharpened).peak > 1.1


def test_what_is_no_slanted_edge_is_refused() -> None:
    with pytest.raises(NoEdge):
        slanted_edge(np.full((100, 80), 0.5))
    with pytest.raises(NoEdge):
        slanted_edge(gaussian_edge(0.8, tilt=0.0))
    with pytest.raises(NoEdge):
        slanted_edge(gaussian_edge(0.8)[:10])


@dataclass(frozen=True)
class Fault:
    """What a scanner does to the sheet; lengths as shares, blur in px, channels moved in px."""

    scale: tuple[float, float] = (1.0, 1.0)
    degrees: float = 0.0
    shear: float = 0.0
    blur: float = 0.8
    streak: tuple[float, float] | None = None
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)
    red_off: float = 0.0
    shade: float = 0.0
    grain: float = 1.0


@pytest.fixture(scope="module")
def sheets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[np.ndarray]]:
    """Front and back as printed at 600 dpi, light 0..1: toner is not quite black, paper not quite white."""
    path = tmp_path_factory.mktemp("target") / "target.pdf"
    write_pdf(path)
    document = pdfium.PdfDocument(path)
    yield [0.04 + 0.84 * _light(page.render(scale=FINE / 72, grayscale=True).to_numpy()) for page in document]
    document.close()


def _light(pixels: np.ndarray) -> np.ndarray:
    values = pixels.reshape(pixels.shape[:2]).astype(np.float32) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


def scan(sheet: np.ndarray, fault: Fault) -> Raster:
    """The sheet through a scanner: lens, feed, light, sensor, sRGB. Upright A4 with 4 mm of white backing around it."""
    soft = cv2.GaussianBlur(sheet, (0, 0), fault.blur * FINE / DPI)
    size = round(218 / 25.4 * DPI), round(305 / 25.4 * DPI)
    turn = math.radians(fault.degrees)
    rotate = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    axes = np.diag(fault.scale) @ np.array([[1.0, 0.0], [math.tan(math.radians(fault.shear)), 1.0]]) @ rotate * DPI / FINE
    middle = np.array(size) / 2 - axes @ (np.array(sheet.shape[::-1]) / 2)
    planes = []
    for plane, gain in enumerate(fault.tint):
        moved = middle + np.array([fault.red_off if plane == 2 else 0.0, 0.0])
        planes.append(
            gain * cv2.warpAffine(soft, np.column_stack([axes, moved]), size, flags=cv2.INTER_LINEAR, borderValue=0.88)
        )
    light = cv2.merge(planes)
    light *= 1 - fault.shade * np.linspace(0, 1, size[0], dtype=np.float32)[None, :, None]
    values = 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * np.power(np.maximum(light, 1e-6), 1 / 2.4) - 0.055)
    if fault.streak is not None:
        at = round(fault.streak[0] / 25.4 * DPI - 1)
        values[:, at : at + 2] *= 1 + fault.streak[1]
    values += np.random.default_rng(3).normal(0, fault.grain, values.shape).astype(np.float32)
    return Raster(np.clip(np.round(values), 0, 255).astype(np.uint8), (DPI, DPI), "color")


def test_a_good_scanner_is_measured_as_good(sheets: list[np.ndarray]) -> None:
    seen = measure(scan(sheets[0], Fault()))
    assert seen.face == "front"
    assert seen.scale == pytest.approx((1.0, 1.0), abs=0.0005)
    assert (seen.square, seen.turn) == pytest.approx((0, 0), abs=0.02)
    assert seen.flat < 0.08, "light spreads into the corners"
    expected = math.sqrt(math.log(2) / 2) / math.pi / 0.8
    assert [edge.mtf50 for edge in seen.edges] == pytest.approx([expected] * 10, abs=0.015)
    assert max(edge.apart for edge in seen.edges) < 0.05
    assert max(edge.peak for edge in seen.edges) < 1.02
    assert (seen.uniform, seen.white[1], seen.white[2]) == pytest.approx((0, 0, 0), abs=0.02)
    assert seen.stripes == ()
    assert TargetMeasure.from_json(seen.to_json()) == seen


def test_every_fault_at_once_is_read_back(sheets: list[np.ndarray]) -> None:
    """Blurred, 1 % too long, turned by 1 degree, streaked at 83 mm, yellowish, red apart: each figure as put in."""
    fault = Fault((1.003, 1.01), 1.0, 0.2, 1.2, (83.0, -0.03), (0.92, 1.0, 1.0), 0.6)
    seen = measure(scan(sheets[1], fault))
    assert seen.face == "back"
    assert seen.scale == pytest.approx((1.003, 1.01), abs=0.0005)
    assert seen.turn == pytest.approx(1.0, abs=0.03)
    assert abs(seen.square) == pytest.approx(0.2, abs=0.02)
    across = [edge for edge in seen.edges if edge.direction == "x"]
    down = [edge for edge in seen.edges if edge.direction == "y"]
    assert (len(across), len(down)) == (5, 5)
    assert [edge.apart for edge in across] == pytest.approx([0.6] * 5, abs=0.06)
    assert max(edge.apart for edge in down) < 0.12
    expected = math.sqrt(math.log(2) / 2) / math.pi / 1.2
    assert [edge.mtf50 for edge in down] == pytest.approx([expected] * 5, abs=0.01)
    (stripe,) = seen.stripes
    assert (stripe.mm, stripe.amplitude) == pytest.approx((83.0, -0.03), abs=0.25)
    assert stripe.amplitude == pytest.approx(-0.03, abs=0.004)
    assert seen.white[2] == pytest.approx(4.5, abs=1.0), "b* of a blue channel at 92 %"


def test_a_weak_streak_light_falling_off_and_grain(sheets: list[np.ndarray]) -> None:
    seen = measure(scan(sheets[0], Fault(streak=(140.0, 0.01), shade=0.12, grain=3.0)))
    (stripe,) = seen.stripes
    assert (stripe.mm, stripe.amplitude) == pytest.approx((140.0, 0.01), abs=0.25)
    assert stripe.amplitude == pytest.approx(0.01, abs=0.003)
    assert seen.uniform == pytest.approx(0.12 / 2.3 / math.sqrt(12), abs=0.006), "a ramp's deviation, in sRGB values"
    assert seen.noise == pytest.approx(3.0 * 0.39 * math.sqrt(0.114**2 + 0.587**2 + 0.299**2), abs=0.15)


@pytest.mark.parametrize("degrees", [180, 90, 270])
def test_the_sheet_may_lie_any_way(sheets: list[np.ndarray], degrees: int) -> None:
    upright = scan(sheets[0], Fault((1.0, 1.01)))
    code = {180: cv2.ROTATE_180, 90: cv2.ROTATE_90_CLOCKWISE, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}[degrees]
    seen = measure(Raster(cv2.rotate(upright.pixels, code), upright.dpi, "color"))
    along = seen.scale if degrees == 180 else seen.scale[::-1]
    assert along == pytest.approx((1.0, 1.01), abs=0.0005)
    assert seen.turn % 360 == pytest.approx(degrees, abs=0.05)


def test_what_is_no_target_says_why(sheets: list[np.ndarray]) -> None:
    good = scan(sheets[0], Fault())
    for harmed, reason in (
        (Raster(np.full((3508, 2480, 3), 240, np.uint8), (300, 300), "color"), "no_marks"),
        (Raster(good.pixels, (100, 100), "color"), "too_coarse"),
        (Raster(np.where(good.pixels[:, :, 1] > 128, 255, 0).astype(np.uint8), (300, 300), "bitonal"), "too_coarse"),
        (Raster(_creased(good.pixels), (300, 300), "color"), "not_flat"),
        (Raster(_covered(good.pixels), (300, 300), "color"), "unclear_edges"),
    ):
        with pytest.raises(TargetNotFound) as refused:
            measure(harmed)
        assert refused.value.reason == reason


def _creased(pixels: np.ndarray) -> np.ndarray:
    """The lower right quarter slipped by 3 mm."""
    moved = pixels.copy()
    moved[2400:, 1600:] = np.roll(pixels[2400:, 1600:], 36, axis=1)
    return moved


def _covered(pixels: np.ndarray) -> np.ndarray:
    """A slip of paper over the square in the middle."""
    hidden = pixels.copy()
    hidden[1500:2100, 900:1700] = 240
    return hidden


def test_the_sheet_is_two_pages_of_a4_whose_bytes_do_not_change(tmp_path: Path) -> None:
    for name in ("one.pdf", "two.pdf"):
        write_pdf(tmp_path / name)
    assert (tmp_path / "one.pdf").read_bytes() == (tmp_path / "two.pdf").read_bytes()
    with pdfium.PdfDocument(tmp_path / "one.pdf") as document:
        assert [tuple(round(side / 72 * 25.4, 1) for side in page.get_size()) for page in document] == [(210, 297)] * 2
