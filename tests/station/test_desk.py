"""The operator's acts on real small pages: what they change, what they refuse, what undo brings back."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import pytest

from batches import runs, sheets
from batches.errors import DeviceHeld, Invalid, NotAllowed, Unexplained
from batches.words import Role, RunPurpose, SheetState
from scanner.model import ColorMode, FaultKind, ScanFault, ScanSettings, Source
from station import desk
from station.house import Actor
from tests.web.scene import DEVICE, OPERATOR, SUPERVISOR, Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


@pytest.fixture
def batch_id(scene: Scene) -> int:
    return scene.scanned(2)


def _front(scene: Scene, batch_id: int) -> desk.desk_view.PageView:
    return desk.view(scene.house, batch_id).pages[0]


def _proof(scene: Scene, batch_id: int) -> tuple[int, int]:
    seen = desk.view(scene.house, batch_id)
    picture = cv2.imread(str(scene.house.folders.page(seen.batch.uid, seen.pages[0].uid) / "proof.jpg"))
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def test_a_turn_is_a_value_and_the_proof_follows_while_the_master_stays(scene: Scene, batch_id: int) -> None:
    with scene.house.store.read() as connection:
        master = desk.pages.get(connection, _front(scene, batch_id).id)
    before = scene.house.folders.master(master.master).read_bytes()
    wide, high = _proof(scene, batch_id)
    desk.turn(scene.house, OPERATOR, master.id, 90)
    scene.look()
    assert _proof(scene, batch_id) == (high, wide)
    assert (_front(scene, batch_id).degrees, _front(scene, batch_id).degrees_by_person) == (90, True)
    desk.turn(scene.house, OPERATOR, master.id, 180)
    assert _front(scene, batch_id).degrees == 270
    assert scene.house.folders.master(master.master).read_bytes() == before


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_a_crop_dragged_on_the_upright_page_is_the_part_that_is_shown(scene: Scene, batch_id: int, turned: int) -> None:
    page = _front(scene, batch_id)
    for _ in range(turned // 90):
        desk.turn(scene.house, OPERATOR, page.id, 90)
    desk.straighten(scene.house, OPERATOR, page.id, 0.0)
    desk.set_crop(scene.house, OPERATOR, page.id, (0.25, 0.5, 0.75, 1.0))
    scene.look()
    wide, high = (827, 1169) if turned in (0, 180) else (1169, 827)
    assert _proof(scene, batch_id) == pytest.approx((wide / 2, high / 2), abs=3)
    desk.set_crop(scene.house, OPERATOR, page.id, None)
    scene.look()
    assert not _front(scene, batch_id).crop_by_person


def test_undo_takes_back_one_act_after_the_other_and_only_ones_own(scene: Scene, batch_id: int) -> None:
    page = _front(scene, batch_id)
    desk.turn(scene.house, OPERATOR, page.id, 90)
    desk.mark_blank(scene.house, OPERATOR, page.id, True)
    desk.move_sheet(scene.house, OPERATOR, page.sheet_id, desk.view(scene.house, batch_id).pages[2].sheet_id)
    assert [one.sheet_label for one in desk.view(scene.house, batch_id).pages] == ["2", "2", "1", "1"]
    assert desk.undo(scene.house, Actor("khac", Role.OPERATOR), batch_id) == ""
    assert desk.undo(scene.house, OPERATOR, batch_id) == "sheet.moved"
    assert [one.sheet_label for one in desk.view(scene.house, batch_id).pages] == ["1", "1", "2", "2"]
    assert desk.undo(scene.house, OPERATOR, batch_id) == "page.blank"
    assert not _front(scene, batch_id).blank_by_person
    assert desk.undo(scene.house, OPERATOR, batch_id) == "page.orientation"
    assert (_front(scene, batch_id).degrees, _front(scene, batch_id).degrees_by_person) == (0, False)
    assert desk.undo(scene.house, OPERATOR, batch_id) == ""
    desk.set_sheet_state(scene.house, OPERATOR, page.sheet_id, SheetState.SUPERSEDED)
    assert desk.undo(scene.house, OPERATOR, batch_id) == "sheet.state"
    assert len(desk.view(scene.house, batch_id).pages) == 4


def test_a_setting_the_scanner_cannot_do_is_refused_before_any_paper_moves(scene: Scene) -> None:
    batch_id = scene.batch()
    with pytest.raises(ScanFault) as refused:
        desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(Source.DUPLEX, ColorMode.BITONAL, 1200))
    assert refused.value.kind is FaultKind.BAD_SETTING
    assert refused.value.nearest == {"mode": "color", "resolution": 300}
    assert desk.view(scene.house, batch_id).run is None
    assert desk.view(scene.house, batch_id).batch.state == "open"


def test_the_second_operator_at_the_scanner_is_told_who_holds_it(scene: Scene) -> None:
    first, second = scene.batch("1"), scene.batch("2")
    settings = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100)
    desk.start_run(scene.house, OPERATOR, first, DEVICE, settings)
    with pytest.raises(DeviceHeld) as held:
        desk.start_run(scene.house, Actor("lan", Role.OPERATOR), second, DEVICE, settings)
    assert held.value.facts["holder"] == OPERATOR.login
    assert desk.view(scene.house, second).batch.state == "open"


def test_practice_paper_never_stands_in_a_batch_that_can_be_released(scene: Scene) -> None:
    batch_id = scene.batch()
    with scene.house.store.write() as connection:
        from batches import schema

        connection.execute(schema.device.update().values(practice=True))
    with pytest.raises(NotAllowed):
        desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, ScanSettings(Source.DUPLEX, ColorMode.COLOR, 100))


def test_a_batch_with_a_difference_is_not_handed_over(scene: Scene) -> None:
    batch_id = scene.scanned(2, prepared=3, code="161")
    with pytest.raises(Unexplained) as refused:
        desk.hand_over(scene.house, OPERATOR, batch_id)
    assert (refused.value.facts["prepared"], refused.value.facts["difference"]) == (3, 1)
    desk.set_prepared(scene.house, OPERATOR, batch_id, 2)
    desk.hand_over(scene.house, OPERATOR, batch_id)
    assert desk.view(scene.house, batch_id).batch.state == "captured"


def test_an_open_run_keeps_the_batch_on_the_desk(scene: Scene) -> None:
    batch_id = scene.scanned(2, code="162", finish=False)
    with pytest.raises(NotAllowed):
        desk.hand_over(scene.house, OPERATOR, batch_id)


def test_nothing_is_mended_after_the_verdict(scene: Scene, batch_id: int) -> None:
    from station import review_desk

    page = _front(scene, batch_id)
    scene.hand_over(batch_id)
    review_desk.withdraw(scene.house, SUPERVISOR, batch_id, "nhầm hồ sơ")
    for act in (
        lambda: desk.turn(scene.house, OPERATOR, page.id, 90),
        lambda: desk.mark_blank(scene.house, OPERATOR, page.id, True),
        lambda: desk.move_sheet(scene.house, OPERATOR, page.sheet_id, None),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_values_that_cannot_be_are_refused(scene: Scene, batch_id: int) -> None:
    page = _front(scene, batch_id)
    with pytest.raises(Invalid):
        desk.turn(scene.house, OPERATOR, page.id, 45)
    with pytest.raises(Invalid):
        desk.straighten(scene.house, OPERATOR, page.id, 40.0)


def test_the_fault_card_knows_the_last_whole_sheet_and_the_one_to_put_back(scene: Scene) -> None:
    batch_id = scene.scanned(2, code="163", finish=False)
    run = desk.view(scene.house, batch_id).run
    assert run is not None
    assert (run.last_label, run.next_sheet) == ("2", "3")
    with scene.house.store.write() as connection:
        row = runs.get(connection, run.id)
        desk.pages.record(connection, row, scene.side(row, 3, "front"))
        sheets.lost(connection, row, 3, "jam")
        runs.pause(connection, run.id, "jam", "feed", "")
    run = desk.view(scene.house, batch_id).run
    assert run is not None
    assert (run.fault, run.last_label, run.next_sheet) == ("jam", "2", "3"), "the back of sheet 3 did not come"


def test_a_rescan_from_the_glass_takes_the_place_of_the_side_it_was_asked_for(scene: Scene, batch_id: int) -> None:
    back = desk.view(scene.house, batch_id).pages[1]
    assert back.face == "back"
    run_id = desk.rescan(scene.house, OPERATOR, back.id, DEVICE, ScanSettings(Source.FLATBED, ColorMode.COLOR, 100))
    with scene.house.store.read() as connection:
        run = runs.get(connection, run_id)
    assert (run.purpose, run.settings["as_face"]) == (RunPurpose.RESCAN.value, "back")


def test_a_rejected_batch_mended_without_a_scan_is_handed_over_again(scene: Scene, batch_id: int) -> None:
    from station import review_desk

    scene.hand_over(batch_id)
    review_desk.reject(scene.house, SUPERVISOR, batch_id, "trang 1 ngược")
    desk.turn(scene.house, OPERATOR, _front(scene, batch_id).id, 180)
    desk.hand_over(scene.house, OPERATOR, batch_id)
    assert desk.view(scene.house, batch_id).batch.state == "captured"
