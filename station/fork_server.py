"""One process that has everything loaded, from which workers are forked: they start in milliseconds and share its memory.

Where the system has no such server (Windows) workers are started one by one, as ever."""

import os
import signal
from collections.abc import Sequence
from multiprocessing import forkserver, get_all_start_methods, get_context, resource_tracker
from multiprocessing.context import BaseContext

ENVIRONMENT = {
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(256 << 20),
    "MALLOC_TRIM_THRESHOLD_": str(1 << 30),
    "MALLOC_TOP_PAD_": str(32 << 20),
}
"""What libraries read once, when a worker loads them: one thread each, and (GNU malloc) memory of a page's pictures is kept
for the next instead of being given back and cleared anew by the system: 50 ms a page, and no byte more at the peak."""


def settle() -> None:
    """Give ``ENVIRONMENT`` to the processes to come; what the administrator has set stays."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)


def begin(ready: Sequence[str]) -> None:
    """Start the server, if there can be one; it loads ``ready`` while the caller goes on. Only the first call counts."""
    settle()
    if "forkserver" in get_all_start_methods():
        get_context("forkserver").set_forkserver_preload(list(ready))
        resource_tracker.ensure_running()  # begun by the server else, and hears signals again afterwards
        heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            forkserver.ensure_running()  # Ctrl-C is the command's to hear; a server that is loading would tell of it at length
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def context() -> BaseContext:
    """How workers start on this system."""
    return get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
