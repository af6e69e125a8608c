"""kill -9 of the service or of the capture child at random moments of a capture run, then the books are read.

After each restart: every recorded side is on disk with its digest, every file is recorded or explained, the journal's chain
verifies. At the end every sheet is there once, in order."""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from batches import journal, schema
from batches import pages as page_records
from batches.verification import sha256_file
from station import desk
from tests.journeys.conftest import number_of
from tests.journeys.rig import DUPLEX, OPERATOR, Rig

_CHILD = b"scanner.sane.child"


@dataclass(slots=True)
class Tally:
    """What the campaign saw. Everything but kills and adopted must be zero."""

    kills: Counter[str] = field(default_factory=Counter)
    adopted: int = 0
    removed: int = 0
    missing: int = 0
    damaged: int = 0
    unexplained: int = 0
    broken_chain: int = 0
    out_of_order: int = 0
    sides: int = 0

    @property
    def clean(self) -> bool:
        return not (self.missing or self.damaged or self.unexplained or self.broken_chain or self.out_of_order)


def campaign(station: Rig, sheets: int, kills: int, seed: int) -> Tally:
    """Feed stacks of ``sheets`` until ``kills`` kills were done; the last stack runs to its end."""
    rng = random.Random(seed)
    tally = Tally()
    device = station.device()
    while True:
        batch_id = station.batch(sheets)
        station.scanner.clear()
        station.scanner.reload_from(1)
        desk.start_run(station.house, OPERATOR, batch_id, device, DUPLEX)
        _one_stack(station, batch_id, kills, rng, tally)
        _check_order(station, batch_id, sheets, tally)
        if sum(tally.kills.values()) >= kills:
            return tally


def _one_stack(station: Rig, batch_id: int, kills: int, rng: random.Random, tally: Tally) -> None:
    while True:
        if sum(tally.kills.values()) < kills:
            _kill_at_a_random_moment(station, batch_id, rng, tally)
        run = station.until_run_rests(batch_id)
        _read_the_books(station, tally)
        if run.state == "finished":
            return
        station.scanner.clear()
        station.scanner.reload_from(int(run.next_sheet))
        desk.resume_run(station.house, OPERATOR, run.id)


def _kill_at_a_random_moment(station: Rig, batch_id: int, rng: random.Random, tally: Tally) -> None:
    deadline = time.monotonic() + 60
    while station.run_view(batch_id).state == "requested" and time.monotonic() < deadline:
        time.sleep(0.005)
    time.sleep(rng.uniform(0.0, 1.2))
    if station.run_view(batch_id).state != "running":
        return
    if rng.random() < 0.5:
        tally.kills["child"] += _kill_child(station)
    else:
        tally.kills["service"] += 1
        station.kill()
        station.start()


def _kill_child(station: Rig) -> int:
    assert station.engine is not None
    for pid in _descendants(station.engine.pid):
        if _CHILD in _command(pid):
            os.kill(pid, signal.SIGKILL)
            return 1
    return 0


def _descendants(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1]) == parent:
                found += [int(folder.name), *_descendants(int(folder.name))]
        except OSError:
            continue
    return found


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _read_the_books(station: Rig, tally: Tally) -> None:
    folders = station.house.folders
    with station.house.store.read() as connection:
        rows = list(connection.execute(schema.page.select()))
        tally.broken_chain += _chain_is_broken(connection)
        actions = Counter(entry.action for entry in journal.entries(connection))
        told = [entry.detail for entry in journal.entries(connection) if entry.action.startswith("spool.")]
    on_disk = {path.relative_to(folders.root).as_posix() for path in folders.masters.rglob("*") if path.is_file()}
    tally.adopted, tally.removed, tally.sides = actions["page.adopted"], actions["spool.removed"], len(rows)
    for row in rows:
        path = folders.master(row.master)
        if not path.is_file():
            tally.missing += 1
        elif path.stat().st_size != row.bytes or sha256_file(path) != row.sha256:
            tally.damaged += 1
    explained = {row.master for row in rows} | {str(Path(row.master).with_suffix(".json")) for row in rows}
    explained |= {str(detail.get("after")) for detail in told}
    tally.unexplained += len(on_disk - explained)


def _chain_is_broken(connection: object) -> int:
    try:
        journal.verify(connection)  # type: ignore[arg-type]
    except journal.JournalBroken:
        return 1
    return 0


def _check_order(station: Rig, batch_id: int, sheets: int, tally: Tally) -> None:
    with station.house.store.read() as connection:
        rows = page_records.delivered(connection, batch_id)
    numbers = [number_of(station.house.folders.master(row.master)) for row in rows]
    tally.out_of_order += numbers != list(range(1, 2 * sheets + 1))
    tally.out_of_order += not station.view(batch_id).ledger.agrees
