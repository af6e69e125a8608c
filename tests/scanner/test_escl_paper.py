"""Paper, script and pictures of the virtual scanner, without HTTP."""

import io
from pathlib import Path

import numpy as np
import pytest
from escl_rig import make_paper, number_on, page
from PIL import Image

from scanner.escl import Fault, FaultScript, FaultScriptError, PageTray, PageTrayError, Sheet, VirtualFault
from scanner.escl.messages import Region, ScanRequest
from scanner.escl.render import render
from scanner.model import ColorMode, Face, Source


def request(**changes: object) -> ScanRequest:
    values: dict[str, object] = {
        "source": Source.FEEDER, "mode": ColorMode.COLOR, "dpi": (75, 75), "region": Region(0, 0, 2480, 3508),
        "format": "image/jpeg",
    }  # fmt: skip
    return ScanRequest(**{**values, **changes})  # type: ignore[arg-type]


def opened(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


# The tray


def test_the_stack_follows_natural_name_order(tmp_path: Path) -> None:
    make_paper(tmp_path, 11)
    tray = PageTray.from_folder(tmp_path)
    assert [tray.sheet(number).front.name for number in (1, 2, 10, 11)] == [f"page-{n}.jpg" for n in (1, 2, 10, 11)]


def test_the_first_job_decides_undecided_paper_and_it_stays_decided(tmp_path: Path) -> None:
    tray = PageTray.from_folder(make_paper(tmp_path, 5))
    tray.arrange(duplex=True)
    assert (len(tray), tray.sheet(3)) == (3, Sheet(tmp_path / "page-5.jpg", None))
    tray.feed()
    tray.arrange(duplex=False)
    assert (len(tray), tray.left) == (3, 2)
    tray.put_back_from(1)
    tray.arrange(duplex=False)
    assert len(tray) == 5


def test_files_named_front_and_back_are_one_sheet(tmp_path: Path) -> None:
    for name in ("a-front", "a-back", "b-front"):
        page(1).save(tmp_path / f"{name}.png")
    tray = PageTray.from_folder(tmp_path, two_sided=False)
    found = [(sheet.front.name, sheet.back and sheet.back.name) for sheet in (tray.sheet(1), tray.sheet(2))]
    assert found == [("a-front.png", "a-back.png"), ("b-front.png", None)]


def test_putting_back_a_sheet_that_is_not_in_the_stack_is_refused(tmp_path: Path) -> None:
    tray = PageTray.from_folder(make_paper(tmp_path, 2))
    for number in (0, 4):
        with pytest.raises(ValueError, match="1 to 2"):
            tray.put_back_from(number)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("page.jpg", b"", "tray_unreadable"), ("page.png", b"not a png", "tray_unreadable"), ("a.txt", b"x", "tray_no_images")],
)
def test_a_folder_that_is_no_paper_says_why(tmp_path: Path, name: str, content: bytes, code: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PageTrayError) as refusal:
        PageTray.from_folder(tmp_path)
    assert refusal.value.code == code


def test_a_missing_folder_and_a_file_are_no_paper(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, code in ((tmp_path / "gone", "tray_missing"), (tmp_path / "file", "tray_not_folder")):
        with pytest.raises(PageTrayError) as refusal:
            PageTray.from_folder(path)
        assert refusal.value.code == code


# The script


def test_a_script_reads_long_and_short_forms() -> None:
    script = FaultScript.parse(
        "- sheet: 7\n  fault: jam\n- sheet 12: drop\n- {sheet: 20, fault: hang, side: back, times: 2, after: 0.25}\n"
        "- sheet 21: truncate\n  sheet_returns: false\n"
    )
    assert script.pending() == (
        Fault(7, VirtualFault.JAM),
        Fault(12, VirtualFault.DROP),
        Fault(20, VirtualFault.HANG, times=2, side=Face.BACK, after=0.25),
        Fault(21, VirtualFault.TRUNCATE, sheet_returns=False),
    )


def test_a_fault_fires_as_often_as_asked_at_its_sheet_and_side_only() -> None:
    script = FaultScript([Fault(2, VirtualFault.JAM, times=2, side=Face.BACK)])
    assert script.take(1, Face.BACK) is script.take(2, Face.FRONT) is None
    assert [bool(script.take(2, Face.BACK)) for _ in range(3)] == [True, True, False]
    assert script.pending() == ()


@pytest.mark.parametrize(
    ("text", "code", "line", "nearest"),
    [
        ("- sheet: 1\n  fault: jamm\n", "script_unknown_fault", 2, "jam"),
        ("- sheet: 1\n  fault: jam\n  shets: 2\n", "script_unknown_key", 3, "sheet"),
        ("- fault: jam\n", "script_missing_key", 1, ""),
        ("- sheet: 1\n", "script_missing_key", 1, ""),
        ("- sheet: 0\n  fault: jam\n", "script_bad_value", 1, ""),
        ("- sheet: true\n  fault: jam\n", "script_bad_value", 1, ""),
        ("- {sheet: 1, fault: drop, after: 2}\n", "script_bad_value", 1, ""),
        ("- {sheet: 1, fault: drop, detected: 1}\n", "script_bad_value", 1, ""),
        ("- {sheet: 1, fault: drop, side: left}\n", "script_unknown_side", 1, ""),
        ("jam\n", "script_not_a_fault", 1, ""),
        ("- jam\n", "script_not_a_fault", 1, ""),
        ("faults: 3\n", "script_not_a_list", 1, ""),
        ("hostile: [caps_bom]\n", "script_unknown_hostile", 1, "caps_bomb"),
        ("- [\n", "script_yaml", 2, ""),
        ("\x00", "script_yaml", 0, ""),
        ("[" * 1000, "script_yaml", 0, ""),
        ("- {sheet: '!!x 1', fault: jam}\n", "script_bad_value", 1, ""),
    ],
)
def test_a_script_nobody_can_follow_names_its_line(text: str, code: str, line: int, nearest: str) -> None:
    with pytest.raises(FaultScriptError) as refusal:
        FaultScript.parse(text)
    found = refusal.value
    assert (found.code, found.line) == (code, line)
    assert not nearest or found.nearest == nearest


# The picture


@pytest.mark.parametrize(("kind", "gray"), [("jpg", False), ("jpg", True), ("png", False), ("png", True)])
def test_a_file_that_is_what_was_asked_goes_out_byte_for_byte(tmp_path: Path, kind: str, gray: bool) -> None:
    sheet = Sheet(make_paper(tmp_path, 1, kind=kind, gray=gray) / f"page-1.{kind}")
    asked = request(mode=ColorMode.GRAY if gray else ColorMode.COLOR, format="image/png" if kind == "png" else "image/jpeg")
    assert render(sheet, Face.FRONT, asked).body == sheet.front


@pytest.mark.parametrize("dpi", [150, 100])
def test_another_resolution_keeps_the_papers_true_size(tmp_path: Path, dpi: int) -> None:
    sheet = Sheet(make_paper(tmp_path, 1) / "page-1.jpg")
    image = opened(render(sheet, Face.FRONT, request(dpi=(dpi, dpi))).read())
    assert image.info["dpi"] == (dpi, dpi)
    assert [abs(n / dpi - mm / 25.4) < 0.03 for n, mm in zip(image.size, (210, 297), strict=True)] == [True, True]


def test_gray_of_a_colour_page_is_its_luminance(tmp_path: Path) -> None:
    sheet = Sheet(make_paper(tmp_path, 1, kind="png") / "page-1.png")
    image = opened(render(sheet, Face.FRONT, request(mode=ColorMode.GRAY, format="image/png")).read())
    assert image.mode == "L"
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(sheet.front).convert("L")))


def test_a_missing_back_is_a_white_page_of_the_fronts_size(tmp_path: Path) -> None:
    sheet = Sheet(make_paper(tmp_path, 1) / "page-1.jpg")
    image = opened(render(sheet, Face.BACK, request(dpi=(150, 150))).read())
    assert image.getextrema() == ((255, 255),) * 3
    assert image.size == (1240, 1754)


def test_a_window_cuts_exactly_its_part(tmp_path: Path) -> None:
    sheet = Sheet(make_paper(tmp_path, 1, kind="png") / "page-1.png")
    window = request(region=Region(400, 800, 1200, 1600), format="image/png")
    image = opened(render(sheet, Face.FRONT, window).read())
    assert np.array_equal(np.asarray(image), np.asarray(Image.open(sheet.front))[200:600, 100:400])


def test_the_glass_is_white_beyond_the_page_and_the_feeder_ends_with_it(tmp_path: Path) -> None:
    Image.new("RGB", (300, 400), "red").save(tmp_path / "card.png", dpi=(75, 75))
    sheet = Sheet(tmp_path / "card.png")
    glass = opened(render(sheet, Face.FRONT, request(source=Source.FLATBED, format="image/png")).read())
    fed = opened(render(sheet, Face.FRONT, request(format="image/png")).read())
    assert (glass.size, fed.size) == ((620, 877), (300, 400))
    assert (glass.getpixel((299, 399)), glass.getpixel((300, 399))) == ((255, 0, 0), (255, 255, 255))


def test_a_photo_turned_by_exif_lies_upright_on_paper(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (400, 200), "red").save(tmp_path / "p.jpg", dpi=(75, 75), exif=turned)
    assert opened(render(Sheet(tmp_path / "p.jpg"), Face.FRONT, request()).read()).size == (200, 400)


def test_cmyk_one_bit_and_palette_pages_become_scans(tmp_path: Path) -> None:
    for mode, name in (("CMYK", "a.jpg"), ("1", "b.png"), ("P", "c.png"), ("1", "d.tif")):
        Image.new(mode, (310, 438)).save(tmp_path / name, dpi=(75, 75))
        assert opened(render(Sheet(tmp_path / name), Face.FRONT, request()).read()).mode == "RGB"


def test_sixteen_bit_grey_keeps_its_tones(tmp_path: Path) -> None:
    Image.fromarray(np.full((438, 310), 128 * 256, np.uint16)).save(tmp_path / "p.png", dpi=(75, 75))
    image = opened(render(Sheet(tmp_path / "p.png"), Face.FRONT, request(mode=ColorMode.GRAY, format="image/png")).read())
    assert image.getextrema() == (128, 128)


def test_paper_without_dpi_counts_as_300(tmp_path: Path) -> None:
    Image.new("RGB", (2480, 3508)).save(tmp_path / "p.png")
    assert opened(render(Sheet(tmp_path / "p.png"), Face.FRONT, request()).read()).size == (620, 877)


def test_the_test_pages_carry_their_number(tmp_path: Path) -> None:
    make_paper(tmp_path, 30)
    assert [number_on(tmp_path / f"page-{n}.jpg") for n in (1, 7, 23, 30)] == [1, 7, 23, 30]
