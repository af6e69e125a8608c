"""The parent's end of one child process: start it, ask it, notice when it hangs or dies, get rid of it."""

import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import IO, Any

from scanner.model import FaultKind, Phase, ScanFault
from scanner.wire import fault_from_json
from scanner.worker.timeouts import PHASES, Timeouts

log = logging.getLogger(__name__)

MEMORY_LIMIT = 2 << 30
"""Bytes of address space a child may take. A3 colour duplex at 600 dpi through sane-airscan needs 0.56 GiB (0.25 resident);
sane-airscan puts no bound on the length of an answer and would otherwise take all there is."""
OUT_OF_MEMORY = ("out of memory", "MemoryError", "bad_alloc", "cannot allocate memory")
"""Last words of a driver that met the limit: sane-airscan prints the first and aborts."""
ROOT = Path(__file__).resolve().parents[2]
Message = dict[str, Any]
Order = tuple["Future[subprocess.Popen[bytes]]", Sequence[str], Mapping[str, str]]


class _Launcher:
    """Starts children from one thread that lives as long as the process.

    A child dies with the *thread* that forked it (PR_SET_PDEATHSIG), so a thread of a request or of a test must not fork it.
    After a fork of the service itself the thread is gone and a new one is made. An executor of the standard library would not
    do: it refuses work once the main thread has ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owner = 0
        self._orders: queue.SimpleQueue[Order] = queue.SimpleQueue()

    def start(self, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._owner != os.getpid():
                self._orders, self._owner = queue.SimpleQueue(), os.getpid()
                threading.Thread(target=self._work, args=(self._orders,), name="scanner-launcher", daemon=True).start()
        started: Future[subprocess.Popen[bytes]] = Future()
        self._orders.put((started, command, env))
        return started.result()

    def _work(self, orders: "queue.SimpleQueue[Order]") -> None:
        while True:
            started, command, env = orders.get()
            try:
                started.set_result(_popen(command, env))
            except OSError as error:
                started.set_exception(error)


def _popen(command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=dict(env), bufsize=0)


_launcher = _Launcher()


class Child:
    """A fresh child process. One question at a time; a missing sign of life in any phase ends it.

    ``ask`` raises ScanFault: what the driver reported, HUNG (the process is then already killed) or CRASHED."""

    def __init__(
        self, module: str, arguments: Sequence[str], env: Mapping[str, str], timeouts: Timeouts, memory: int = MEMORY_LIMIT
    ) -> None:
        self._timeouts = timeouts
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._chatter: deque[str] = deque(maxlen=40)
        self._write, self._asking = threading.Lock(), threading.Lock()
        self.phase = "start"
        """The last phase it told of; it may go on with its work after an answer."""
        command = [sys.executable, "-m", module, str(os.getpid()), *arguments]
        self._process = _launcher.start(command, _environment(env))
        limit_memory(self._process.pid, memory)
        self._readers = [self._read(self._process.stdout, self._answer), self._read(self._process.stderr, self._chat)]

    @property
    def process_id(self) -> int:
        return self._process.pid

    def ask(self, request: Message, phase: str) -> Message:
        """Send ``request`` and wait for its answer, watching for progress from ``phase`` on. One thread at a time."""
        with self._asking:
            self._send(request)
            return self._wait(phase)

    def kill(self) -> None:
        """SIGKILL and reap. Harmless when it is already gone."""
        self._process.kill()
        self._reap(self._timeouts.close)

    def close(self) -> None:
        """Let it end by itself, then kill it."""
        self._close_input()
        if not self._reap(self._timeouts.close):
            self.kill()
        for reader in self._readers:
            reader.join(self._timeouts.close)

    def _send(self, request: Message) -> None:
        line = json.dumps(request).encode() + b"\n"
        try:
            with self._write:
                assert self._process.stdin is not None
                self._process.stdin.write(line)
        except (OSError, ValueError):
            # It died between two questions; waiting for the answer meets its end of file and says how it died.
            pass

    def _wait(self, phase: str) -> Message:
        deadline = time.monotonic() + self._timeouts.limit(phase)
        while True:
            try:
                message = self._messages.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise self._hung(phase) from None
            if message is None:
                raise self._crashed(phase)
            if message["at"] == "fault":
                raise fault_from_json(message)
            if message["at"] != "phase":
                return message
            phase = self.phase = message["phase"]
            deadline = time.monotonic() + self._timeouts.limit(phase)

    def _hung(self, phase: str) -> ScanFault:
        """Recovery ladder: ask the driver to let go of the device, then end the process, then end it by force."""
        self._send({"verb": "cancel"})
        self._close_input()
        if not self._reap(self._timeouts.cancel):
            self.kill()
        detail = f"no sign of life for {self._timeouts.limit(phase):g} s in phase {phase}"
        return ScanFault(FaultKind.HUNG, PHASES.get(phase, Phase.OPEN), detail)

    def _crashed(self, phase: str) -> ScanFault:
        self._reap(self._timeouts.close)
        code = self._process.returncode
        how = signal.Signals(-code).name if code is not None and code < 0 else f"exit status {code}"
        self._readers[1].join(1.0)
        words = " | ".join(self._chatter)[-1500:]
        starved = any(sign.lower() in words.lower() for sign in OUT_OF_MEMORY)
        kind = FaultKind.NO_MEMORY if starved else FaultKind.CRASHED
        detail = f"driver process ended by {how} in phase {phase}; last words: {words}"
        return ScanFault(kind, PHASES.get(phase, Phase.OPEN), detail)

    def _close_input(self) -> None:
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
        except OSError:
            pass

    def _reap(self, seconds: float) -> bool:
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _read(self, stream: IO[bytes] | None, take: Any) -> threading.Thread:
        reader = threading.Thread(target=_drain, args=(stream, take), name=f"scanner-{self._process.pid}", daemon=True)
        reader.start()
        return reader

    def _answer(self, line: bytes | None) -> None:
        self._messages.put(None if line is None else json.loads(line))

    def _chat(self, line: bytes | None) -> None:
        if line:
            self._chatter.append(line.decode(errors="replace").strip()[:300])


def limit_memory(process_id: int, limit: int) -> None:
    """Bound a child's address space: a driver that asks for more gets none and ends, and only that run with it."""
    if sys.platform != "linux":
        return
    import resource  # noqa: PLC0415 - not on Windows

    try:
        resource.prlimit(process_id, resource.RLIMIT_AS, (limit, limit))
    except (OSError, ValueError) as error:  # already gone, or the service itself runs under a lower limit
        log.warning("no memory limit for process %s: %s", process_id, error)


def _drain(stream: IO[bytes], take: Any) -> None:
    with stream:
        buffered = b""
        while block := stream.read(1 << 16):
            *lines, buffered = (buffered + block).split(b"\n")
            for line in lines:
                take(line)
            buffered = buffered[-(1 << 20) :]
    take(None)


KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(256 << 20), "MALLOC_TRIM_THRESHOLD_": str(512 << 20)}
"""glibc gives the memory of every strip and side back to the kernel and takes it anew, zeroed: 40 ms of an A4 colour side at
300 dpi, 9 ms when it keeps what it has. The most ever held does not grow by it."""


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Ours, with the package findable."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, **KEEP_MEMORY, **extra}
