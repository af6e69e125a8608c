"""A fresh set of records a test, and the few acts every test of them starts with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import batch, devices, holdings, pages, runs
from batches.database import Store
from batches.pages import NewSide
from batches.words import Role, RunPurpose

DEVICE = "fujitsu:fi-8170:1"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'records.db'}")
    made.migrate()
    Work(made).device()
    yield made
    made.close()


class Work:
    """What an operator does, straight on the records."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def device(self) -> None:
        row = {"identity": DEVICE, "backend": "sane", "address": "x", "vendor": "Fujitsu", "model": "fi-8170", "serial": "1"}
        with self.store.write() as connection:
            devices.seen(connection, [{**row, "practice": False, "alias": "fi", "capabilities": {}}])

    def batch(self, prepared: int | None = None, number: int = 1) -> int:
        with self.store.write() as c:
            fonds = holdings.ensure_fonds(c, "an", "H49", "Phông")
            catalogue = holdings.ensure_catalogue(c, "an", fonds, "01", "Mục lục")
            file = holdings.ensure_file(c, "an", catalogue, f"H49.2001.{number}", "Công văn")
            return batch.create(c, "an", file, sheets_prepared=prepared)

    def run(self, batch_id: int, purpose: RunPurpose = RunPurpose.CAPTURE, target: int | None = None) -> int:
        with self.store.write() as c:
            settings = {"source": "duplex", "mode": "color", "resolution": 300}
            made = runs.request(
                c, "an", batch_id, DEVICE, settings, role=Role.OPERATOR, purpose=purpose, target_sheet_id=target
            )
            runs.claim(c, made)
            return made

    def side(self, run_id: int, sheet: int, face: str = "front") -> int:
        with self.store.write() as c:
            return pages.record(c, runs.get(c, run_id), new_side(run_id, sheet, face))

    def feed(self, batch_id: int, sheets: int, *, faces: tuple[str, ...] = ("front", "back")) -> int:
        run_id = self.run(batch_id)
        for sheet in range(1, sheets + 1):
            for face in faces:
                self.side(run_id, sheet, face)
        with self.store.write() as c:
            runs.finish(c, run_id)
        return run_id


def new_side(run_id: int, sheet: int, face: str) -> NewSide:
    master = f"masters/b/{run_id}/s{sheet:06d}-{face}.tif"
    return NewSide(sheet, face, master, f"{sheet:064x}", 9, "image/tiff", 2480, 3508, (300.0, 300.0), "color", "2026-11-22")


@pytest.fixture
def work(store: Store) -> Work:
    return Work(store)
