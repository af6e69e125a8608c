"""What the archive has on its shelves: fonds → catalogue → box → archive file."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Table, select, update

from batches import journal, schema
from batches.errors import Invalid, NotFound

_MAX_CODE = {"fonds": 35, "catalogue": 20, "box": 20, "file": 100}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an archive file stands: ids and words for a heading."""

    file_id: int
    file_code: str
    file_title: str
    declared_sheets: int | None
    catalogue_code: str
    catalogue_name: str
    fonds_id: int
    fonds_code: str
    fonds_name: str
    archive_id: int | None
    box_code: str | None


def ensure_fonds(connection: Connection, actor: str, code: str, name: str) -> int:
    """The fonds with this code, made where it is new. Raises Invalid."""
    values = {"code": _code("fonds", code), "name": name.strip() or code, "fields": {}}
    return _ensure(connection, actor, schema.fonds, {"code": values["code"]}, values)


def ensure_catalogue(connection: Connection, actor: str, fonds_id: int, code: str, name: str) -> int:
    key = {"fonds_id": fonds_id, "code": _code("catalogue", code)}
    return _ensure(connection, actor, schema.catalogue, key, {**key, "name": name.strip() or code})


def ensure_box(connection: Connection, actor: str, catalogue_id: int, code: str) -> int:
    key = {"catalogue_id": catalogue_id, "code": _code("box", code)}
    return _ensure(connection, actor, schema.box, key, key)


def ensure_file(
    connection: Connection,
    actor: str,
    catalogue_id: int,
    code: str,
    title: str,
    *,
    box_id: int | None = None,
    declared_sheets: int | None = None,
) -> int:
    """The archive file with this code, made where it is new. Raises Invalid."""
    if not title.strip():
        raise Invalid(what="title", value="")
    key = {"catalogue_id": catalogue_id, "code": _code("file", code)}
    values = {**key, "box_id": box_id, "title": title.strip(), "declared_sheets": declared_sheets, "fields": {}}
    return _ensure(connection, actor, schema.archive_file, key, values)


def fonds_list(connection: Connection) -> list[Row[Any]]:
    return list(connection.execute(select(schema.fonds).order_by(schema.fonds.c.code)))


def catalogues(connection: Connection, fonds_id: int) -> list[Row[Any]]:
    query = select(schema.catalogue).where(schema.catalogue.c.fonds_id == fonds_id)
    return list(connection.execute(query.order_by(schema.catalogue.c.code)))


def files(connection: Connection, catalogue_id: int) -> list[Row[Any]]:
    query = select(schema.archive_file).where(schema.archive_file.c.catalogue_id == catalogue_id)
    return list(connection.execute(query.order_by(schema.archive_file.c.code)))


def place(connection: Connection, file_id: int) -> Place:
    """Raises NotFound."""
    f, c, o, b = schema.archive_file, schema.catalogue, schema.fonds, schema.box
    row = connection.execute(
        select(
            f.c.id,
            f.c.code,
            f.c.title,
            f.c.declared_sheets,
            c.c.code,
            c.c.name,
            o.c.id,
            o.c.code,
            o.c.name,
            o.c.archive_id,
            b.c.code,
        )
        .select_from(f.join(c, f.c.catalogue_id == c.c.id).join(o, c.c.fonds_id == o.c.id).outerjoin(b, f.c.box_id == b.c.id))
        .where(f.c.id == file_id)
    ).first()
    if row is None:
        raise NotFound(what="file", id=file_id)
    return Place(*row)


def set_archive(connection: Connection, actor: str, fonds_id: int, archive_id: int) -> None:
    """Which archive server receives this fonds."""
    connection.execute(update(schema.fonds).where(schema.fonds.c.id == fonds_id).values(archive_id=archive_id))
    journal.append(connection, actor, "fonds.archive", f"fonds:{fonds_id}", None, archive_id)


def _code(what: str, code: str) -> str:
    code = code.strip()
    if not code or len(code) > _MAX_CODE[what] or any(ord(letter) < 32 for letter in code):
        raise Invalid(what=f"{what}_code", value=code[:50])
    return code


def _ensure(connection: Connection, actor: str, table: Table, key: dict[str, Any], values: dict[str, Any]) -> int:
    query = select(table.c.id).where(*(table.c[name] == value for name, value in key.items()))
    found = connection.execute(query).scalar()
    if found is not None:
        return int(found)
    made = connection.execute(table.insert().values(**values)).inserted_primary_key
    assert made is not None
    journal.append(connection, actor, f"{table.name}.added", f"{table.name}:{made[0]}", None, values)
    return int(made[0])
