"""HTTP of the virtual scanner: eSCL under /eSCL, the operator's hands under /control (JSON, loopback clients only)."""

import contextlib
import itertools
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

from scanner.escl import messages, render
from scanner.escl.hostile import Hostile, Lie, capabilities_lie, page_lie, status_lie
from scanner.escl.machine import PICK, Machine, Refusal, Side
from scanner.escl.script import Fault, VirtualFault

LONGEST_REQUEST = 1 << 20
"""Bytes of a request body; ScanSettings are about 2 kB."""
_CHUNK = 1 << 18
_POLL = 0.05
_JOBS = "/eSCL/ScanJobs"

Control = Callable[[dict[str, Any]], dict[str, Any]]


class Server(ThreadingHTTPServer):
    """Serves one machine. ``close`` ends every open answer, also one that hangs by script."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], machine: Machine, identity: messages.Identity, control: Control) -> None:
        super().__init__(address, Handler)
        self.machine = machine
        self.identity = identity
        self.control = control
        self.stopping = threading.Event()
        self._clients: set[socket.socket] = set()
        self._clients_lock = threading.Lock()
        self._thread = threading.Thread(target=self.serve_forever, args=(_POLL,), name="virtual-scanner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self.stopping.set()
        serving = self._thread.is_alive()
        if serving:
            self.shutdown()
        self.server_close()
        with self._clients_lock:
            clients = list(self._clients)
        for client in clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        if serving:
            self._thread.join(timeout=5)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._clients_lock:
            self._clients.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._clients_lock:
            self._clients.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves in mid-answer is daily life here, not worth a traceback."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 300
    server_version = "sohoa-escl"  # the signature by which a station knows practice pages: keep it

    @property
    def house(self) -> Server:
        return cast(Server, self.server)

    def log_message(self, format: str, *args: Any) -> None:
        """The machine keeps the log; nothing goes to standard error."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0].rstrip("/")
        if path == "/eSCL/ScannerCapabilities":
            self._capabilities()
        elif path == "/eSCL/ScannerStatus":
            self._status()
        elif path.startswith(_JOBS + "/") and path.endswith("/NextDocument"):
            self._next_document(path.removeprefix(_JOBS + "/").removesuffix("/NextDocument"))
        elif path == "/control":
            self._control({"action": "status"})
        else:
            self._answer(404)

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            return
        path = self.path.partition("?")[0].rstrip("/")
        if path == _JOBS:
            self._start_job(body)
        elif path == "/control":
            self._control_request(body)
        else:
            self._answer(404)

    def do_DELETE(self) -> None:
        try:
            self.house.machine.end_job(self.path.removeprefix(_JOBS + "/"))
            self._answer(200)
        except Refusal as refusal:
            self._answer(refusal.status)

    # eSCL

    def _capabilities(self) -> None:
        honest = messages.capabilities(self.house.identity)
        if lie := capabilities_lie(self.house.machine.script.hostile, honest):
            self._lie(lie)
        else:
            self._answer(200, honest.encode())

    def _status(self) -> None:
        if lie := status_lie(self.house.machine.script.hostile):
            self._lie(lie)
        else:
            self._answer(200, messages.status(*self.house.machine.status()).encode())

    def _start_job(self, body: bytes) -> None:
        try:
            job = self.house.machine.start_job(messages.parse_request(body, self.house.identity))
        except (Refusal, messages.BadRequest) as refusal:
            self._answer(refusal.status)
            return
        hostile = self.house.machine.script.hostile
        host, port = self.house.server_address[:2]
        # Port 9 (discard) of the reserved test network: nobody answers there (RFC 5737).
        where = "http://192.0.2.1:9" if Hostile.JOB_BAD_LOCATION in hostile else f"http://{cast(str, host)}:{port}"
        headers = {} if Hostile.JOB_NO_LOCATION in hostile else {"Location": f"{where}{_JOBS}/{job.id}"}
        self._answer(201, headers=headers)

    def _next_document(self, job_id: str) -> None:
        machine = self.house.machine
        try:
            side = machine.next_side(job_id)
        except Refusal as refusal:
            self._wait_until(time.monotonic() + (PICK if refusal.picking else 0))
            self._answer(refusal.status)
            return
        complete = False
        try:
            complete = self._deliver(side)
        except OSError:
            self.close_connection = True
        finally:
            machine.delivered(side, complete=complete)

    def _deliver(self, side: Side) -> bool:
        """Sends one side as the script wants it. True when every byte went out as promised. Raises OSError."""
        if side.fault and side.fault.fault is VirtualFault.HANG and not side.fault.after:
            return self._hang(side)
        picture = _picture(side)
        if not self._wait_until(side.ready_at):
            return self._break()
        kind = side.job.request.format
        hostile = self.house.machine.script.hostile
        if hostile and (lie := page_lie(hostile, picture.read(), kind)):
            return self._lie(lie)
        if side.fault and side.fault.fault in _SPOILED:
            return self._spoil(side, side.fault, picture.read(), kind)
        self._head(200, {"Content-Type": kind, "Content-Length": str(picture.size)})
        self._send(picture)
        return True

    def _send(self, picture: render.Picture) -> None:
        if isinstance(picture.body, Path):
            with picture.body.open("rb") as file:
                self.connection.sendfile(file)
        else:
            self.wfile.write(picture.body)

    def _spoil(self, side: Side, fault: Fault, body: bytes, kind: str) -> bool:
        part = body[: int(len(body) * (0.5 if fault.after is None else fault.after))]
        match fault.fault:
            case VirtualFault.TRUNCATE:
                return self._whole(part, kind)
            case VirtualFault.GARBAGE:
                return self._whole(bytes(value * 7 % 251 for value in range(4096)) * (len(body) // 4096 + 1), kind)
            case VirtualFault.SLOW:
                return self._drip(body, kind, fault.seconds)
        self._head(200, {"Content-Type": kind, "Content-Length": str(len(body))})
        self.wfile.write(part)
        self._wait_until(time.monotonic() + PICK)
        return self._hang(side) if fault.fault is VirtualFault.HANG else self._break()

    def _whole(self, body: bytes, kind: str) -> bool:
        self._answer(200, body, kind=kind)
        return True

    def _drip(self, body: bytes, kind: str, seconds: float, drops: int = 40) -> bool:
        self._head(200, {"Content-Type": kind, "Content-Length": str(len(body))})
        step = len(body) // drops + 1
        for start in range(0, len(body), step):
            if not self._wait_until(time.monotonic() + seconds / drops):
                return self._break()
            self.wfile.write(body[start : start + step])
        return True

    def _lie(self, lie: Lie) -> bool:
        """Sends a poisoned answer until it ends, the client leaves or the server stops."""
        length = {"Transfer-Encoding": "chunked"} if lie.length is None else {"Content-Length": str(lie.length)}
        self._head(200, {"Content-Type": lie.kind, **length, "Connection": "close"})
        self.close_connection = True
        for part in self._until_stop(lie.body):
            self.wfile.write(b"%x\r\n%b\r\n" % (len(part), part) if lie.length is None else part)
        if lie.length is None:
            self.wfile.write(b"0\r\n\r\n")
        return True

    def _until_stop(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        return itertools.takewhile(lambda _: not self.house.stopping.is_set(), parts)

    def _hang(self, side: Side) -> bool:
        """Until the client leaves, deletes its job, or the scanner is switched off."""
        while not self.house.machine.is_over(side.job) and self._wait_until(time.monotonic() + _POLL):
            pass
        return self._break()

    def _break(self) -> bool:
        """Cuts the connection where it is."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)
        return False

    def _wait_until(self, moment: float) -> bool:
        """False when the client left or the server stops before ``moment`` (monotonic)."""
        while not self.house.stopping.is_set() and not self._client_gone():
            left = moment - time.monotonic()
            if left <= 0:
                return True
            self.house.stopping.wait(min(left, _POLL))
        return False

    def _client_gone(self) -> bool:
        try:
            readable, _, _ = select.select([self.connection], [], [], 0)
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except (OSError, ValueError):
            return True

    # The operator's hands

    def _control_request(self, body: bytes) -> None:
        # A web page can send a form to loopback but no JSON without asking first (CORS): so only JSON is heard.
        if self.headers.get_content_type() != "application/json":
            self._answer(415)
            return
        try:
            request = json.loads(body)
        except ValueError:
            request = None
        if isinstance(request, dict):
            self._control(request)
        else:
            self._json(400, {"error": "not_an_object"})

    def _control(self, request: dict[str, Any]) -> None:
        if not self.client_address[0].startswith("127.") and self.client_address[0] != "::1":
            self._answer(403)
            return
        try:
            self._json(200, self.house.control(request))
        except (ValueError, OSError) as error:
            self._json(400, {"error": getattr(error, "code", "bad_request"), "detail": str(error)})

    # HTTP

    def _body(self) -> bytes | None:
        """The request's body, or None after refusing it."""
        try:
            length = int(self.headers.get("Content-Length", "0"))
        except ValueError:
            length = -1
        if not 0 <= length <= LONGEST_REQUEST or "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
            self._answer(413 if length > LONGEST_REQUEST else 400)
            return None
        return self.rfile.read(length)

    def _json(self, status: int, value: dict[str, Any]) -> None:
        self._answer(status, json.dumps(value).encode(), kind="application/json")

    def _answer(self, status: int, body: bytes = b"", *, kind: str = "text/xml", headers: dict[str, str] | None = None) -> None:
        self._head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


_SPOILED = frozenset(
    {VirtualFault.DROP, VirtualFault.TRUNCATE, VirtualFault.HANG, VirtualFault.GARBAGE, VirtualFault.SLOW}
)


def _picture(side: Side) -> render.Picture:
    """Two sheets overlapping look 1.6 sheets long; a short page lacks its lower half."""
    kind = side.fault.fault if side.fault else None
    stretch = 1.6 if kind is VirtualFault.DOUBLE_FEED else 1.0
    keep = 0.5 if kind is VirtualFault.SHORT else 1.0
    return render.render(side.sheet, side.face, side.job.request, stretch=stretch, keep=keep)
