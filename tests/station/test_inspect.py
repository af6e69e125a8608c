"""``sohoa inspect``: the object of a page is what DESIGN promises, and a bad page is an object too."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from imaging.practice import PracticePage, invent, typeset
from imaging.practice.tray import jpeg
from station.cli.main import main

KEYS = {"file", "page", "width", "height", "dpi", "mode", "orientation", "skew", "crop", "blank", "seals", "findings", "ms"}


@pytest.fixture(scope="module")
def practice() -> list[PracticePage]:
    return typeset(invent(21, "state", 3), 21, versos=True)


def inspected(capsys: pytest.CaptureFixture[str], *paths: Path, status: int = 0) -> list[dict[str, Any]]:
    assert main(["inspect", *map(str, paths), "--json"]) == status
    said = capsys.readouterr()
    assert said.err == ""
    return [json.loads(line) for line in said.out.splitlines()]


def test_a_page_is_described_in_the_promised_form(
    tmp_path: Path, practice: list[PracticePage], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(practice[0]))
    (page,) = inspected(capsys, path)
    assert page.keys() >= KEYS and (page["width"], page["height"], page["dpi"], page["mode"]) == (
        2480,
        3508,
        [300, 300],
        "color",
    )
    assert page["orientation"]["degrees"] == 0 and page["orientation"]["confidence"] > 0.5
    assert abs(page["skew"]["degrees"] - practice[0].truth.skew) < 0.06 and page["blank"]["value"] is False
    assert all({"check", "level", "value", "limit", "box"} <= found.keys() for found in page["findings"])
    assert all(value >= 0 for value in page["ms"].values()) and {"load", "geometry", "checks"} <= page["ms"].keys()


@pytest.mark.parametrize(
    ("code", "degrees"), [(cv2.ROTATE_90_CLOCKWISE, 270), (cv2.ROTATE_180, 180), (cv2.ROTATE_90_COUNTERCLOCKWISE, 90)]
)
def test_a_turned_page_says_the_turn_that_makes_it_upright(
    tmp_path: Path, practice: list[PracticePage], capsys: pytest.CaptureFixture[str], code: int, degrees: int
) -> None:
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), cv2.rotate(practice[0].raster.pixels, code))
    (page,) = inspected(capsys, path)
    assert page["orientation"]["degrees"] == degrees


def test_a_verso_is_blank_and_its_front_is_not(
    tmp_path: Path, practice: list[PracticePage], capsys: pytest.CaptureFixture[str]
) -> None:
    paths = [tmp_path / "1.jpg", tmp_path / "2.jpg"]
    for path, page in zip(paths, practice[:2], strict=True):
        path.write_bytes(jpeg(page))
    assert [page["blank"]["value"] for page in inspected(capsys, *paths)] == [False, True]


def test_bad_files_are_objects_too_and_the_rest_goes_on(
    tmp_path: Path, practice: list[PracticePage], capsys: pytest.CaptureFixture[str]
) -> None:
    good, cut, text = tmp_path / "a.jpg", tmp_path / "b.jpg", tmp_path / "c.jpg"
    good.write_bytes(jpeg(practice[0]))
    cut.write_bytes(good.read_bytes()[:200_000])
    text.write_text("không phải ảnh")
    found = inspected(capsys, cut, text, tmp_path / "none.pdf", good, status=1)
    assert [page.get("error") for page in found] == ["truncated", "not_an_image", "unreadable", None]
    assert "Ảnh bị cụt" in found[0]["message"] and found[0]["file"] == str(cut)


def test_odd_pages_do_not_break_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All black, all white, one pixel, a strip: measured or flagged, never a crash."""
    shapes = {"black": np.zeros((500, 400), np.uint8), "white": np.full((500, 400, 3), 255, np.uint8),
              "dot": np.full((1, 1), 9, np.uint8), "strip": np.full((3, 900), 200, np.uint8)}  # fmt: skip
    for name, pixels in shapes.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), pixels)
    found = inspected(capsys, *(tmp_path / f"{name}.png" for name in shapes))
    assert [page["width"] for page in found] == [400, 400, 1, 900]


def test_a_person_reads_it_in_vietnamese(
    tmp_path: Path, practice: list[PracticePage], capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(jpeg(practice[0]))
    assert main(["inspect", str(path)]) == 0
    told = capsys.readouterr().out
    assert "đúng chiều" in told and "nghiêng" in told and "300 dpi" in told
