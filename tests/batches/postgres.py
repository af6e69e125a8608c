"""A PostgreSQL of the test's own: a cluster in a temporary folder, on a socket nobody else uses."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """Address of a running cluster, e.g. for SQLAlchemy. Skips, saying so, where PostgreSQL is not installed."""
    if not _PROGRAMS:
        pytest.skip("PostgreSQL is not installed here (Debian: apt-get install postgresql); bin/test installs it")
    data = Path("/tmp") / f"sohoa-pg-{os.getpid()}"  # a socket's path may have 107 letters
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        shutil.chown(data, "postgres", "postgres")
    try:
        _run("initdb", "-D", str(data / "db"), "-U", "sohoa", "--auth=trust", "--no-sync")
        options = f"-c listen_addresses= -c unix_socket_directories={data} -c fsync=off"
        _run("pg_ctl", "-D", str(data / "db"), "-o", options, "-l", str(data / "log"), "-w", "start")
        try:
            yield f"postgresql+psycopg://sohoa@/postgres?host={data}"
        finally:
            _run("pg_ctl", "-D", str(data / "db"), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _run(program: str, *arguments: str) -> None:
    """As the user postgres where we are root: PostgreSQL refuses to run as root."""
    command = [str(_PROGRAMS[-1] / program), *arguments]
    if os.geteuid() == 0:
        command = ["runuser", "-u", "postgres", "--", *command]
    subprocess.run(command, check=True, capture_output=True, cwd="/")
