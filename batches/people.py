"""Accounts and archive servers. Passwords as argon2id, tokens as SHA-256 of 256 random bits; neither is ever stored."""

import hashlib
import re
import secrets
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from sqlalchemy import Connection, Row, select, update

from batches import journal, schema
from batches.clock import later, now
from batches.errors import Exists, Invalid, NotFound
from batches.words import Role

# 19 MiB, two passes, one lane: OWASP's floor for argon2id; more stalls a two-core station at every log-in.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_MAX_FAILURES = 5
_LOCK_SECONDS = 300
_SHORTEST_PASSWORD = 10
_LOGIN = re.compile(r"[a-z][a-z0-9._-]{1,40}")
# no 0 O 1 l I: passwords are read off a screen and typed by hand
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
_NOBODY = _HASHER.hash("nobody has this password")


def one_time_password() -> str:
    """Sixteen letters in four groups, about 79 bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(16))
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def add_account(connection: Connection, actor: str, login: str, name: str, role: Role, password: str) -> int:
    """A new account that must change its password at the first log-in. Raises Exists, Invalid."""
    if not _LOGIN.fullmatch(login):
        raise Invalid(what="login", value=login)
    if find_account(connection, login) is not None:
        raise Exists(what="account", value=login)
    values = {
        "login": login,
        "name": name.strip() or login,
        "role": role.value,
        "password_hash": _HASHER.hash(password),
        "must_change": True,
        "active": True,
        "created_at": now(),
    }
    key = connection.execute(schema.account.insert().values(**values)).inserted_primary_key
    journal.append(connection, actor, "account.added", f"account:{login}", None, role.value)
    assert key is not None
    return int(key[0])


def find_account(connection: Connection, login: str) -> Row[Any] | None:
    return connection.execute(select(schema.account).where(schema.account.c.login == login)).first()


def account_by_id(connection: Connection, account_id: int) -> Row[Any] | None:
    return connection.execute(select(schema.account).where(schema.account.c.id == account_id)).first()


def accounts(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(schema.account).order_by(schema.account.c.login)))


def check_password(connection: Connection, login: str, password: str) -> Row[Any] | None:
    """The account, or None. Five wrong passwords lock it for five minutes; an unknown name takes as long as a known one."""
    row = find_account(connection, login)
    if row is None or not row.active or (row.locked_until and row.locked_until > now()):
        _matches(_NOBODY, password)
        return None
    if not _matches(row.password_hash, password):
        _count_failure(connection, row)
        return None
    connection.execute(update(schema.account).where(schema.account.c.id == row.id).values(failures=0, locked_until=None))
    return row


def set_password(connection: Connection, actor: str, login: str, password: str, *, must_change: bool) -> None:
    """Raises NotFound, Invalid (shorter than ten characters). Every other log-in of the account ends."""
    if len(password) < _SHORTEST_PASSWORD:
        raise Invalid(what="password", value=str(_SHORTEST_PASSWORD))
    changed = connection.execute(
        update(schema.account)
        .where(schema.account.c.login == login)
        .values(
            password_hash=_HASHER.hash(password),
            must_change=must_change,
            failures=0,
            locked_until=None,
            generation=schema.account.c.generation + 1,
        )
    )
    if changed.rowcount != 1:
        raise NotFound(what="account", id=login)
    journal.append(connection, actor, "account.password", f"account:{login}")


def set_active(connection: Connection, actor: str, login: str, active: bool) -> None:
    """Raises NotFound."""
    changed = connection.execute(
        update(schema.account)
        .where(schema.account.c.login == login)
        .values(active=active, generation=schema.account.c.generation + 1)
    )
    if changed.rowcount != 1:
        raise NotFound(what="account", id=login)
    journal.append(connection, actor, "account.active", f"account:{login}", not active, active)


def add_archive(connection: Connection, actor: str, name: str) -> tuple[int, str]:
    """Register an archive server; returns (id, token). The token is shown once. Raises Exists."""
    found = select(schema.archive_server.c.id).where(schema.archive_server.c.name == name)
    if connection.execute(found).first() is not None:
        raise Exists(what="archive", value=name)
    token = secrets.token_urlsafe(32)
    key = connection.execute(
        schema.archive_server.insert().values(name=name, token_hash=_token_hash(token), active=True, created_at=now())
    ).inserted_primary_key
    journal.append(connection, actor, "archive.added", f"archive:{name}")
    assert key is not None
    return int(key[0]), token


def archives(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(schema.archive_server).order_by(schema.archive_server.c.id)))


def archive_by_token(connection: Connection, token: str) -> Row[Any] | None:
    query = select(schema.archive_server).where(
        schema.archive_server.c.token_hash == _token_hash(token), schema.archive_server.c.active
    )
    return connection.execute(query).first()


def renew_token(connection: Connection, actor: str, name: str) -> str:
    """A new token; the old one stops working at once. Raises NotFound."""
    token = secrets.token_urlsafe(32)
    changed = connection.execute(
        update(schema.archive_server)
        .where(schema.archive_server.c.name == name)
        .values(token_hash=_token_hash(token), active=True)
    )
    if changed.rowcount != 1:
        raise NotFound(what="archive", id=name)
    journal.append(connection, actor, "archive.token", f"archive:{name}")
    return token


def _matches(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except VerificationError:
        return False


def _count_failure(connection: Connection, row: Row[Any]) -> None:
    failures = row.failures + 1
    locked = later(_LOCK_SECONDS) if failures >= _MAX_FAILURES else None
    connection.execute(
        update(schema.account)
        .where(schema.account.c.id == row.id)
        .values(failures=0 if locked else failures, locked_until=locked)
    )
    if locked:
        journal.append(connection, row.login, "account.locked", f"account:{row.login}", until=locked)


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
