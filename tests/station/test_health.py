"""From pages to the desk: dirt at 83 mm raises its card within three pages and a cleaning is proved by the next ones; the
target is scanned, measured and kept; what a scanner without a good target scanned is not released."""

import math
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from sqlalchemy import update

from batches import care, devices, journal, pages, runs, schema
from batches.errors import Invalid, NotAllowed, NotFound
from batches.pages import NewSide
from batches.words import CareKind
from imaging.practice import invent, typeset
from imaging.practice.tray import jpeg
from imaging.target import write_pdf
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, health, qualifying, release, review_desk
from station.config import Qc
from station.errors import SohoaError
from station.house import House
from tests.web.scene import DEVICE, OPERATOR, SUPERVISOR, Scene, make_scene

DPI = 300
Shot = Callable[[int, str], np.ndarray]
"""Sheet number and face → the picture, BGR at 300 dpi."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


@pytest.fixture(scope="session")
def typed() -> list[np.ndarray]:
    """Six practice sides: yellowed and white stock, text and empty backs."""
    found: list[np.ndarray] = []
    for number in (3, 4, 5):
        for page in typeset(invent(number), number, versos=True)[:2]:
            data = np.frombuffer(jpeg(page), np.uint8)
            found.append(cv2.imdecode(data, cv2.IMREAD_COLOR))
    return found


def feed(scene: Scene, batch_id: int, sheets: int, shot: Shot, source: Source = Source.DUPLEX) -> int:
    """Scan sheets whose pictures ``shot`` draws, and look at them."""
    settings = ScanSettings(source, ColorMode.COLOR, DPI)
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, settings)
    deliver(scene, run_id, sheets, shot, source)
    return run_id


def deliver(scene: Scene, run_id: int, sheets: int, shot: Shot, source: Source = Source.DUPLEX) -> None:
    faces = ("front", "back") if source is Source.DUPLEX else ("front",)
    with scene.house.store.write() as connection:
        run = runs.claim(connection, run_id)
        for number in range(1, sheets + 1):
            for face in faces:
                pages.record(connection, run, _side(scene.house, run, number, face, shot(number, face)))
        runs.finish(connection, run_id)
        devices.release(connection, DEVICE, run.uid)
    scene.look()


def _side(house: House, run: Any, number: int, face: str, picture: np.ndarray) -> NewSide:
    relative = f"masters/{run.uid}/{number:04d}-{face}.jpg"
    path = house.folders.root / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()
    path.write_bytes(data)
    high, wide = picture.shape[:2]
    return NewSide(number, face, relative, sha256(data).hexdigest(), len(data), "image/jpeg", wide, high, (DPI, DPI), "color",
                   "2026-11-22T10:00:00.000+07:00")  # fmt: skip


def streaked(picture: np.ndarray, mm: float, amplitude: float = -0.041) -> np.ndarray:
    marked = picture.astype(np.float32)
    at = round(mm / 25.4 * DPI - 1)
    marked[:, at : at + 2] *= 1 + amplitude
    return np.clip(np.round(marked), 0, 255).astype(np.uint8)


def test_dirt_is_told_within_three_pages_and_a_cleaning_is_proved_by_the_next(scene: Scene, typed: list[np.ndarray]) -> None:
    """The back's glass is dirty: three sheets raise the alarm, the front stays silent; two cleanings, the second helps."""

    def dirty(number: int, face: str) -> np.ndarray:
        picture = typed[2 * (number - 1) % 6 + (face == "back")]
        return streaked(picture, 83.0) if face == "back" else picture

    batch_id = scene.batch(prepared=20)
    feed(scene, batch_id, 2, dirty)
    assert health.alarms(scene.house, DEVICE) == []
    feed(scene, batch_id, 1, lambda _, face: dirty(3, face))
    (alarm,) = health.alarms(scene.house, DEVICE)
    assert (alarm.side, alarm.dirt.pages) == ("back", 3)
    assert alarm.dirt.mm == pytest.approx(83.0, abs=0.5)
    assert alarm.dirt.amplitude == pytest.approx(-0.041, abs=0.01)

    health.cleaned(scene.house, OPERATOR, DEVICE, "glass")
    assert health.alarms(scene.house, DEVICE) == []
    (waiting,) = health.wiped(scene.house, DEVICE)
    assert (waiting.proof.state, waiting.proof.pages) == ("waiting", 0)
    feed(scene, batch_id, 3, dirty)
    (still,) = health.wiped(scene.house, DEVICE)
    assert still.proof.state == "still"
    assert still.proof.after == pytest.approx(-0.041, abs=0.01)
    assert len(health.alarms(scene.house, DEVICE)) == 1

    health.cleaned(scene.house, OPERATOR, DEVICE, "glass", "lau bằng cồn")
    feed(scene, batch_id, 3, lambda number, face: typed[2 * (number - 1) + (face == "back")])
    (gone,) = health.wiped(scene.house, DEVICE)
    assert (gone.proof.state, gone.proof.after, gone.author) == ("gone", 0.0, "an")
    assert gone.proof.before == pytest.approx(-0.041, abs=0.01)
    assert health.alarms(scene.house, DEVICE) == []

    story = health.health(scene.house, DEVICE)
    assert (story.counters.total, story.counters.since_cleaning, story.counters.since_target) == ((9, 18), (3, 6), None)
    assert [row.note for row in story.book] == ["lau bằng cồn", ""]
    assert {side: len(kept) for side, kept in story.samples.items()} == {"front": 9, "back": 9, "glass": 0}
    with scene.house.store.read() as connection:
        entry = next(iter(journal.entries(connection, f"device:{DEVICE}")))
    assert (entry.actor, entry.action) == ("an", "device.cleaning")


def test_the_flatbed_has_a_glass_of_its_own(scene: Scene, typed: list[np.ndarray]) -> None:
    batch_id = scene.batch(prepared=20)
    feed(scene, batch_id, 3, lambda number, _: streaked(typed[2 * number - 2], 40.0), Source.FLATBED)
    (alarm,) = health.alarms(scene.house, DEVICE)
    assert alarm.side == "glass"
    feed(scene, batch_id, 1, lambda *_: typed[0])
    assert [one.side for one in health.alarms(scene.house, DEVICE)] == ["glass"]


def test_a_page_looked_at_again_counts_once_and_practice_on_a_real_scanner_does_not(
    scene: Scene, typed: list[np.ndarray]
) -> None:
    batch_id = scene.batch()
    feed(scene, batch_id, 1, lambda *_: typed[0], Source.FEEDER)
    (page_id,) = scene.page_ids(batch_id)
    desk.turn(scene.house, OPERATOR, page_id, 90)
    scene.look()
    practice = scene.batch("tap", practice=True)
    feed(scene, practice, 1, lambda *_: typed[0], Source.FEEDER)
    with scene.house.store.read() as connection:
        assert [row.page_id for row in care.samples(connection, DEVICE, "front")] == [page_id]


def test_what_no_scanner_has_is_not_cleaned(scene: Scene) -> None:
    with pytest.raises(Invalid):
        health.cleaned(scene.house, OPERATOR, DEVICE, "roof")
    with pytest.raises(NotFound):
        health.cleaned(scene.house, OPERATOR, "nobody:1", "glass")


def test_old_samples_are_thinned_the_first_and_the_newest_stay(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care, "KEPT", 4)
    monkeypatch.setattr(care, "FIRST", 3)
    monkeypatch.setattr(care, "THINNED", 5)
    batch_id = scene.batch(prepared=20)
    scene.scan(batch_id, 20)
    with scene.house.store.write() as connection:
        before = [row.page_id for row in care.samples(connection, DEVICE, "front")]
        assert len(before) == 20
        care.thin(connection, DEVICE, "front")
        kept = [row.page_id for row in care.samples(connection, DEVICE, "front")]
    old = [page for page in before[3:-4] if page % 5 == 0]
    assert kept == before[:3] + old + before[-4:]


# -- the target ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """Both sides as a fair scanner sees them, 300 dpi."""
    path = tmp_path_factory.mktemp("target") / "target.pdf"
    write_pdf(path)
    document = pdfium.PdfDocument(path)
    sides = []
    for page in document:
        seen = page.render(scale=DPI / 72, grayscale=True).to_numpy()
        gray = seen.reshape(seen.shape[:2])
        soft = cv2.GaussianBlur(gray, (0, 0), 0.8).astype(np.float32) * (238 - 45) / 255 + 45
        grain = np.random.default_rng(1).normal(0, 1.0, soft.shape).astype(np.float32)
        sides.append(cv2.cvtColor(np.clip(soft + grain, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR))
    document.close()
    return sides


def show_target(scene: Scene, front: np.ndarray, back: np.ndarray) -> tuple[int, Any]:
    run_id = qualifying.scan_target(scene.house, OPERATOR, DEVICE)
    with pytest.raises(NotAllowed):
        qualifying.measure_run(scene.house, OPERATOR, DEVICE, run_id)
    deliver(scene, run_id, 1, lambda _, face: front if face == "front" else back)
    qualifying.measure_run(scene.house, OPERATOR, DEVICE, run_id)
    with scene.house.store.read() as connection:
        return run_id, care.book(connection, DEVICE, CareKind.QUALIFICATION)[0]


def squeezed(picture: np.ndarray, share: float) -> np.ndarray:
    """The feed runs fast: fewer rows for the same paper."""
    high, wide = picture.shape[:2]
    return cv2.resize(picture, (wide, round(high * share)), interpolation=cv2.INTER_AREA)


def failed(row: Any, side: str) -> set[str]:
    return {line[0] for line in row.measures["faces"][side]["lines"] if line[4] is False}


def test_the_target_is_scanned_measured_and_compared_with_its_first_time(scene: Scene, target: list[np.ndarray]) -> None:
    run_id, first = show_target(scene, *target)
    assert first.passed, [failed(first, side) for side in ("front", "back")]
    assert set(first.measures["faces"]) == {"front", "back"}
    assert not first.measures["faces"]["front"]["compared"]
    last = qualifying.last_run(scene.house, DEVICE)
    assert last is not None
    assert (last.id, last.measured) == (run_id, True)

    soft = cv2.GaussianBlur(target[1], (0, 0), 0.8)
    _, worse = show_target(scene, squeezed(target[0], 0.993), soft)
    assert worse.passed is False
    assert failed(worse, "front") == {"scale_y_drift", "ratio"}
    assert failed(worse, "back") == {"sharpness"}
    told = {line[0]: line[1] for line in worse.measures["faces"]["front"]["lines"]}
    assert told["scale_y_drift"] == pytest.approx(0.007, abs=0.0005)
    assert told["scale_y"] == pytest.approx(0.007, abs=0.001)

    _, stained = show_target(scene, streaked(target[0], 83.0, -0.03), target[1])
    assert failed(stained, "front") == {"streak"}
    ((mm, amplitude),) = stained.measures["faces"]["front"]["measure"]["stripes"]
    assert (mm, amplitude) == (pytest.approx(83.0, abs=0.5), pytest.approx(-0.03, abs=0.006))

    qualifying.take_as_baseline(scene.house, SUPERVISOR, DEVICE, worse.id)
    _, after = show_target(scene, squeezed(target[0], 0.993), soft)
    assert after.passed, "measured against the new baseline"
    story = health.health(scene.house, DEVICE)
    assert story.counters.since_target == (0, 0)
    assert all(not kept for kept in story.samples.values()), "target sheets are no pages of the work"


def test_one_printed_side_qualifies_one_glass_and_a_page_without_target_none(
    scene: Scene, target: list[np.ndarray], typed: list[np.ndarray]
) -> None:
    _, row = show_target(scene, target[0], typed[1])
    assert set(row.measures["faces"]) == {"front"}
    run_id = qualifying.scan_target(scene.house, OPERATOR, DEVICE)
    deliver(scene, run_id, 1, lambda *_: typed[0])
    with pytest.raises(SohoaError, match="bốn ô vuông"):
        qualifying.measure_run(scene.house, OPERATOR, DEVICE, run_id)


# -- what follows ----------------------------------------------------------------------------------------------------


def ruled(scene: Scene, *, blocks: bool = True) -> House:
    settings = scene.house.settings.model_copy(update={"qc": Qc(qualification_days=7, qualification_blocks_release=blocks)})
    return House(settings, scene.house.store, scene.house.folders)


def shown(scene: Scene, days_ago: float, passed: bool, faces: tuple[str, ...] = ("front", "back")) -> None:
    """An entry of the book as of some days ago."""
    with scene.house.store.write() as connection:
        told = {"run": 0, "faces": {side: {"passed": passed, "lines": [], "measure": {}, "page": 0} for side in faces}}
        made = care.log(connection, "an", DEVICE, CareKind.QUALIFICATION, passed=passed, measures=told)
        at = datetime.fromisoformat(care.book(connection, DEVICE)[0].at) - timedelta(days=days_ago)
        connection.execute(
            update(schema.device_care).where(schema.device_care.c.id == made).values(at=at.isoformat(timespec="milliseconds"))
        )


@pytest.fixture
def accepted(scene: Scene) -> int:
    """A batch scanned a moment ago, accepted."""
    batch_id = scene.scanned(2)
    scene.hand_over(batch_id)
    for page in review_desk.view(scene.house, batch_id).pages:
        review_desk.decide(scene.house, SUPERVISOR, page.page.id, review_desk.Verdict.PASS)
    review_desk.accept(scene.house, SUPERVISOR, batch_id)
    with scene.house.store.write() as connection:
        release.people.add_archive(connection, "quantri", "Kho tỉnh")
    return batch_id


def asked(house: House, batch_id: int) -> str:
    """``released``, or the refusal's line."""
    try:
        release.request(house, SUPERVISOR, batch_id)
    except SohoaError as refused:
        return str(refused)
    return "released"


@pytest.mark.parametrize(
    ("history", "said"),
    [
        ([], "quá hạn"),
        ([(9.0, True)], "quá hạn"),
        ([(3.0, True)], "released"),
        ([(3.0, False)], "không đạt tờ đích"),
        ([(5.0, True), (3.0, False)], "không đạt tờ đích"),
        ([(3.0, False), (1.0, True)], "released"),
        ([(9.0, True), (-0.01, True)], "released"),
        ([(9.0, True), (-0.01, False)], "quá hạn"),
        ([(3.0, False), (-0.01, True)], "không đạt tờ đích"),
    ],
)
def test_a_batch_leaves_only_from_a_scanner_that_was_good(
    scene: Scene, accepted: int, history: list[tuple[float, bool]], said: str
) -> None:
    """Days before the scan (below 0 = after it) and whether the target passed."""
    for days, passed in history:
        shown(scene, days, passed)
    answer = asked(ruled(scene), accepted)
    assert said in answer
    if said != "released":
        assert "fi-8170" in answer


def test_every_used_side_needs_its_target(scene: Scene, accepted: int) -> None:
    shown(scene, 2.0, True, ("front",))
    assert "mặt sau" in asked(ruled(scene), accepted)


@pytest.mark.parametrize("blocks", [True, False])
def test_without_the_rule_nothing_is_asked(scene: Scene, accepted: int, blocks: bool) -> None:
    if blocks:
        assert asked(scene.house, accepted) == "released"
    else:
        assert asked(ruled(scene, blocks=False), accepted) == "released"


def test_the_desk_is_told_what_is_due(scene: Scene) -> None:
    house = ruled(scene)
    assert {one.state for one in qualifying.standings(house, DEVICE)} == {"never"}
    shown(scene, 8.0, True)
    assert {one.state for one in qualifying.standings(house, DEVICE)} == {"overdue"}
    shown(scene, 0.0, True)
    assert {one.state for one in qualifying.standings(house, DEVICE)} == {"good"}
    assert qualifying.standings(scene.house, DEVICE) == [], "no rule is set"
    assert math.isclose(house.settings.qc.qualification_days or 0, 7)
