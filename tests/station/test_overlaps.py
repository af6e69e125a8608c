"""Whether two passes show one sheet, and which sheets are asked about at all."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Row, update

from batches import batch as batch_records
from batches import jobs, journal, overlaps, pages, runs, schema, sheets
from batches.errors import Stale
from batches.pages import NewSide
from batches.words import JobKind, OverlapState, Role, SheetState
from imaging import geometry
from imaging.measures.likeness import likeness
from imaging.prepare import prepare
from imaging.values import Raster
from qc.limits import Limits
from scanner.model import ColorMode, ScanSettings, Source
from station import desk
from station.house import Actor
from station.overlaps import Sheet, Side, alike, consider
from tests.journeys.forms import again, empty_page, form_page
from tests.web.scene import DEVICE, OPERATOR, Scene, make_scene

LIMITS = Limits()


def seen(folder: Path, name: str, pixels: np.ndarray, *, blank: bool | None = False) -> Side:
    """A side as the live path leaves it."""
    raster = Raster(np.ascontiguousarray(pixels), (100.0, 100.0), "color")
    prepared = prepare(raster)
    same = likeness(prepared, geometry.measure(raster, prepared).skew.degrees)
    (folder / name).mkdir()
    (folder / name / "likeness.bin").write_bytes(same.bits + same.sketch)
    return Side(folder / name, blank)


def sheet(**sides: Side) -> Sheet:
    return Sheet(1, 1, (1, "001"), False, True, sides)


def upside_down(page: np.ndarray) -> np.ndarray:
    return page[::-1, ::-1]


def test_a_second_pass_is_told_however_the_sheet_lies(tmp_path: Path) -> None:
    first = sheet(front=seen(tmp_path, "f", form_page(1)), back=seen(tmp_path, "b", form_page(2)))
    front, back = again(form_page(1), 1), again(form_page(2), 2)
    for name, sides in {
        "straight": (front, back),
        "upside down": (upside_down(front), upside_down(back)),
        "on its face": (back, front),
        "both": (upside_down(back), upside_down(front)),
    }.items():
        second = sheet(front=seen(tmp_path, f"{name} f", sides[0]), back=seen(tmp_path, f"{name} b", sides[1]))
        assert alike(first, second, LIMITS) > 0.95, name


def test_the_same_form_filled_in_otherwise_is_another_sheet(tmp_path: Path) -> None:
    """Every pair of fifteen forms of one template, the front alone."""
    fronts = [sheet(front=seen(tmp_path, str(n), form_page(n))) for n in range(1, 16)]
    found = [alike(one, other, LIMITS) for at, one in enumerate(fronts) for other in fronts[at + 1 :]]
    assert (len(found), max(found)) == (105, 0.0)


def test_one_side_that_differs_makes_another_sheet_and_blank_sides_prove_nothing(tmp_path: Path) -> None:
    form, other, empty = form_page(1), form_page(3), empty_page()
    both = sheet(front=seen(tmp_path, "1f", form), back=seen(tmp_path, "1b", other))
    assert alike(both, sheet(front=seen(tmp_path, "2f", again(form, 1)), back=seen(tmp_path, "2b", form_page(4))), LIMITS) == 0
    blank = seen(tmp_path, "e", empty, blank=True)
    assert alike(sheet(front=blank, back=blank), sheet(front=blank, back=blank), LIMITS) == 0
    half = sheet(front=seen(tmp_path, "3f", form), back=blank)
    assert alike(half, sheet(front=seen(tmp_path, "4f", again(form, 1)), back=blank), LIMITS) > 0.95
    assert alike(half, both, LIMITS) == 0


# -- which sheets are asked about ------------------------------------------------------------------------------------


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


class Stack:
    """A batch whose sheets come in sessions; each sheet shows the form with the number it is given."""

    def __init__(self, scene: Scene, looks: dict[int, bytes]) -> None:
        self.scene, self.house, self.looks = scene, scene.house, looks
        self.batch_id = scene.batch(prepared=9)
        self.run_id = desk.start_run(
            self.house, OPERATOR, self.batch_id, DEVICE, ScanSettings(Source.FEEDER, ColorMode.COLOR, 100)
        )

    def session(self, attempt: int, first: int, forms: list[int]) -> list[int]:
        """Record these sheets and look at them; page ids."""
        made = []
        with self.house.store.write() as connection:
            run = runs.get(connection, self.run_id)
            for at, form in enumerate(forms):
                made.append(pages.record(connection, run, self._side(run, attempt, first + at)))
                self._looked(connection, made[-1], form)
        for page_id in made:
            consider(self.house, page_id)
        return made

    def asked(self) -> list[tuple[str, str]]:
        with self.house.store.read() as connection:
            labels = {row.id: row.label for row in sheets.listing(connection, self.batch_id)}
            rows = overlaps.waiting(connection, self.batch_id)
        return [(labels[row.earlier_sheet_id], labels[row.later_sheet_id]) for row in rows]

    def _side(self, run: Row[Any], attempt: int, number: int) -> NewSide:
        master = f"masters/b/{run.uid}/{attempt:03d}/{number:04d}-front.jpg"
        return NewSide(number, "front", master, "0" * 64, 1, "image/jpeg", 827, 1169, (100, 100), "color", "2026-01-01T00:00")

    def _looked(self, connection: Connection, page_id: int, form: int) -> None:
        row = pages.get(connection, page_id)
        folder = self.house.folders.page(self._uid(connection), row.uid)
        folder.mkdir(parents=True)
        (folder / "likeness.bin").write_bytes(self.looks[form])
        pages.set_machine_values(connection, page_id, "live", {"blank": (False, 1.0)})
        done = update(schema.page_job).where(schema.page_job.c.page_id == page_id)
        connection.execute(done.values(state="done"))

    def _uid(self, connection: Connection) -> str:
        return str(batch_records.get(connection, self.batch_id).uid)


@pytest.fixture(scope="module")
def looks() -> dict[int, bytes]:
    found = {}
    for number in range(1, 13):
        for key, page in ((number, form_page(number)), (-number, again(form_page(number), number))):
            raster = Raster(page, (100.0, 100.0), "color")
            prepared = prepare(raster)
            same = likeness(prepared, geometry.measure(raster, prepared).skew.degrees)
            found[key] = same.bits + same.sketch
    return found


def test_three_too_many_are_all_found_and_asked_once(scene: Scene, looks: dict[int, bytes]) -> None:
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2, 3, 4, 5])
    pages_again = stack.session(2, 6, [-2, -3, -4, -5, 6])
    assert stack.asked() == [("2", "6"), ("3", "7"), ("4", "8"), ("5", "9")]
    for page_id in pages_again:
        consider(scene.house, page_id)
    assert len(stack.asked()) == 4


def test_a_sheet_far_behind_an_interruption_and_one_without_any_are_not_asked_about(
    scene: Scene, looks: dict[int, bytes]
) -> None:
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2, -2, 3])
    stack.session(2, 5, [4, 5, 6, -3])
    assert stack.asked() == []


def test_a_page_looked_at_late_is_still_compared(scene: Scene, looks: dict[int, bytes]) -> None:
    """The last sheet before the interruption is looked at after the first one behind it."""
    stack = Stack(scene, looks)
    (first,) = stack.session(1, 1, [1])
    with scene.house.store.write() as connection:
        jobs.queue(connection, first, JobKind.LIVE)
    stack.session(2, 2, [-1])
    assert stack.asked() == []
    with scene.house.store.write() as connection:
        connection.execute(update(schema.page_job).values(state="done"))
    consider(scene.house, first)
    assert stack.asked() == [("1", "2")]


def test_numbers_close_up_and_open_again(scene: Scene, looks: dict[int, bytes]) -> None:
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2, 3])
    stack.session(2, 4, [-2, -3, 4, 5])

    def labels() -> list[tuple[str, str]]:
        with scene.house.store.read() as connection:
            return [(row.label, row.state) for row in sheets.listing(connection, stack.batch_id)]

    before = labels()
    with scene.house.store.read() as connection:
        first, second = (row.id for row in overlaps.waiting(connection, stack.batch_id))
    desk.decide_overlap(scene.house, OPERATOR, first, OverlapState.KEPT_LATER)
    desk.decide_overlap(scene.house, OPERATOR, second, OverlapState.KEPT_EARLIER)
    live = [label for label, state in labels() if state == SheetState.LIVE]
    assert live == ["1", "2", "3", "4", "5"]
    stack.session(2, 8, [6])
    assert [label for label, state in labels() if state == SheetState.LIVE][-1] == "6"
    desk.undo(scene.house, OPERATOR, stack.batch_id)
    desk.undo(scene.house, OPERATOR, stack.batch_id)
    assert labels() == [*before, ("8", "live")]


def test_two_after_all_stays_two(scene: Scene, looks: dict[int, bytes]) -> None:
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2])
    again_id = stack.session(2, 3, [-2])[0]
    with scene.house.store.read() as connection:
        (row,) = overlaps.waiting(connection, stack.batch_id)
    desk.decide_overlap(scene.house, OPERATOR, row.id, OverlapState.BOTH)
    consider(scene.house, again_id)
    assert stack.asked() == []
    with scene.house.store.read() as connection:
        assert [one.state for one in sheets.listing(connection, stack.batch_id)] == ["live"] * 3
        entry = next(journal.entries(connection, f"batch:{stack.batch_id}/overlap:{row.id}"))
    assert (entry.actor, entry.detail["after"]) == ("an", "both")


def test_what_it_adds_to_a_page_is_little(scene: Scene, looks: dict[int, bytes]) -> None:
    """No interruption near: one look into the records. Behind one: the likenesses of a few sheets."""
    stack = Stack(scene, looks)
    plain = stack.session(1, 1, [1, 2, 3, 4, 5, 6])
    began = time.perf_counter()
    for page_id in plain:
        consider(scene.house, page_id)
    usual = (time.perf_counter() - began) / len(plain)
    began = time.perf_counter()
    stack.session(2, 7, [-5, -6, 7])
    behind = (time.perf_counter() - began) / 3
    print(f"usual {usual * 1000:.1f} ms a page, behind an interruption {behind * 1000:.1f} ms")
    assert usual < 0.05
    assert behind < 0.5


def test_a_sheet_whose_twin_is_set_aside_already_stays(scene: Scene, looks: dict[int, bytes]) -> None:
    """Two desks: one sets the first picture aside, the other, looking at an older page, the second."""
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2])
    stack.session(2, 3, [-2])
    with scene.house.store.read() as connection:
        (row,) = overlaps.waiting(connection, stack.batch_id)
    desk.set_sheet_state(scene.house, OPERATOR, row.earlier_sheet_id, SheetState.SUPERSEDED)
    with pytest.raises(Stale):
        desk.decide_overlap(scene.house, OPERATOR, row.id, OverlapState.KEPT_EARLIER)
    with scene.house.store.read() as connection:
        assert [(one.label, one.state) for one in sheets.listing(connection, stack.batch_id)][1:] == [
            ("2", "superseded"), ("3", "live"),
        ]  # fmt: skip


def test_numbers_changed_meanwhile_stay_in_the_order_of_the_paper(scene: Scene, looks: dict[int, bytes]) -> None:
    """A separator before the pair is seen after the decision; taking the decision back must not undo that too."""
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2, 3])
    stack.session(2, 4, [-3, 4, 5])
    with scene.house.store.read() as connection:
        (row,) = overlaps.waiting(connection, stack.batch_id)
        first = sheets.listing(connection, stack.batch_id)[0].id
    desk.decide_overlap(scene.house, OPERATOR, row.id, OverlapState.KEPT_EARLIER)
    other = Actor("chi", Role.OPERATOR)
    desk.set_sheet_state(scene.house, other, first, SheetState.SEPARATOR)
    assert desk.undo(scene.house, OPERATOR, stack.batch_id) == "overlap.decided"
    with scene.house.store.read() as connection:
        assert [one.label for one in sheets.listing(connection, stack.batch_id)] == ["P1", "1", "2", "3", "4", "5"]


def test_what_was_set_aside_gives_its_number_back_and_never_shares_one(scene: Scene, looks: dict[int, bytes]) -> None:
    stack = Stack(scene, looks)
    stack.session(1, 1, [1, 2])
    with scene.house.store.read() as connection:
        last = sheets.listing(connection, stack.batch_id)[1].id
    desk.set_sheet_state(scene.house, OPERATOR, last, SheetState.SUPERSEDED)
    stack.session(1, 3, [3])
    with scene.house.store.read() as connection:
        assert [one.label for one in sheets.listing(connection, stack.batch_id)] == ["1", "2", "2"]
    desk.set_sheet_state(scene.house, OPERATOR, last, SheetState.LIVE)
    with scene.house.store.read() as connection:
        assert [one.label for one in sheets.listing(connection, stack.batch_id)] == ["1", "2", "3"]
