"""Slips go through the live path: sheets are set aside, documents begin, counts are held against what was printed."""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pytest
import zxingcpp

from batches import batch as batch_records
from batches import devices, findings, holdings, items, jobs, ledger, pages, runs, sheets
from batches.errors import Invalid, NotAllowed
from batches.pages import NewSide
from batches.words import JobKind, SheetState
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, manual_duplex, separating, slips
from station.config import Separators
from station.scan_asked import AskedScan
from station.slip_code import Slip, decode, encode
from tests.web.scene import DEVICE, OPERATOR, SIZE, Scene, make_scene, picture


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def jpeg(image: np.ndarray) -> bytes:
    good, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90])
    assert good
    return data.tobytes()


def printed(pdf: bytes) -> list[bytes]:
    """The pages of the PDF as a scanner at 100 dpi would bring them, slightly grey and askew."""
    found = []
    with pypdfium2.PdfDocument(pdf) as document:
        for page in document:
            sheet = cv2.resize(page.render(scale=200 / 72).to_numpy()[:, :, :3], SIZE, interpolation=cv2.INTER_AREA)
            turn = cv2.getRotationMatrix2D((SIZE[0] / 2, SIZE[1] / 2), 0.7, 1)
            sheet = cv2.warpAffine(sheet, turn, SIZE, borderValue=(255, 255, 255))
            found.append(jpeg((sheet * 0.85 + 20).astype(np.uint8)))
    return found


def file_of(scene: Scene, batch_id: int) -> int:
    with scene.house.store.read() as connection:
        return int(batch_records.get(connection, batch_id).archive_file_id)


def slip_pages(scene: Scene, batch_id: int, *counts: int | None, first: int = 1, dividers: int = 0) -> list[bytes]:
    order = slips.Order(first, counts, dividers)
    return printed(slips.make(scene.house, file_of(scene, batch_id), order))


BLANK = picture(0)


def feed(scene: Scene, batch_id: int, fronts: list[bytes], *, backs: bool = True) -> None:
    source = Source.DUPLEX if backs else Source.FEEDER
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(source, ColorMode.COLOR, 100))
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        for number, front in enumerate(fronts, start=1):
            for face, data in (("front", front), ("back", BLANK))[: 1 + backs]:
                pages.record(connection, run, side(scene, run.uid, number, face, data))
        runs.finish(connection, run_id)
        devices.release(connection, DEVICE, run.uid)
    scene.look()


def side(scene: Scene, uid: str, number: int, face: str, data: bytes) -> NewSide:
    relative = f"masters/{uid}/{number:04d}-{face}.jpg"
    path = scene.house.folders.root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    size = {"width": SIZE[0], "height": SIZE[1], "dpi": (100.0, 100.0), "mode": "color", "captured_at": "2026-11-22"}
    return NewSide(number, face, relative, sha256(data).hexdigest(), len(data), "image/jpeg", **size)


def labels(scene: Scene, batch_id: int) -> list[tuple[str, str]]:
    with scene.house.store.read() as connection:
        return [(row.label, row.state) for row in sheets.listing(connection, batch_id)]


def documents(scene: Scene, batch_id: int) -> list[list[str]]:
    with scene.house.store.read() as connection:
        listed = items.listing(connection, batch_id)
    return [list(dict.fromkeys(page.sheet_label for page in item.pages)) for item in listed]


def test_the_code_of_a_slip_is_ours_and_comes_back_whole() -> None:
    for slip in (Slip("HU", "01", "H49.64.33.2001.160", 3, 12), Slip("A29.110", "MỤC:2", "15a/b", 1, None)):
        assert decode(encode(slip)) == slip
    for long in ("9" * 5000, "9" * 400, "٣"):  # hostile paper: no number that could be a count
        assert decode(f"SOHOA:1:a:b:c:{long}:2") is None
        assert decode(f"SOHOA:1:a:b:c:2:{long}") is None
    for other in ("", "SOHOA:2:a:b:c:1:", "SOHOA:1:a:b:c:0:", "https://dichvucong.gov.vn", "SOHOA:1:a:b:c:x:2"):
        assert decode(other) is None


def test_slips_part_documents_take_no_number_and_are_not_delivered(scene: Scene) -> None:
    batch_id = scene.batch(prepared=3)
    one, two = slip_pages(scene, batch_id, 2, 1)
    feed(scene, batch_id, [one, picture(1), picture(2), two, picture(3)])
    assert labels(scene, batch_id) == [
        ("P1", "separator"), ("1", "live"), ("2", "live"), ("P2", "separator"), ("3", "live"),
    ]  # fmt: skip
    assert documents(scene, batch_id) == [["1", "2"], ["3"]]
    with scene.house.store.read() as connection:
        count = ledger.of(connection, batch_id)
        assert (count.sheets, count.separators, count.fed, count.agrees) == (3, 2, 5, True)
        assert {row.sheet_label for row in pages.delivered(connection, batch_id)} == {"1", "2", "3"}
        assert len(pages.in_order(connection, batch_id)) == 10
        assert [(view.got, view.agrees) for view in separating.of_batch(connection, batch_id)] == [(2, True), (1, True)]


def test_a_person_gives_a_sheet_back_and_the_machine_does_not_take_it_again(scene: Scene) -> None:
    batch_id = scene.batch(prepared=3)
    (slip,) = slip_pages(scene, batch_id, 1)
    feed(scene, batch_id, [picture(1), slip, picture(2)])
    with scene.house.store.read() as connection:
        aside = sheets.listing(connection, batch_id)[1]
    assert documents(scene, batch_id) == [["1"], ["2"]]
    desk.set_sheet_state(scene.house, OPERATOR, aside.id, SheetState.LIVE)
    scene.look()
    assert labels(scene, batch_id) == [("1", "live"), ("2", "live"), ("3", "live")]
    assert documents(scene, batch_id) == [["1", "2", "3"]]
    assert desk.undo(scene.house, OPERATOR, batch_id) == "sheet.state"
    assert labels(scene, batch_id)[1] == ("P1", "separator")
    assert documents(scene, batch_id) == [["1"], ["2"]]


def test_a_sheet_that_a_person_sets_aside_parts_documents_too(scene: Scene) -> None:
    batch_id = scene.batch(prepared=2)
    feed(scene, batch_id, [picture(1), picture(2), picture(3)])
    with scene.house.store.read() as connection:
        middle = sheets.listing(connection, batch_id)[1]
    desk.set_sheet_state(scene.house, OPERATOR, middle.id, SheetState.SEPARATOR)
    assert labels(scene, batch_id) == [("1", "live"), ("P1", "separator"), ("2", "live")]
    assert documents(scene, batch_id) == [["1"], ["2"]]
    assert desk.undo(scene.house, OPERATOR, batch_id) == "sheet.state"
    assert labels(scene, batch_id) == [("1", "live"), ("2", "live"), ("3", "live")]
    assert documents(scene, batch_id) == [["1", "2", "3"]]


def test_too_few_sheets_behind_a_slip_name_the_document(scene: Scene) -> None:
    batch_id = scene.batch(prepared=3)
    one, two = slip_pages(scene, batch_id, 3, 1)
    feed(scene, batch_id, [one, picture(1), picture(2), two, picture(3)])
    with scene.house.store.write() as connection:
        separating.judge(connection, batch_id)
        (found,) = findings.of_batch(connection, batch_id)
        first = pages.delivered(connection, batch_id)[0].id
    assert (found.check_id, found.hint, found.value, found.limit_value) == ("batch.count", "slip_few", 2, 3)
    assert found.pages == {"pages": [first], "missing": [], "document": 1}


def test_a_slip_of_another_file_and_a_missing_slip_are_warned_about(scene: Scene) -> None:
    batch_id, other = scene.batch(prepared=3), scene.batch("170", prepared=1)
    (first,) = slip_pages(scene, batch_id, None)
    (third,) = slip_pages(scene, batch_id, None, first=3)
    (strange,) = slip_pages(scene, other, 1)
    feed(scene, batch_id, [first, picture(1), strange, picture(2), third, picture(3)])
    view = desk.view(scene.house, batch_id)
    shown = {page.sheet_label: [(f.check, f.level) for f in page.findings] for page in view.pages if page.face == "front"}
    assert ("sheet.wrong_file", "warning") in shown["P2"]
    assert shown["P1"] == [("sheet.separator", "info")]
    with scene.house.store.write() as connection:
        separating.judge(connection, batch_id)
        found = {(row.check_id, row.hint, row.pages["document"]) for row in findings.of_batch(connection, batch_id)}
    assert found == {("sheet.wrong_file", "", 1), ("batch.gap", "slip", 3)}


def test_a_divider_with_a_patch_parts_documents(scene: Scene) -> None:
    batch_id = scene.batch(prepared=2)
    (divider,) = slip_pages(scene, batch_id, dividers=1)
    feed(scene, batch_id, [picture(1), divider, picture(2)])
    assert documents(scene, batch_id) == [["1"], ["2"]]


def labelled(number: int, code: str, kind: zxingcpp.BarcodeFormat) -> bytes:
    """A page of text with a bar code label at its foot, its narrowest bar 2 px wide."""
    page = cv2.imdecode(np.frombuffer(picture(number), np.uint8), cv2.IMREAD_COLOR)
    bars = np.asarray(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(code, kind), scale=2))
    label = np.repeat(bars[bars.shape[0] // 2][None, :, None], 60, axis=0)
    foot, left = page.shape[0] - 110, 120
    page[foot - 20 : foot + 80, left - 40 : left + label.shape[1] + 40] = 250
    page[foot : foot + 60, left : left + label.shape[1]] = label
    return jpeg(page)


def test_an_offices_bar_codes_do_what_the_configuration_says_and_others_nothing(tmp_path: Path) -> None:
    wanted = Separators(label_codes=("HS-*",), sheet_codes=("CACH",))
    scene = make_scene(tmp_path)
    settings = scene.house.settings.model_copy(update={"separators": wanted})
    scene = replace(scene, house=replace(scene.house, settings=settings))
    batch_id = scene.batch(prepared=5)
    code128, code39 = zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.Code39
    stack = [
        picture(1), labelled(2, "HS-0002", code128), labelled(3, "KT-0003", code128), labelled(4, "CACH", code39), picture(5),
    ]  # fmt: skip
    feed(scene, batch_id, stack)
    assert [state for _, state in labels(scene, batch_id)] == ["live", "live", "live", "separator", "live"]
    assert documents(scene, batch_id) == [["1"], ["2", "3"], ["4"]]
    view = desk.view(scene.house, batch_id)
    said = {page.sheet_label: [f.check for f in page.findings] for page in view.pages if page.face == "front"}
    assert "sheet.label" in said["2"]
    assert "sheet.label" not in said["3"]
    with scene.house.store.read() as connection:
        begun = items.listing(connection, batch_id)[1].id
        page = next(row for row in pages.in_order(connection, batch_id) if row.sheet_label == "2" and row.face == "front")
    desk.join_item(scene.house, OPERATOR, begun)
    with scene.house.store.write() as connection:
        jobs.queue(connection, page.id, JobKind.LIVE)
    scene.look()
    assert documents(scene, batch_id) == [["1", "2", "3"], ["4"]], "what a person joined stays joined"
    scene.house.store.close()


def test_blank_sheets_part_documents_only_where_the_batch_says_so(scene: Scene) -> None:
    plain, told, single = (scene.batch(code, prepared=3) for code in ("1", "2", "3"))
    feed(scene, plain, [picture(1), BLANK, picture(2)])
    assert [state for _, state in labels(scene, plain)] == ["live"] * 3
    separating.set_blank_pairs(scene.house, OPERATOR, told, True)
    feed(scene, told, [picture(1), BLANK, picture(2)])
    assert [state for _, state in labels(scene, told)] == ["live", "separator", "live"]
    assert documents(scene, told) == [["1"], ["2"]]
    separating.set_blank_pairs(scene.house, OPERATOR, single, True)
    feed(scene, single, [picture(1), BLANK, picture(2), BLANK, BLANK, picture(3)], backs=False)
    assert [state for _, state in labels(scene, single)] == ["live", "live", "live", "separator", "separator", "live"]
    assert documents(scene, single) == [["1", "2", "3"], ["4"]]


def test_orders_that_cannot_be_are_refused(scene: Scene) -> None:
    batch_id = scene.batch()
    for order in (slips.Order(), slips.Order(0, (1,)), slips.Order(1, (0,)), slips.Order(1, (1,) * 201)):
        with pytest.raises(Invalid):
            slips.make(scene.house, file_of(scene, batch_id), order)


def test_the_file_of_a_slip_is_the_batchs_own(scene: Scene) -> None:
    batch_id = scene.batch("H49.64.33.2001.160")
    with scene.house.store.read() as connection:
        place = holdings.place(connection, file_of(scene, batch_id))
    assert slips.document(Slip(place.fonds_code, place.catalogue_code, place.file_code, 1, 4), place).size == (2480, 3508)


def test_a_slip_in_a_stack_that_is_turned_has_its_back_too(scene: Scene) -> None:
    """Fronts with a slip, then all backs: the counts agree, the slip's empty back is set aside with it."""
    batch_id = scene.batch(prepared=2)
    (slip,) = slip_pages(scene, batch_id, 2)
    with_backs(scene, batch_id, [slip, picture(1), picture(2)], [BLANK, BLANK, picture(3)])
    view = manual_duplex.view(scene.house, batch_id)
    assert view is not None and (view.step, view.fronts, view.backs) == ("pair", 3, 3)
    manual_duplex.pair(scene.house, OPERATOR, batch_id, "same")
    assert labels(scene, batch_id)[:3] == [("P1", "separator"), ("1", "live"), ("2", "live")]
    with scene.house.store.read() as connection:
        delivered = [(row.sheet_label, row.face) for row in pages.delivered(connection, batch_id)]
    assert delivered == [("1", "front"), ("1", "back"), ("2", "front"), ("2", "back")]
    assert desk.view(scene.house, batch_id).ledger.agrees


def test_a_slip_that_lay_on_its_face_is_known_once_it_is_joined(scene: Scene) -> None:
    batch_id = scene.batch(prepared=1)
    (slip,) = slip_pages(scene, batch_id, 1)
    with_backs(scene, batch_id, [BLANK, picture(1)], [slip, picture(2)])
    view = manual_duplex.view(scene.house, batch_id)
    assert view is not None and (view.step, view.backs) == ("pair", 2), "a back that waits is never set aside"
    manual_duplex.pair(scene.house, OPERATOR, batch_id, "same")
    assert labels(scene, batch_id)[:2] == [("P1", "separator"), ("1", "live")]
    assert desk.view(scene.house, batch_id).ledger.agrees


def test_backs_joined_are_not_parted_under_the_reviewers_eyes_nor_accepted_apart(scene: Scene) -> None:
    batch_id = scene.batch(prepared=1)
    with_backs(scene, batch_id, [picture(1)], [picture(2)])
    manual_duplex.pair(scene.house, OPERATOR, batch_id, "same")
    desk.hand_over(scene.house, OPERATOR, batch_id)
    with pytest.raises(NotAllowed):
        desk.undo(scene.house, OPERATOR, batch_id)
    assert manual_duplex.view(scene.house, batch_id) is None


def test_fronts_fed_anew_are_numbered_from_the_beginning(scene: Scene) -> None:
    batch_id = scene.batch(prepared=2)
    with_backs(scene, batch_id, [picture(1), picture(2)], [])
    manual_duplex.drop(scene.house, OPERATOR, batch_id, fronts=True)
    with_backs(scene, batch_id, [picture(1), picture(2)], [])
    assert [label for label, state in labels(scene, batch_id) if state == "live"] == ["1", "2"]


def with_backs(scene: Scene, batch_id: int, fronts: list[bytes], backs: list[bytes]) -> None:
    """A pass of fronts, and one of backs where there are any."""
    settings = ScanSettings(Source.FEEDER, ColorMode.COLOR, 100)
    manual_duplex.start(scene.house, OPERATOR, batch_id, AskedScan(DEVICE, settings, {}))
    fed(scene, batch_id, fronts)
    if backs:
        manual_duplex.scan_backs(scene.house, OPERATOR, batch_id)
        fed(scene, batch_id, backs, "back")


def fed(scene: Scene, batch_id: int, sides: list[bytes], face: str = "front") -> None:
    with scene.house.store.write() as connection:
        asked = runs.active(connection, batch_id)
        assert asked is not None
        run = runs.claim(connection, asked.id)
        for number, data in enumerate(sides, start=1):
            pages.record(connection, run, side(scene, run.uid, number, face, data))
        runs.finish(connection, run.id)
        devices.release(connection, DEVICE, run.uid)
    scene.look()
