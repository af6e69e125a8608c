"""Worker processes. A page that crashes or hangs takes only itself; the pool goes on (Pebble).

Two pools: the live path never waits behind reading, and reading runs at a lower priority."""

import os
from collections.abc import Callable
from concurrent.futures import Future
from importlib import import_module
from multiprocessing import get_context
from typing import Any, Protocol

from pebble import ProcessExpired, ProcessPool

from station import fork_server

_RECYCLE_AFTER = 500  # pages a process; whatever a library leaks goes with it
_READING_NICENESS = 10
_PAGE_WORK = ("station.looking", "station.reading")


class Executor(Protocol):
    """Where page work is carried out: this machine's pool, or a cluster with the same face."""

    def submit(self, function: Callable[..., Any], task: Any, seconds: float) -> "Future[Any]":
        """The future fails with TimeoutError past ``seconds``, with WorkerLost where the process died."""

    def close(self) -> None:
        """Stop; what runs is ended, its job is found and taken up again at the next start."""


WorkerLost = ProcessExpired


class LocalPool:
    """``workers`` processes on this machine, each with one thread. ``ready``: modules they load before their first work.
    ``forked``: from one process that has those loaded, where the system can; for a command that ends, not a service."""

    def __init__(self, workers: int, *, nice: bool = False, ready: tuple[str, ...] = _PAGE_WORK, forked: bool = False) -> None:
        if forked:
            fork_server.begin(ready)
        fork_server.settle()
        self._pool = ProcessPool(
            max_workers=workers,
            max_tasks=_RECYCLE_AFTER,
            initializer=_settle_in,
            initargs=(_READING_NICENESS if nice else 0,),
            context=fork_server.context() if forked else get_context("spawn"),
        )
        for _ in range(workers):  # libraries take seconds to load: not while the first page waits
            self._pool.schedule(_warm_up, args=(ready,))

    def submit(self, function: Callable[..., Any], task: Any, seconds: float) -> "Future[Any]":
        future: Future[Any] = self._pool.schedule(function, args=(task,), timeout=seconds)
        return future

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]  # Pebble has no annotations
        self._pool.join()


def _settle_in(niceness: int) -> None:
    import cv2  # noqa: PLC0415 - 0.1 s that the process with the pool need not spend

    os.environ["OMP_THREAD_LIMIT"] = "1"
    cv2.setNumThreads(1)
    if niceness and hasattr(os, "nice"):
        os.nice(niceness)


def _warm_up(modules: tuple[str, ...]) -> None:
    for name in modules:
        import_module(name)
