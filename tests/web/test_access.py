"""Who may do what, proved over every route there is."""

import re
import ssl
from pathlib import Path

import pytest
from console_client import Client
from flask import Flask
from scene import Scene

from batches import people
from batches.words import Role
from station.config import Archive
from station.errors import SohoaError
from web.__main__ import archive_door, gunicorn_options
from web.access import ROUTES, Open, allowed, may
from web.app import create_archive_app

LOGINS = {Role.OPERATOR: "an", Role.SUPERVISOR: "binh", Role.ADMINISTRATOR: "quantri"}


def rules(app: Flask) -> list[tuple[str, str, str]]:
    """(endpoint, method, path with 1 for every number)."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<any\(.*?\):[^>]*>", "thumb", rule.rule)
        path = re.sub(r"<[^>]*>", "1", path)
        found += [(rule.endpoint, method, path) for method in (rule.methods or set()) & {"GET", "POST"}]
    return found


def test_every_route_stands_in_the_table_and_the_table_names_no_other(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("archive.")}
    assert endpoints == set(ROUTES)


def test_a_stranger_reaches_only_what_is_open_to_anyone(app: Flask) -> None:
    for endpoint, method, path in rules(app):
        if isinstance(allowed(endpoint), Open):
            continue
        answer = app.test_client().open(path, method=method)
        sent_away = answer.status_code == 302 and "/login" in answer.headers["Location"]
        assert sent_away or answer.status_code == 401, (endpoint, method, answer.status_code)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_refused_every_route_that_is_not_its_own(app: Flask, role: Role) -> None:
    client = Client(app).log_in(LOGINS[role])
    refused = [one for one in rules(app) if not may(role, one[0])]
    assert len(refused) > 5
    for endpoint, method, path in refused:
        assert client.http.open(path, method=method).status_code == 403, (endpoint, method)


def test_a_role_is_not_refused_its_own_pages(app: Flask) -> None:
    for role in Role:
        client = Client(app).log_in(LOGINS[role])
        elsewhere = ("static", "scan.live", "login.show")  # no page of a role's, or one that stays open
        for endpoint, method, path in rules(app):
            if method == "GET" and endpoint in ROUTES and endpoint not in elsewhere and may(role, endpoint):
                assert client.get(path).status_code == 200, (role, endpoint)


def test_a_post_without_its_token_is_refused(app: Flask, scene: Scene) -> None:
    batch_id = scene.batch()
    client = Client(app).log_in("an")
    answer = client.http.post(f"/batches/{batch_id}/prepared", data={"sheets_prepared": "9"})
    assert answer.status_code == 400
    assert "Tải lại trang" in answer.get_data(as_text=True)


def test_a_changed_password_ends_every_other_session(app: Flask, scene: Scene) -> None:
    client = Client(app).log_in("an")
    assert client.get("/").status_code == 200
    with scene.house.store.write() as connection:
        people.set_password(connection, "quantri", "an", "another-password", must_change=False)
    assert client.get("/").status_code == 302


def test_a_closed_account_is_out_at_once(app: Flask, scene: Scene) -> None:
    client = Client(app).log_in("an")
    with scene.house.store.write() as connection:
        people.set_active(connection, "quantri", "an", False)
    assert client.get("/").status_code == 302
    assert client.log_in("an").get("/").status_code == 302


def test_the_first_log_in_must_change_the_password(app: Flask, scene: Scene) -> None:
    with scene.house.store.write() as connection:
        people.set_password(connection, "quantri", "an", "one-time-password", must_change=True)
    client = Client(app).log_in("an", "one-time-password")
    assert client.get("/").headers["Location"].endswith("/password")
    assert client.post("/password", old="one-time-password", new="short", again="short").status_code == 422
    assert client.post("/password", old="wrong", new="a-new-password", again="a-new-password").status_code == 422
    assert client.post("/password", old="one-time-password", new="a-new-password", again="another").status_code == 422
    assert client.post("/password", old="one-time-password", new="a-new-password", again="a-new-password").status_code == 303
    assert client.get("/").status_code == 200


def test_five_wrong_passwords_lock_the_account(app: Flask) -> None:
    client = Client(app)
    for _ in range(5):
        assert client.post("/login", login="an", password="wrong").status_code == 401
    assert client.post("/login", login="an", password="mat-khau-cua-toi").status_code == 401


def test_a_log_in_sends_nobody_elsewhere(app: Flask) -> None:
    for address in ("https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"):
        answer = Client(app).post("/login", login="an", password="mat-khau-cua-toi", next=address)
        assert answer.headers["Location"] == "/", address
    answer = Client(app).post("/login", login="an", password="mat-khau-cua-toi", next="/batches/new")
    assert answer.headers["Location"] == "/batches/new"


def test_every_answer_forbids_what_is_not_ours(app: Flask, client: Client) -> None:
    for path in ("/login", "/no/such/page", "/static/css/base.css"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
    cookie = Client(app).get("/login").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_no_template_carries_script_or_style_of_its_own() -> None:
    for template in (Path(__file__).parents[2] / "web" / "templates").rglob("*.html"):
        text = template.read_text("utf-8")
        assert not re.search(r"\sstyle=|\son[a-z]+=|<style|<script(?![^>]*\ssrc=)", text), template.name


def test_a_page_left_open_does_not_keep_a_person_signed_in(operator: Client) -> None:
    """Asking for changes and pictures sets no new cookie; a person's own steps do."""
    for path in ("/batches/1/scan/changes?after=-1", "/pages/1/thumb.jpg"):
        answer = operator.get(path)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers, path
    assert "Set-Cookie" in operator.get("/batches/1/scan").headers


def test_the_archives_interface_can_have_a_port_of_its_own(scene: Scene, tmp_path: Path) -> None:
    archive = Archive(port=8478, client_ca=tmp_path / "ca.pem", tls_certificate=tmp_path / "c.pem", tls_key=tmp_path / "k.pem")
    settings = scene.house.settings.model_copy(update={"archive": archive})
    apart = create_archive_app(scene.house, settings)
    assert {rule.endpoint.split(".")[0] for rule in apart.url_map.iter_rules()} == {"archive"}
    assert apart.test_client().get("/api/v1/batches").status_code == 401
    options = gunicorn_options(archive_door(settings))
    assert (options["bind"], options["cert_reqs"]) == ("127.0.0.1:8478", ssl.CERT_REQUIRED)
    with pytest.raises(SohoaError, match=r"archive\.port"):
        archive_door(scene.house.settings)
