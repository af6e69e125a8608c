"""Checks of what keeps the pages: the data folder, the disk, the database, the clock, the port."""

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from batches import schema
from batches.database import Store
from batches.errors import DatabaseOld, RecordsError
from station.doctor.model import Patient, Result, good, note, wrong
from station.errors import translate

_SIDE_MB = 12.0
"""A colour A4 side at 300 dpi: the lossless master of a plain page plus its access copy, rounded up."""
_LOW_GB, _COMFORTABLE_GB = 5.0, 50.0
_NETWORK_DISKS = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"}


def data_folder(patient: Patient) -> Iterator[Result]:
    folder = patient.settings.station.data_dir
    existing = _nearest_existing(folder)
    if not os.access(existing, os.W_OK | os.X_OK):
        yield wrong("data.not_writable", f'sudo chown -R "$USER" {existing}', folder=str(folder))
    elif patient.settings.database.url is None and _kind_of_disk(patient, existing) in _NETWORK_DISKS:
        yield wrong("data.network_disk", folder=str(folder))
    else:
        yield good("data.good", folder=str(folder))


def disk(patient: Patient) -> Iterator[Result]:
    free = shutil.disk_usage(_nearest_existing(patient.settings.station.data_dir)).free
    facts = {"free": free / 1e9, "sides": int(free / 1e6 / _SIDE_MB)}
    if free < _LOW_GB * 1e9:
        yield wrong("disk.low", "du -xh / 2>/dev/null | sort -h | tail -20", **facts)
    elif free < _COMFORTABLE_GB * 1e9:
        yield note("disk.little", **facts)
    else:
        yield good("disk.good", **facts)


def database(patient: Patient) -> Iterator[Result]:
    settings = patient.settings
    if settings.database.url is None and not (settings.station.data_dir / "sohoa.db").exists():
        yield note("database.none_yet", "sohoa migrate")
        return
    try:
        Store(settings.database_url).require_current()
    except DatabaseOld:
        yield wrong("database.old", "sohoa migrate")
    except (RecordsError, SQLAlchemyError) as error:
        yield wrong("database.refused", detail=str(translate(error)))
    else:
        yield good("database.good")


def clock(patient: Patient) -> Iterator[Result]:
    """The journal's times must only grow; a station without a network has nobody who sets its clock."""
    newest, now = _newest_entry(patient), datetime.now(UTC)
    if newest is not None and now < newest - timedelta(minutes=2):
        line = "sudo timedatectl set-time 'YYYY-MM-DD HH:MM:SS'"
        yield wrong("clock.behind_journal", line, now=now.astimezone(), last=newest.astimezone())
    elif datetime.now().astimezone().utcoffset() != timedelta(hours=7):
        yield note("clock.not_vietnam", "sudo timedatectl set-timezone Asia/Ho_Chi_Minh", now=now.astimezone())
    else:
        yield good("clock.good", now=now.astimezone())


def port(patient: Patient) -> Iterator[Result]:
    server = patient.settings.server
    with socket.socket(socket.AF_INET6 if ":" in server.host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((server.host, server.port))
        except PermissionError:
            yield wrong("port.privileged", port=server.port)
        except OSError:
            yield note("port.taken", f"ss -ltnp 'sport = :{server.port}'", port=server.port)
        else:
            yield good("port.good", port=server.port)


def _nearest_existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _kind_of_disk(patient: Patient, folder: Path) -> str:
    """The file system type of the longest mount point above ``folder``, as the kernel lists it."""
    try:
        mounts = [line.split()[1:3] for line in patient.at("proc/mounts").read_text("utf-8", "replace").splitlines()]
    except OSError:
        return ""
    above = [(point, kind) for point, kind in mounts if folder.resolve().is_relative_to(point.replace("\\040", " "))]
    return max(above, key=lambda pair: len(pair[0]), default=("", ""))[1]


def _newest_entry(patient: Patient) -> datetime | None:
    settings = patient.settings
    if settings.database.url is None and not (settings.station.data_dir / "sohoa.db").exists():
        return None
    query = select(schema.journal.c.at).order_by(schema.journal.c.seq.desc()).limit(1)
    try:
        with Store(settings.database_url).read() as connection:
            at = connection.execute(query).scalar()
    except (RecordsError, SQLAlchemyError):  # the database's own check says why
        return None
    return datetime.fromisoformat(at).astimezone(UTC) if at else None
