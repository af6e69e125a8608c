"""Which ways to a scanner the engine opens on which system, and that there is one engine a house."""

import sys
from pathlib import Path

import pytest

from batches.database import Store
from scanner.wia.backend import WiaBackend
from station import config, engine
from station.errors import SohoaError
from station.house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> House:
    (tmp_path / "config.yaml").write_text(f"station: {{data_dir: {tmp_path / 'data'}}}\n", encoding="utf-8")
    loaded = config.load(tmp_path / "config.yaml")
    Store(loaded.database_url).migrate()
    return open_house(loaded)


def test_linux_scans_through_sane_and_windows_through_wia(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(engine.backends_of(house)) == {"sane"}
    with monkeypatch.context() as windows:
        windows.setattr(sys, "platform", "win32")
        backends = engine.backends_of(house)
    assert set(backends) == {"wia"}
    assert isinstance(backends["wia"], WiaBackend)


def test_a_second_engine_on_the_same_house_is_refused(house: House) -> None:
    with engine.only_one(house):
        with pytest.raises(SohoaError) as refused, engine.only_one(house):
            pass
        assert str(house.folders.root) in str(refused.value)
    with engine.only_one(house):
        pass
