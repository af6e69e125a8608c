"""Review and release on real small pages: who may, what stops it, and a package that stands on its own."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest

from batches import bag, batch_jobs, people, schema, states
from batches.errors import NotAllowed
from batches.verification import verify
from batches.words import BatchJobKind, BatchState, Role, Verdict
from station import checking, desk, release, review_desk
from station.errors import SohoaError
from station.offices import Offices
from station.release import ascii_name
from tests.web.scene import ADMINISTRATOR, OPERATOR, SUPERVISOR, Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


@pytest.fixture
def reviewed(scene: Scene) -> int:
    """A batch at the review desk, every page that wants a verdict passed."""
    batch_id = scene.scanned(2)
    scene.hand_over(batch_id)
    for page in review_desk.view(scene.house, batch_id).pages:
        if page.why != "rest":
            review_desk.decide(scene.house, SUPERVISOR, page.page.id, Verdict.PASS)
    return batch_id


def _archive(scene: Scene) -> None:
    with scene.house.store.write() as connection:
        people.add_archive(connection, "quantri", "Kho tỉnh")


def _release(scene: Scene, batch_id: int) -> release.ReleaseView:
    review_desk.accept(scene.house, SUPERVISOR, batch_id)
    release.request(scene.house, SUPERVISOR, batch_id)
    Offices(scene.house).step()
    return release.status(scene.house, batch_id)


def test_a_package_is_sound_sealed_and_says_what_it_holds(scene: Scene, reviewed: int) -> None:
    _archive(scene)
    done = _release(scene, reviewed)
    assert (done.state, done.error) == ("done", None)
    assert done.package is not None
    root = scene.house.folders.root / done.package.folder
    result = verify(root)
    assert result.ok, result.problems
    assert (result.counts["sheets"], result.counts["pages"], result.counts["documents"]) == (2, 4, 1)
    (pdf,) = (root / "data/documents").glob("*.pdf")
    with pikepdf.open(pdf) as document:
        wide, high = (float(side) / 72 * 25.4 for side in document.pages[0].mediabox[2:])
    assert (wide, high) == pytest.approx((210, 297), abs=1.5), "the paper's true size"
    masters = json.loads((root / "data/metadata/masters.json").read_text())
    assert [(row["sheet"], row["face"]) for row in masters] == [("1", "front"), ("1", "back"), ("2", "front"), ("2", "back")]
    assert desk.view(scene.house, reviewed).batch.state == "sealed"


@pytest.mark.parametrize("harm", ["pdf", "missing", "list", "journal"])
def test_verification_finds_harm_that_a_new_manifest_would_hide(scene: Scene, reviewed: int, harm: str) -> None:
    _archive(scene)
    package = _release(scene, reviewed).package
    assert package is not None
    root = scene.house.folders.root / package.folder
    metadata = root / "data/metadata"
    if harm == "pdf":
        (pdf,) = (root / "data/documents").glob("*.pdf")
        with pikepdf.open(pdf, allow_overwriting_input=True) as document:
            del document.pages[3]
            document.save(pdf)
    elif harm == "missing":
        (metadata / "masters.json").write_text(json.dumps(json.loads((metadata / "masters.json").read_text())[:-1]))
    elif harm == "list":
        documents = json.loads((metadata / "documents.json").read_text())
        documents[0]["pages"].pop()
        (metadata / "documents.json").write_text(json.dumps(documents))
    else:
        lines = (metadata / "journal.jsonl").read_text().replace('"actor": "an"', '"actor": "ai"')
        (metadata / "journal.jsonl").write_text(lines)
    assert "bag" in {problem.what for problem in verify(root).problems}
    import bagit

    bagit.Bag(str(root)).save(manifests=True)
    wanted = {"pdf": "pages", "missing": "count", "list": "pages", "journal": "journal"}[harm]
    assert wanted in {problem.what for problem in verify(root).problems}


def test_nothing_leaves_from_a_damaged_master(scene: Scene, reviewed: int) -> None:
    _archive(scene)
    with scene.house.store.read() as connection:
        master = scene.house.folders.master(desk.pages.listing(connection, reviewed)[2].master)
    data = bytearray(master.read_bytes())
    data[len(data) // 2] ^= 0xFF
    master.write_bytes(data)
    failed = _release(scene, reviewed)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "tờ 2" in failed.error
    assert desk.view(scene.house, reviewed).batch.state == "accepted"
    assert not any(scene.house.folders.packages.glob("*")), "half a package is no package"


def test_a_practice_batch_is_not_released(scene: Scene, reviewed: int) -> None:
    _archive(scene)
    with scene.house.store.write() as connection:
        connection.execute(schema.batch.update().values(practice=True))
    review_desk.accept(scene.house, SUPERVISOR, reviewed)
    with pytest.raises(NotAllowed) as refused:
        release.request(scene.house, SUPERVISOR, reviewed)
    assert refused.value.facts["what"] == "practice"


@pytest.mark.parametrize("servers", [0, 2])
def test_a_batch_goes_to_one_known_archive_or_nowhere(scene: Scene, reviewed: int, servers: int) -> None:
    with scene.house.store.write() as connection:
        for number in range(servers):
            people.add_archive(connection, "quantri", f"Kho {number}")
    review_desk.accept(scene.house, SUPERVISOR, reviewed)
    with pytest.raises(SohoaError):
        release.request(scene.house, SUPERVISOR, reviewed)


def test_a_batch_is_not_accepted_unseen_or_with_open_returns(scene: Scene) -> None:
    batch_id = scene.scanned(2)
    scene.hand_over(batch_id)
    with pytest.raises(NotAllowed) as refused:
        review_desk.accept(scene.house, SUPERVISOR, batch_id)
    assert refused.value.facts["what"] == "unseen"
    pages = review_desk.view(scene.house, batch_id).pages
    for page in pages:
        review_desk.decide(scene.house, SUPERVISOR, page.page.id, Verdict.PASS)
    review_desk.decide(scene.house, SUPERVISOR, pages[0].page.id, Verdict.RETURN, reason="blur")
    with pytest.raises(NotAllowed) as refused:
        review_desk.accept(scene.house, SUPERVISOR, batch_id)
    assert refused.value.facts["what"] == "returned"
    assert review_desk.view(scene.house, batch_id).sample.decision == "reject"
    review_desk.undo(scene.house, SUPERVISOR, pages[0].page.id)
    review_desk.decide(scene.house, SUPERVISOR, pages[0].page.id, Verdict.PASS)
    review_desk.accept(scene.house, SUPERVISOR, batch_id)


@pytest.mark.parametrize("actor", [OPERATOR, ADMINISTRATOR])
def test_only_a_supervisor_judges_and_releases(scene: Scene, reviewed: int, actor: review_desk.Actor) -> None:
    page = review_desk.view(scene.house, reviewed).pages[0].page
    for act in (
        lambda: review_desk.decide(scene.house, actor, page.id, Verdict.PASS),
        lambda: review_desk.accept(scene.house, actor, reviewed),
        lambda: review_desk.reject(scene.house, actor, reviewed, "vì"),
        lambda: review_desk.explain(scene.house, actor, reviewed, "vì"),
    ):
        with pytest.raises(NotAllowed):
            act()
    review_desk.accept(scene.house, SUPERVISOR, reviewed)
    with pytest.raises(NotAllowed):
        release.request(scene.house, actor, reviewed)


def test_an_interrupted_release_is_taken_up_again(scene: Scene, reviewed: int) -> None:
    _archive(scene)
    review_desk.accept(scene.house, SUPERVISOR, reviewed)
    release.request(scene.house, SUPERVISOR, reviewed)
    stopping = threading.Event()
    stopping.set()
    with scene.house.store.write() as connection:
        job = batch_jobs.next_queued(connection, BatchJobKind.RELEASE)
    assert job is not None
    with pytest.raises(release.Interrupted):
        release.carry_out(scene.house, job, stopping)
    with scene.house.store.write() as connection:
        batch_jobs.release_all(connection)
    Offices(scene.house).step()
    assert release.status(scene.house, reviewed).state == "done"
    assert len(list(scene.house.folders.packages.iterdir())) == 1


def test_a_returned_page_comes_back_to_the_desk_and_its_new_picture_clears_it(scene: Scene) -> None:
    batch_id = scene.scanned(2)
    scene.hand_over(batch_id)
    page = review_desk.view(scene.house, batch_id).pages[0].page
    review_desk.decide(scene.house, SUPERVISOR, page.id, Verdict.RETURN, reason="skew")
    review_desk.reject(scene.house, SUPERVISOR, batch_id, "một trang nghiêng")
    seen = desk.view(scene.house, batch_id)
    assert (seen.batch.state, seen.batch.return_reason) == ("rejected", "một trang nghiêng")
    assert [row.page_id for row in seen.returned] == [page.id]


def test_the_checks_wait_for_every_page(scene: Scene) -> None:
    batch_id = scene.scanned(2)
    desk.hand_over(scene.house, OPERATOR, batch_id)
    assert not checking.step(scene.house), "the pages have not been read yet"
    assert desk.view(scene.house, batch_id).batch.state == "captured"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("H49.64.33.2001.160", "H49.64.33.2001.160"),
        ("Hồ sơ số 15/QĐ", "Ho-so-so-15-QD"),
        ("../../etc/passwd", "etc-passwd"),
        ("...", "hoso"),
        ("", "hoso"),
        ("文件", "hoso"),
    ],
)
def test_names_on_disk_are_ours(text: str, name: str) -> None:
    assert ascii_name(text) == name


def test_a_batch_sent_back_and_accepted_again_meanwhile_is_packed_anew(
    scene: Scene, reviewed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _archive(scene)
    read_back, moves = bag.read_back, ("rejected", "capturing", "captured", "processed", "accepted")

    def meanwhile(*given: Any) -> None:
        for state in moves:
            with scene.house.store.write() as connection:
                states.move(connection, reviewed, BatchState(state), "binh", role=Role.SUPERVISOR, reason="mờ")
        read_back(*given)

    with monkeypatch.context() as patch:
        patch.setattr(release.bag, "read_back", meanwhile)
        failed = _release(scene, reviewed)
    assert (failed.state, failed.package) == ("failed", None)
    assert desk.view(scene.house, reviewed).batch.state == "accepted"
    release.request(scene.house, SUPERVISOR, reviewed)
    Offices(scene.house).step()
    assert release.status(scene.house, reviewed).state == "done"
