import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_client import Client
from flask import Flask
from scene import FIRST, Scene, make_scene, open_scene

from station.words import speaking
from web import app as web_app


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """The console sets the language of its thread; here that is the tests' own thread."""
    with speaking("vi"):
        yield


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene's records with one scanned batch (id 1: three sheets, both sides), made once and copied for each test."""
    folder = tmp_path_factory.mktemp("scene")
    made = make_scene(folder)
    assert made.scanned(3) == FIRST
    made.house.store.close()
    return folder


@pytest.fixture
def scene(begun: Path, tmp_path: Path) -> Iterator[Scene]:
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    made = open_scene(tmp_path)
    yield made
    made.house.store.close()


@pytest.fixture
def app(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The console as it is served, without the browser's vendored files (those are `bin/assets`' matter)."""
    vendor = web_app.require_assets
    monkeypatch.setattr(web_app, "require_assets", lambda folder: vendor(folder) if (folder / "x").exists() else None)
    made = web_app.create_app(scene.house, scene.house.settings)
    made.testing = False  # errors are shown, as to a person
    return made


@pytest.fixture
def client(app: Flask) -> Client:
    return Client(app)


@pytest.fixture
def operator(app: Flask) -> Client:
    return Client(app).log_in("an")


@pytest.fixture
def supervisor(app: Flask) -> Client:
    return Client(app).log_in("binh")


@pytest.fixture
def administrator(app: Flask) -> Client:
    return Client(app).log_in("quantri")
