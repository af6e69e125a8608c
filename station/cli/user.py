"""``sohoa user``: accounts from the command line. A one-time password is shown once and changed at the first log-in."""

import argparse
from typing import Any

from batches import people
from batches.words import Role
from station.cli.common import house_of, say_json
from station.house import House
from station.words import words

FIRST = (("quet", Role.OPERATOR), ("duyet", Role.SUPERVISOR), ("quantri", Role.ADMINISTRATOR))
"""Accounts made at the first start."""


def add_parser(subparsers: Any) -> None:
    parser = subparsers.add_parser("user", help=words("cli.door.user"))
    acts = parser.add_subparsers(required=True, dest="act", metavar=words("door.user.act"))
    acts.add_parser("first", help=words("door.user.first"))
    acts.add_parser("list", help=words("door.user.list"))
    add = acts.add_parser("add", help=words("door.user.add"))
    add.add_argument("login")
    add.add_argument("--role", choices=[role.value for role in Role], required=True)
    add.add_argument("--name", default="")
    for act in ("reset", "lock", "unlock"):
        acts.add_parser(act, help=words(f"door.user.{act}")).add_argument("login")


def run(args: argparse.Namespace) -> int:
    """Raises Exists, Invalid, NotFound."""
    house = house_of(args)
    made = {"first": _first, "list": _list, "add": _add, "reset": _reset, "lock": _lock, "unlock": _lock}[args.act](house, args)
    if args.json:
        say_json(made)
        return 0
    for row in made:
        key = "made" if row.get("password") else "line"
        print(words(f"door.user.{key}", **{"password": "", **row, "role": words(f"role.{row['role']}.name")}))
    if any(row.get("password") for row in made):
        print(words("door.user.once"))
    return 0


def _first(house: House, _: argparse.Namespace) -> list[dict[str, str]]:
    """The three first accounts, only where there is none yet."""
    with house.store.write() as connection:
        if people.accounts(connection):
            return []
        return [_new(connection, login, words(f"role.{role.value}.name").capitalize(), role) for login, role in FIRST]


def _add(house: House, args: argparse.Namespace) -> list[dict[str, str]]:
    with house.store.write() as connection:
        return [_new(connection, args.login, args.name, Role(args.role))]


def _new(connection: Any, login: str, name: str, role: Role) -> dict[str, str]:
    password = people.one_time_password()
    people.add_account(connection, "sohoa", login, name, role, password)
    return {"login": login, "role": role.value, "password": password}


def _reset(house: House, args: argparse.Namespace) -> list[dict[str, str]]:
    password = people.one_time_password()
    with house.store.write() as connection:
        people.set_password(connection, "sohoa", args.login, password, must_change=True)
        row = people.find_account(connection, args.login)
    assert row is not None
    return [{"login": args.login, "role": row.role, "password": password}]


def _lock(house: House, args: argparse.Namespace) -> list[dict[str, str]]:
    with house.store.write() as connection:
        people.set_active(connection, "sohoa", args.login, args.act == "unlock")
    return _list(house, args)


def _list(house: House, _: argparse.Namespace) -> list[dict[str, str]]:
    with house.store.read() as connection:
        rows = people.accounts(connection)
    return [{"login": row.login, "role": row.role, "name": row.name, "active": row.active} for row in rows]
