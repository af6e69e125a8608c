"""A seeded fault campaign through real libsane: the station's own capture code, an operator who does what the station says,
and after every run the books, the pixels, the processes and the device are read.

Pages carry their number in their pixels, so a lost, doubled or misplaced side cannot hide behind a record."""

import fcntl
import itertools
import os
import random
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver, resource_tracker
from pathlib import Path
from typing import Any

from sqlalchemy import Row, select

from batches import batch as batch_records
from batches import devices as device_records
from batches import pages as page_records
from batches import runs, schema
from batches.clock import now
from batches.database import Store
from batches.verification import sha256_file
from batches.words import Role
from scanner.model import ColorMode, Face, ScanSettings, Source
from scanner.sane.backend import SaneBackend
from scanner.sane.config import write_private_config
from scanner.worker.lock import DeviceLock
from scanner.worker.timeouts import Timeouts
from station import capture, config, desk, devices
from station.desk_view import RunView
from station.house import Actor, House, open_house
from tests.faults.machines import IN_MOTION, MOST_SHEETS, CruelDriver, LyingNetwork, Machine, Trouble
from tests.journeys.conftest import number_of

OPERATOR = Actor("an", Role.OPERATOR)
QUICK = Timeouts(open=15.0, feed=3.0, first_line=3.0, lines=1.5, cancel=0.3, close=3.0)
MOST_SESSIONS = 8
"""A run that is not through after so many times going on counts as a scanner that cannot be used."""
SPARE = 4
"""Handles and threads that a campaign of any length may hold at its end: the launcher's, the records', the simulator's."""


@dataclass(slots=True)
class Tally:
    """What was done, and what must be zero."""

    runs: int = 0
    sides: int = 0
    sessions: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """how the scripted fault showed itself: ``machine kind → fault of the station``"""
    unscripted: Counter[str] = field(default_factory=Counter)
    """sessions that paused though nothing was scripted any more; the operator went on and nothing was lost"""
    rescanned: int = 0
    told_by_count: int = 0
    """double feeds no sensor saw and feeders that called themselves empty too early, told by the sheet count"""
    wrong: Counter[str] = field(default_factory=Counter)
    """must stay empty"""
    stories: list[str] = field(default_factory=list)
    """one line for each thing that was wrong"""

    def blame(self, what: str, case: str, detail: object = "") -> None:
        self.wrong[what] += 1
        self.stories.append(f"{what}: {case} {detail}")

    def add(self, other: "Tally") -> None:
        for name in ("runs", "sides", "sessions", "rescanned", "told_by_count"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("faults", "unscripted", "wrong"):
            getattr(self, name).update(getattr(other, name))
        self.stories += other.stories


WRONG = (
    "sides lost",
    "sides duplicated unnoticed",
    "runs out of order",
    "masters damaged or missing",
    "service restarts",
    "zombie or left-over children",
    "held devices",
    "scanner not usable afterwards",
)


def cases(machines: list[Machine]) -> list[tuple[Machine, Source, str]]:
    return [(one, source, str(kind)) for one in machines for source, kinds in one.kinds.items() for kind in kinds]


def campaign(folder: Path, count: int, seed: int, skip: int = 0, only: tuple[str, ...] = ()) -> Tally:
    """``count`` runs over all cases in turn, from the ``skip``-th; sheets, faces and variants follow from ``seed``."""
    tally = Tally()
    with _bench(folder) as (house, backend, machines):
        todo = [case for case in cases(machines) if not only or case[2] in only]
        random.Random(seed).shuffle(todo)
        handles, threads = _handles(), threading.active_count()
        for number, case in enumerate(itertools.islice(itertools.cycle(todo), skip, skip + count), skip):
            _Run(house, backend, case, random.Random(f"{seed}/{number}"), tally).go()
        tally.wrong["held devices"] += max(0, _handles() - handles - SPARE)
        tally.wrong["zombie or left-over children"] += max(0, threading.active_count() - threads - SPARE)
        tally.wrong += Counter()  # drops what is zero
    return tally


@contextmanager
def _bench(folder: Path) -> Iterator[tuple[House, SaneBackend, list[Machine]]]:
    """One house with both scanners behind one private SANE configuration."""
    cruel, network = CruelDriver(folder), LyingNetwork(folder)
    try:
        sane = write_private_config(folder / "sane", {"Sim": network.scanner.url}, backends=["vscan"])
        shutil.copy(cruel.config / "vscan.conf", sane)
        house = _house(folder, sane)
        backend = SaneBackend(sane, timeouts=QUICK, library_path=cruel.library.parent)
        devices.look(house, {"sane": backend})
        yield house, backend, [cruel, network]
    finally:
        network.close()


def _house(folder: Path, sane: Path) -> House:
    text = f"station: {{data_dir: {folder / 'data'}}}\nscanning: {{sane_config_dir: {sane}, virtual_counts: true}}\n"
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    loaded = config.load(folder / "config.yaml")
    Store(loaded.database_url).migrate()
    return open_house(loaded)


class _Run:
    """One batch: paper is laid, something goes wrong, the operator goes on until the stack is through."""

    def __init__(
        self, house: House, backend: SaneBackend, case: tuple[Machine, Source, str], rng: random.Random, tally: Tally
    ) -> None:
        self._house, self._backend, self._rng, self._tally = house, backend, rng, tally
        self._machine, self._source, kind = case
        self._sheets = rng.randint(2, MOST_SHEETS)
        self._trouble = self._roll(kind)
        self._said = f"{self._machine.name} {self._source} {self._trouble}"
        self._struck = False

    def _roll(self, kind: str) -> Trouble:
        rng, silent = self._rng, kind in ("double_feed_unseen", "double_feed_passed")
        # two sheets stick together only where there is a second one, and at the front
        sheet = rng.randint(1, self._sheets - 1 if "double" in kind or kind == "label" else self._sheets)
        faces = (Face.FRONT, Face.BACK) if self._source is Source.DUPLEX and not ("double" in kind or kind == "label") else ()
        face = rng.choice(faces or (Face.FRONT,))
        variant = rng.choice(("start", "read")) if self._machine.name == "vscan" and kind in IN_MOTION else ""
        return Trouble(kind, sheet, face, variant, silent)

    def go(self) -> None:
        self._tally.runs += 1
        self._machine.lay(self._sheets, self._source, self._trouble, self._rng)
        with self._house.store.read() as connection:
            listed = device_records.listing(connection, present_only=True)
        self._device = next(one.identity for one in listed if one.address == self._machine.address)
        self._batch = _new_batch(self._house, self._sheets)
        stacks = range(1, self._sheets + 1) if self._source is Source.FLATBED else (1,)
        if all(self._through(first) for first in stacks) and self._rest() and all(map(self._again, self._flagged())):
            self._check_sides()
        else:
            self._tally.blame("scanner not usable afterwards", self._said, self._view().fault)
        self._check_remains()
        self._throw_away()

    def _settings(self) -> ScanSettings:
        passed = {"df_action": "Continue"} if self._trouble.kind == "double_feed_passed" else {}
        height = 290.0 if self._source is Source.FLATBED else 297.0  # vscan's glass ends there
        return ScanSettings(self._source, ColorMode.COLOR, 100, 210.0, height, passed)

    def _through(self, first: int) -> bool:
        if first > 1:
            self._machine.mend(first)
        run = desk.start_run(self._house, OPERATOR, self._batch, self._device, self._settings())
        return self._until_finished(run, first)

    def _rest(self) -> bool:
        """A feeder that called itself empty too early: the sheet count says how many are still to come."""
        ledger = desk.view(self._house, self._batch).ledger
        if not ledger.left or self._trouble.silent or self._source is Source.FLATBED:
            return True
        self._tally.told_by_count += 1
        return self._through(self._sheets - ledger.left + 1)

    def _again(self, row: Row[Any]) -> bool:
        """A picture that came flagged is scanned again, as the console asks."""
        self._tally.rescanned += 1
        self._machine.mend(int(row.sheet_label))
        run = desk.rescan(self._house, OPERATOR, row.id, self._device, self._settings())
        return self._until_finished(run, int(row.sheet_label))

    def _until_finished(self, run: int, first: int) -> bool:
        for _ in range(MOST_SESSIONS):
            self._carry_out(run)
            view = self._view()
            if view.state == "finished":
                return True
            if view.state != "paused":
                return False
            self._note(str(view.fault))
            if view.purpose == "capture" and self._source is not Source.FLATBED and int(view.next_sheet) > self._sheets:
                desk.give_up_run(self._house, OPERATOR, run)  # the whole stack has been through: nothing to lay back
                return True
            # on the glass every picture is a run of its own, and in a rescan the sheet is known
            again = first if self._source is Source.FLATBED or view.purpose != "capture" else int(view.next_sheet)
            self._machine.mend(again)
            desk.resume_run(self._house, OPERATOR, run)
        return False

    def _carry_out(self, run: int) -> None:
        self._tally.sessions += 1
        try:
            capture.carry_out(self._house, {"sane": self._backend}, run)
        except Exception as error:  # noqa: BLE001 - anything that would have ended the service
            self._tally.blame("service restarts", self._said, repr(error))

    def _note(self, fault: str) -> None:
        told = f"{self._machine.name} {self._trouble.kind} → {fault}"
        if self._struck:
            self._tally.unscripted[told] += 1
        else:
            self._tally.faults[told] += 1
        self._struck = True

    def _view(self) -> RunView:
        run = desk.view(self._house, self._batch).run
        assert run is not None
        return run

    def _flagged(self) -> list[Row[Any]]:
        with self._house.store.read() as connection:
            rows = [row for row in page_records.delivered(connection, self._batch) if row.warnings]
        return list({row.sheet_label: row for row in rows}.values())

    def _check_sides(self) -> None:
        with self._house.store.read() as connection:
            rows = page_records.delivered(connection, self._batch)
        paths = [self._house.folders.master(row.master) for row in rows]
        for row, path in zip(rows, paths, strict=True):
            if not path.is_file() or sha256_file(path) != row.sha256:
                self._tally.blame("masters damaged or missing", self._said, path.name)
        self._compare([number_of(path) for path in paths if path.is_file()])

    def _compare(self, numbers: list[int]) -> None:
        expected = set(range(1, self._sheets * (2 if self._source is Source.DUPLEX else 1) + 1))
        agrees = desk.view(self._house, self._batch).ledger.agrees
        lost, doubled = expected - set(numbers), len(numbers) - len(set(numbers))
        self._tally.sides += len(numbers)
        if not self._struck:
            self._tally.faults[f"{self._machine.name} {self._trouble.kind} → (none)"] += 1
        if lost and self._trouble.silent and not agrees:
            self._tally.told_by_count += 1
        elif lost:
            self._tally.blame("sides lost", self._said, (numbers, agrees))
        if doubled and agrees:
            self._tally.blame("sides duplicated unnoticed", self._said, numbers)
        if numbers != sorted(numbers):
            self._tally.blame("runs out of order", self._said, numbers)

    def _check_remains(self) -> None:
        if left := _children():
            self._tally.blame("zombie or left-over children", self._said, left)
        lease = schema.device_lease
        with self._house.store.read() as connection:
            leases = connection.execute(select(lease).where(lease.c.expires_at > now())).all()
        if leases or _locked(self._machine.address, self._house):
            self._tally.blame("held devices", self._said, leases)

    def _throw_away(self) -> None:
        with self._house.store.write() as connection:
            uid = batch_records.get(connection, self._batch).uid
            run = runs.active(connection, self._batch)
        if run is not None:
            desk.give_up_run(self._house, OPERATOR, run.id)
        shutil.rmtree(self._house.folders.masters / uid, ignore_errors=True)


def _new_batch(house: House, sheets: int) -> int:
    return desk.new_batch(
        house,
        OPERATOR,
        fonds_code="H1",
        fonds_name="Phông thử",
        catalogue_code="01",
        catalogue_name="Mục lục",
        file_code="H1.2001.160",
        file_title="Công văn đi năm 2001",
        sheets_prepared=sheets,
    )


def _handles() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def _children() -> list[str]:
    """Our child processes, dead or alive, a moment after a run; Python's own helpers of multiprocessing are none of a run's."""
    time.sleep(0.01)
    helpers = {resource_tracker._resource_tracker._pid, forkserver._forkserver._forkserver_pid}  # type: ignore[attr-defined]
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = stat.read_text().rsplit(")", 1)
        except OSError:
            continue
        helper = int(stat.parent.name) in helpers
        if int(rest.split()[1]) == os.getpid() and not helper:
            found.append(f"{name} {rest.split()[0]}")
    return found


def _locked(address: str, house: House) -> bool:
    os.environ["SANE_CONFIG_DIR"] = str(house.settings.scanning.sane_config_dir)  # part of the lock's name
    handle = os.open(DeviceLock(address).path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
        del os.environ["SANE_CONFIG_DIR"]
    return False
