"""Connections and transactions, SQLite (WAL) or PostgreSQL. One query language for both (SQLAlchemy Core)."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from batches.errors import DatabaseBusy, DatabaseNewer, DatabaseOld, DatabaseUnreachable

_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 20


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={_BUSY_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A deferred transaction that later writes can fail at once with "locked"; an immediate one waits its turn.
    mode = "DEFERRED" if connection.get_execution_options().get("sohoa_reading") else "IMMEDIATE"
    connection.exec_driver_sql(f"BEGIN {mode}")


class Store:
    """The records. Safe to share between threads; a process that forks makes its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = _engine(url)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it or nothing.

        Raises DatabaseBusy when another writer holds the records for more than twenty seconds."""
        with _named_failures(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view; takes no lock."""
        with _named_failures(), self.engine.connect().execution_options(sohoa_reading=True) as connection:
            yield connection

    def migrate(self) -> str:
        """Bring the tables to this version; returns the revision. Raises DatabaseNewer."""
        if self.revision() not in _known_revisions():
            raise DatabaseNewer(revision=self.revision())
        with _named_failures(), self.engine.connect() as connection:
            config = _alembic()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()
        return _head()

    def require_current(self) -> None:
        """Raises DatabaseOld or DatabaseNewer where the tables are not this version's."""
        revision = self.revision()
        if revision not in _known_revisions():
            raise DatabaseNewer(revision=revision)
        if revision != _head():
            raise DatabaseOld(revision=revision)

    def revision(self) -> str | None:
        """The tables' revision; None for an empty database."""
        with _named_failures(), self.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()

    def close(self) -> None:
        self.engine.dispose()


def _engine(url: str) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    if parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(parsed, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def _named_failures() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        text = str(error.orig)
        if "locked" in text or "busy" in text:
            raise DatabaseBusy(detail=text) from error
        if "no such table" in text:
            raise DatabaseOld(revision=None) from error
        raise DatabaseUnreachable(detail=text) from error


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config


def _head() -> str:
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    assert head is not None
    return head


def _known_revisions() -> set[str | None]:
    script = ScriptDirectory.from_config(_alembic())
    return {None, *(revision.revision for revision in script.walk_revisions())}
