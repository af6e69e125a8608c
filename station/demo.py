"""The whole way on a temporary station: virtual scanner → batch → checks → verdict → package → pull → receipt.

Real libsane feeds it, a real station works in its own processes, the package is pulled over HTTP. Every stage is counted."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from batches import people
from batches.database import Store
from batches.verification import verify
from batches.words import Role, RunState, Verdict
from scanner.escl import VirtualScanner, write_sane_config
from scanner.model import ColorMode, ScanSettings, Source
from station import config, desk, devices, release, review_desk
from station.errors import SohoaError
from station.house import Actor, House, open_house
from station.paper import Paper, print_out
from station.pulling import Puller

Say = Callable[[str, dict[str, Any]], None]
_SCANNER = "Sohoa Demo"
_SECONDS = 1800.0


@dataclass(frozen=True, slots=True)
class DemoLedger:
    """Sides and sheets as each stage counted them, each by its own means."""

    paper_sheets: int
    paper_sides: int
    """pages found in the files; a missing back is a white side more"""
    fed_sheets: int
    """by the scanner"""
    recorded_sheets: int
    recorded_sides: int
    """by the records"""
    package_sheets: int
    package_sides: int
    """by the independent check of what was pulled"""
    documents: int
    received_files: int
    offered_files: int
    acknowledged: bool
    refused: int

    @property
    def agrees(self) -> bool:
        sheets = {self.paper_sheets, self.fed_sheets, self.recorded_sheets, self.package_sheets}
        sides = {2 * self.paper_sheets, self.recorded_sides, self.package_sides}
        return len(sheets) == 1 and len(sides) == 1 and self.received_files == self.offered_files and self.acknowledged

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "agrees": self.agrees}


def run(pages: Path, work: Path, say: Say, ipm: float = 0.0) -> DemoLedger:
    """Carry out the demonstration in the empty folder ``work``; ``say`` hears each stage. Raises SohoaError, ScanFault."""
    paper = print_out(pages, work / "paper")
    if not len(paper.tray):
        raise SohoaError.of("demo_no_pages", path=pages)
    say("paper", {"sheets": len(paper.tray), "sides": paper.sides, "refused": len(paper.refused)})
    with VirtualScanner(paper.tray, name=_SCANNER, ipm=ipm) as scanner:
        house, token = _furnish(work, scanner)
        with _station(work):
            return _the_way(house, scanner, paper, token, work, say)


def _furnish(work: Path, scanner: VirtualScanner) -> tuple[House, str]:
    write_sane_config(work / "sane", scanner)
    settings = {
        "station": {"data_dir": str(work / "data")},
        "server": {"port": _free_port()},
        "scanning": {"sane_config_dir": str(work / "sane"), "virtual_scanner": False, "virtual_counts": True},
    }
    (work / "config.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    loaded = config.load(work / "config.yaml")
    Store(loaded.database_url).migrate()
    house = open_house(loaded)
    with house.store.write() as connection:
        for login, role in (("quet", Role.OPERATOR), ("duyet", Role.SUPERVISOR)):
            people.add_account(connection, "demo", login, login, role, secrets.token_urlsafe(16))
        _, token = people.add_archive(connection, "demo", "Kho thử")
    return house, token


@contextmanager
def _station(work: Path) -> Iterator[None]:
    command = [sys.executable, "-m", "station.cli", "serve", "--json", "--config", str(work / "config.yaml")]
    with (work / "serve.log").open("wb") as log:
        station = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, env={**os.environ})
        try:
            assert station.stdout is not None
            if not station.stdout.readline():
                raise SohoaError.of("demo_no_station", log=work / "serve.log")
            yield
        finally:
            station.terminate()
            station.wait(60)


def _the_way(house: House, scanner: VirtualScanner, paper: Paper, token: str, work: Path, say: Say) -> DemoLedger:
    operator, supervisor = Actor("quet", Role.OPERATOR), Actor("duyet", Role.SUPERVISOR)
    batch_id = _scan(house, operator, paper)
    count = desk.view(house, batch_id).ledger
    say("scanned", {"sheets": count.sheets, "sides": count.sides})
    _split(house, operator, batch_id, paper)
    desk.hand_over(house, operator, batch_id)
    _until(lambda: desk.view(house, batch_id).batch.state == "processed")
    say("processed", {"findings": sum(len(page.findings) for page in desk.view(house, batch_id).pages)})
    _review(house, supervisor, batch_id)
    release.request(house, supervisor, batch_id)
    _until(lambda: release.status(house, batch_id).state in ("done", "failed"))
    ended = release.status(house, batch_id)
    if ended.error or ended.package is None:
        raise SohoaError(ended.error or "?")
    say("released", {"files": ended.package.files, "bytes": ended.package.bytes})
    return _pull(house, scanner, paper, token, work, batch_id)


def _scan(house: House, operator: Actor, paper: Paper) -> int:
    _until(lambda: any(device.present and device.capabilities.sources for device in devices.listing(house)))
    device = next(device for device in devices.listing(house) if device.present)
    batch_id = desk.new_batch(
        house,
        operator,
        fonds_code="H00",
        fonds_name="Phông trình diễn",
        catalogue_code="01",
        catalogue_name="Mục lục số 01",
        file_code="H00.2025.001",
        file_title="Hồ sơ trình diễn",
        sheets_prepared=len(paper.tray),
    )
    desk.start_run(house, operator, batch_id, device.identity, ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0))
    ended = (RunState.FINISHED.value, RunState.PAUSED.value)
    _until(lambda: (run := desk.view(house, batch_id).run) is not None and run.state in ended)
    run = desk.view(house, batch_id).run
    assert run is not None
    if run.state == RunState.PAUSED.value:
        raise SohoaError.of("demo_paused", fault=run.fault, sheet=run.next_sheet)
    return batch_id


def _split(house: House, operator: Actor, batch_id: int, paper: Paper) -> None:
    """The documents begin where the files did; a person would say so."""
    for page in desk.view(house, batch_id).pages:
        if page.face == "front" and page.sheet_number in paper.starts[1:]:
            desk.split_item(house, operator, page.id)


def _review(house: House, supervisor: Actor, batch_id: int) -> None:
    for page in review_desk.view(house, batch_id).pages:
        if page.why != "rest":
            review_desk.decide(house, supervisor, page.page.id, Verdict.PASS)
    review_desk.accept(house, supervisor, batch_id)


def _pull(house: House, scanner: VirtualScanner, paper: Paper, token: str, work: Path, batch_id: int) -> DemoLedger:
    server = house.settings.server
    puller = Puller(f"http://{server.host}:{server.port}", token)
    (offered,) = puller.offered()
    pulled = puller.pull(offered, work / "archive")
    checked = verify(pulled.folder)
    if not checked.ok:
        raise SohoaError.of(
            "package_not_sound", problems="; ".join(f"{p.what} {p.path} {p.detail}" for p in checked.problems[:5])
        )
    answer = puller.acknowledge(pulled)
    seen = desk.view(house, batch_id)
    return DemoLedger(
        paper_sheets=len(paper.tray),
        paper_sides=paper.sides,
        fed_sheets=scanner.counters["fed"],
        recorded_sheets=seen.ledger.sheets,
        recorded_sides=seen.ledger.sides,
        package_sheets=checked.counts["sheets"],
        package_sides=checked.counts["pages"],
        documents=checked.counts["documents"],
        received_files=pulled.files,
        offered_files=offered["files"],
        acknowledged=answer == {"matched": True, "state": "acknowledged"} and seen.batch.state == "acknowledged",
        refused=len(paper.refused),
    )


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SohoaError.of("demo_too_slow", seconds=_SECONDS)
        time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
