"""The archive's interface over HTTP: a real server, a real client, ranges, resumption, receipts, and whose package it is."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from scene import FIRST, SUPERVISOR, Scene
from werkzeug.serving import make_server

from batches import holdings, people
from batches.verification import verify
from batches.words import Verdict
from station import desk, release, review_desk
from station.offices import Offices
from station.pulling import Puller, PullError


class Archive:
    def __init__(self, app: Flask, token: str) -> None:
        self._client: FlaskClient = app.test_client()
        self.token = token

    def get(self, path: str, **headers: str):  # type: ignore[no-untyped-def]
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._client.get(path, headers={"Authorization": f"Bearer {self.token}", **named})

    def post(self, path: str, key: str, body: object):  # type: ignore[no-untyped-def]
        headers = {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {})}
        return self._client.post(path, headers=headers, json=body)


@pytest.fixture
def tokens(scene: Scene) -> tuple[str, str]:
    """Two archives; the fonds goes to the first."""
    with scene.house.store.write() as connection:
        archive_id, token = people.add_archive(connection, "quantri", "Kho tỉnh")
        _, other = people.add_archive(connection, "quantri", "Kho khác")
        fonds = holdings.fonds_list(connection)[0]
        holdings.set_archive(connection, "quantri", fonds.id, archive_id)
    return token, other


@pytest.fixture
def released(scene: Scene, tokens: tuple[str, str]) -> str:
    """The first batch, released; the package's id."""
    scene.hand_over(FIRST)
    for page in review_desk.view(scene.house, FIRST).pages:
        review_desk.decide(scene.house, SUPERVISOR, page.page.id, Verdict.PASS)
    review_desk.accept(scene.house, SUPERVISOR, FIRST)
    release.request(scene.house, SUPERVISOR, FIRST)
    Offices(scene.house).step()
    package = release.status(scene.house, FIRST).package
    assert package is not None
    return str(package.uid)


@pytest.fixture
def archive(app: Flask, tokens: tuple[str, str]) -> Archive:
    return Archive(app, tokens[0])


def test_the_feed_names_the_package_and_goes_on_from_where_it_was(archive: Archive, released: str) -> None:
    first = archive.get("/api/v1/batches").json
    assert [row["id"] for row in first["batches"]] == [released]
    assert archive.get(f"/api/v1/batches?after={first['next']}").json["batches"] == []


def test_every_file_is_what_the_manifest_says_and_the_manifest_what_the_feed_says(archive: Archive, released: str) -> None:
    line = archive.get("/api/v1/batches").json["batches"][0]
    manifest = archive.get(line["manifest"])
    assert hashlib.sha256(manifest.data).hexdigest() == line["manifest_sha256"]
    assert len(manifest.json["files"]) == line["files"]
    for file in manifest.json["files"]:
        answer = archive.get(f"/api/v1/batches/{released}/{file['url']}")
        assert (len(answer.data), hashlib.sha256(answer.data).hexdigest()) == (file["size"], file["sha256"])
        assert answer.headers["Repr-Digest"].startswith("sha-256=:")
        assert answer.get_etag()[0] == file["sha256"]


def test_files_come_in_ranges_and_stale_conditions_bring_the_whole(archive: Archive, released: str) -> None:
    files = archive.get(f"/api/v1/batches/{released}/manifest.json").json["files"]
    pdf = next(file for file in files if file["path"].endswith(".pdf"))
    url = f"/api/v1/batches/{released}/{pdf['url']}"
    whole = archive.get(url).data
    part = archive.get(url, Range="bytes=1000-1999", If_Range=f'"{pdf["sha256"]}"')
    assert (part.status_code, part.data) == (206, whole[1000:2000])
    assert archive.get(url, Range="bytes=1000-", If_Range='"stale"').status_code == 200
    assert archive.get(url, Range=f"bytes={len(whole)}-").status_code == 416
    assert archive.get(url, If_None_Match=f'"{pdf["sha256"]}"').status_code == 304


def test_the_zip_is_sound_resumable_and_its_head_says_how_long_it_is(app: Flask, archive: Archive, released: str) -> None:
    url = f"/api/v1/batches/{released}.zip"
    whole = archive.get(url)
    with zipfile.ZipFile(io.BytesIO(whole.data)) as packed:
        assert packed.testzip() is None
    tail = archive.get(url, Range=f"bytes={len(whole.data) // 2}-", If_Range=whole.headers["ETag"])
    assert tail.status_code == 206
    assert tail.data == whole.data[len(whole.data) // 2 :]
    assert archive.get(url, Range="bytes=0-9", If_Range='"other"').status_code == 200
    assert archive.get(url, Range=f"bytes={len(whole.data)}-").status_code == 416
    assert archive.get(url, If_None_Match=whole.headers["ETag"]).status_code == 304
    head = app.test_client().head(url, headers={"Authorization": f"Bearer {archive.token}"})
    assert int(head.headers["Content-Length"]) == len(whole.data)


def test_what_is_anothers_does_not_exist(app: Flask, tokens: tuple[str, str], released: str) -> None:
    other = Archive(app, tokens[1])
    assert other.get("/api/v1/batches").json["batches"] == []
    for path in (f"/api/v1/batches/{released}", f"/api/v1/batches/{released}.zip", f"/api/v1/batches/{released}/manifest.json"):
        assert other.get(path).status_code == 404
    answer = other.post(f"/api/v1/batches/{released}/receipts", "k", {"status": "accepted", "manifest_sha256": "a" * 64})
    assert answer.status_code == 404


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer wrong", "Basic YTpi"])
def test_without_its_token_nobody_gets_anything(app: Flask, released: str, header: str) -> None:
    answer = app.test_client().get("/api/v1/batches", headers={"Authorization": header} if header else {})
    assert answer.status_code == 401
    assert "Bearer" in answer.headers["WWW-Authenticate"]
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize(
    "path", ["../../manifest.json", "data/../bagit.txt", "..%2f..%2fmanifest.json", "data/nothing.pdf", "/etc/passwd"]
)
def test_a_path_is_looked_up_never_followed(archive: Archive, released: str, path: str) -> None:
    assert archive.get(f"/api/v1/batches/{released}/files/{path}").status_code in (404, 308)


@pytest.mark.parametrize(
    ("key", "body", "status"),
    [
        ("", {"status": "accepted", "manifest_sha256": "a" * 64}, 400),
        ("k", {"status": "accepted"}, 422),
        ("k", {"status": "accepted", "manifest_sha256": "xyz"}, 422),
        ("k", {"status": "accepted", "manifest_sha256": "a" * 64, "more": 1}, 422),
        ("k", {"status": "eaten", "manifest_sha256": "a" * 64}, 422),
        ("k", None, 422),
        ("k", {"status": "accepted", "manifest_sha256": "a" * 64}, 409),
    ],
)
def test_a_receipt_that_is_not_right_changes_nothing(
    scene: Scene, archive: Archive, released: str, key: str, body: object, status: int
) -> None:
    assert archive.post(f"/api/v1/batches/{released}/receipts", key, body).status_code == status
    assert desk.view(scene.house, FIRST).batch.state == "sealed"


def test_the_receipt_with_the_right_digest_acknowledges_once(scene: Scene, archive: Archive, released: str) -> None:
    line = archive.get("/api/v1/batches").json["batches"][0]
    body = {"status": "accepted", "manifest_sha256": line["manifest_sha256"]}
    first = archive.post(f"/api/v1/batches/{released}/receipts", "k", body)
    again = archive.post(f"/api/v1/batches/{released}/receipts", "k", body)
    assert (first.status_code, first.json) == (200, {"matched": True, "state": "acknowledged"})
    assert (again.status_code, again.json) == (200, first.json)
    assert desk.view(scene.house, FIRST).batch.state == "acknowledged"


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_the_sample_client_pulls_resumes_and_acknowledges(
    address: str, tokens: tuple[str, str], released: str, tmp_path: Path
) -> None:
    puller = Puller(address, tokens[0])
    (offered,) = puller.offered()
    pulled = puller.pull(offered, tmp_path / "archive")
    assert verify(pulled.folder).ok
    pdf = next(pulled.folder.rglob("*.pdf"))
    whole = pdf.read_bytes()
    pdf.unlink()
    pdf.with_name(pdf.name + ".part").write_bytes(whole[: len(whole) // 3])
    assert puller.pull(offered, tmp_path / "archive").files == offered["files"]
    assert pdf.read_bytes() == whole
    assert puller.acknowledge(pulled) == {"matched": True, "state": "acknowledged"}
    assert puller.offered() == []
    with pytest.raises(PullError):
        Puller(address, "wrong").offered()
