"""The records' ground: migrations there and back, a newer database refused, a busy one waited for, both engines."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from batches import database, journal, ledger
from batches.database import Store
from batches.errors import DatabaseBusy, DatabaseNewer, DatabaseOld
from batches.schema import metadata
from tests.batches.conftest import Work
from tests.batches.postgres import cluster


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with cluster(tmp_path_factory.mktemp("pg")) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'records.db'}"
    base: str = request.getfixturevalue("postgres")
    name = f"t{abs(hash(request.node.name)) % 10**9}"
    admin = Store(base)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    admin.close()
    return base.replace("/postgres?", f"/{name}?")


def test_the_tables_go_up_down_and_up_again(url: str) -> None:
    store = Store(url)
    head = store.migrate()
    tables = set(inspect(store.engine).get_table_names())
    with store.engine.connect() as connection:
        config = database._alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
        connection.commit()
    assert set(inspect(store.engine).get_table_names()) <= {"alembic_version"}
    assert store.migrate() == head
    assert set(inspect(store.engine).get_table_names()) == tables
    store.close()


def test_a_house_of_the_version_before_keeps_its_records(url: str) -> None:
    store = Store(url)
    store.migrate()
    work = Work(store)
    batch_id = work.batch(prepared=3)
    work.device()
    work.feed(batch_id, 3)
    with store.engine.connect() as connection:
        config = database._alembic()
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
        connection.commit()
    store.migrate()
    with store.read() as c:
        assert ledger.of(c, batch_id).agrees
    store.close()


def test_the_tables_are_those_of_the_schema(url: str) -> None:
    store = Store(url)
    store.migrate()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    store.close()


def test_the_same_work_on_both_engines(url: str) -> None:
    store = Store(url)
    store.migrate()
    work = Work(store)
    batch_id = work.batch(prepared=3)
    work.device()
    work.feed(batch_id, 3)
    with store.read() as c:
        assert ledger.of(c, batch_id).agrees
        assert journal.verify(c) > 6
    store.close()


def test_the_journal_is_append_only_on_both_engines(url: str) -> None:
    store = Store(url)
    store.migrate()
    with store.write() as c:
        journal.append(c, "an", "x", "batch:1")
    for statement in ("UPDATE journal SET actor='y'", "DELETE FROM journal"):
        with pytest.raises(Exception, match="append-only"), store.engine.begin() as connection:
            connection.execute(text(statement))
    store.close()


def test_many_writers_make_one_chain(url: str) -> None:
    store = Store(url)
    store.migrate()

    def write(who: int) -> None:
        mine = Store(url)
        for number in range(15):
            with mine.write() as c:
                journal.append(c, f"an{who}", "x", f"batch:{number}")
        mine.close()

    threads = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.read() as c:
        assert journal.verify(c) == 60
    store.close()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'records.db'}")
    store.migrate()
    raw = sqlite3.connect(tmp_path / "records.db")
    raw.execute("UPDATE alembic_version SET version_num='9999'")
    raw.commit()
    raw.close()
    for act in (store.migrate, store.require_current):
        with pytest.raises(DatabaseNewer):
            act()
    assert store.revision() == "9999"
    store.close()


def test_an_empty_database_asks_to_be_migrated(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'records.db'}")
    with pytest.raises(DatabaseOld):
        store.require_current()
    store.close()


def test_a_locked_database_is_waited_for_then_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BUSY_SECONDS", 1)
    path = tmp_path / "records.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy), store.write() as c:
        journal.append(c, "an", "x", "batch:1")
    threading.Thread(target=lambda: (time.sleep(0.3), other.execute("ROLLBACK"))).start()
    with store.write() as c:
        journal.append(c, "an", "x", "batch:1")
    other.close()
    store.close()


def test_a_reader_sees_one_moment_while_another_writes(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'records.db'}")
    store.migrate()
    with store.read() as reader:
        before = journal.head(reader)
        with store.write() as writer:
            journal.append(writer, "an", "x", "batch:1")
        assert journal.head(reader) == before
    with store.read() as reader:
        assert journal.head(reader)[0] == before[0] + 1
    store.close()
