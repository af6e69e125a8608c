"""The child's end: one driver, requests as JSON lines on standard input, answers on a private copy of standard output."""

import ctypes
import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from scanner.worker.desk import Desk
from scanner.worker.driver import Driver

Say = Callable[[dict[str, Any]], None]
PR_SET_PDEATHSIG = 1
LAST_SECONDS = 10.0
"""A parent that closed the pipe is gone or tired of us: a driver call that has not returned by then is left by force."""


def main(make_driver: Callable[[], Driver]) -> None:
    """Serve until the pipe closes. ``sys.argv[1]`` is the parent's process id."""
    die_with_parent(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable(all_threads=False)
    say = _private_answers()
    requests: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
    desk = Desk(make_driver(), say, _throttled(say))
    threading.Thread(target=_listen, args=(requests, desk), daemon=True).start()
    while (request := requests.get()) is not None:
        desk.answer(request)
    desk.close()
    sys.stderr.flush()
    # Not sys.exit: drivers leave threads and exit handlers behind that were seen to dead-lock.
    os._exit(0)


def die_with_parent(parent: int) -> None:
    """Linux kills us when the parent's thread ends; elsewhere the closed pipe ends us."""
    if sys.platform != "linux":
        return
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)


def _private_answers() -> Say:
    """Drivers print on standard output, so it is pointed at the error stream and the pipe gets a number only we know."""
    answers = os.dup(1)
    os.dup2(2, 1)
    lock = threading.Lock()

    def say(message: dict[str, Any]) -> None:
        line = json.dumps(message).encode() + b"\n"
        with lock:
            while line:
                line = line[os.write(answers, line) :]

    return say


def _throttled(say: Say) -> Callable[[str], None]:
    """Phases at once, repeated ones at most five times a second."""
    last, at = "", 0.0

    def progress(phase: str) -> None:
        nonlocal last, at
        now = time.monotonic()
        if phase != last or now - at > 0.2:
            last, at = phase, now
            say({"at": "phase", "phase": phase})

    return progress


def _listen(requests: "queue.SimpleQueue[dict[str, Any] | None]", desk: Desk) -> None:
    """Pass requests on in order; ``cancel`` alone is obeyed at once, while the main thread is inside the driver."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        if request["verb"] == "cancel":
            desk.cancel()
        else:
            requests.put(request)
    requests.put(None)
    time.sleep(LAST_SECONDS)
    os._exit(3)
