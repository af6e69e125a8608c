"""One process that has everything loaded, from which workers are forked: they start in milliseconds and share its memory.

Where the system has no such server (Windows) workers are started one by one, as ever."""

import os
from collections.abc import Sequence
from multiprocessing import forkserver, get_all_start_methods, get_context
from multiprocessing.context import BaseContext


def begin(ready: Sequence[str]) -> None:
    """Start the server, if there can be one; it loads ``ready`` while the caller goes on. Only the first call counts."""
    os.environ["OMP_THREAD_LIMIT"] = "1"
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    if "forkserver" in get_all_start_methods():
        get_context("forkserver").set_forkserver_preload(list(ready))
        forkserver.ensure_running()


def context() -> BaseContext:
    """How workers start on this system."""
    return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
