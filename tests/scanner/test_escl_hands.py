"""The virtual scanner's paper, pace, control, lies and switching off, seen by a bare HTTP client."""

import http.client
import io
import socket
import threading
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from escl_rig import Client, make_paper
from PIL import Image

from scanner.escl import Fault, FaultScript, VirtualFault, VirtualScanner
from scanner.escl.hostile import Hostile
from scanner.escl.machine import fed_sheets


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return make_paper(tmp_path / "paper", 6)


# Paper, pace, control


def test_put_back_from_a_sheet_feeds_it_and_all_after_it_again(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        _, job = client.start()
        client.all(job)
        client.call("DELETE", job)
        assert client.control(action="reload_from", sheet=4)[1]["sheets_left"] == 3
        assert client.all(client.start()[1]) == [(paper / f"page-{n}.jpg").read_bytes() for n in (4, 5, 6)]
        assert fed_sheets(scanner.log) == [1, 2, 3, 4, 5, 6, 4, 5, 6]


@pytest.mark.parametrize(
    "request_",
    [{"action": "reload_from", "sheet": 99}, {"action": "reload_from", "sheet": "4"}, {"action": "explode"}, {},
     {"action": "load", "pages": "/no/such/folder"}, {"action": "faults", "script": "- sheet 1: jamm"}],
)  # fmt: skip
def test_control_refuses_what_it_does_not_know(paper: Path, request_: dict[str, object]) -> None:
    with VirtualScanner(paper) as scanner:
        status, answer = Client(scanner).control(**request_)
        assert status == 400 and answer["error"]


def test_control_loads_other_paper_and_other_faults(paper: Path, tmp_path: Path) -> None:
    other = make_paper(tmp_path / "other", 2)
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        assert client.control(action="load", pages=str(other))[1]["sheets"] == 2
        assert client.control(action="faults", script="- sheet 2: jam")[1]["pending_faults"] == [{"sheet": 2, "fault": "jam"}]
        _, job = client.start()
        assert [client.next(job)[0] for _ in range(2)] == [200, 409]
        assert client.control(action="status")[1]["fault"] == "jam"


def test_a_web_page_cannot_move_the_paper(paper: Path) -> None:
    """A form on a foreign page can reach loopback, but only with a form's content type."""
    with VirtualScanner(paper) as scanner:
        body = b'{"action": "reload"}'
        assert Client(scanner).call("POST", "/control", body, **{"Content-Type": "text/plain"})[0] == 415
        assert scanner.log == ()


def test_the_pace_holds(paper: Path) -> None:
    with VirtualScanner(paper, ipm=1200) as scanner:  # one side in 50 ms
        client = Client(scanner)
        began = time.monotonic()
        assert len(client.all(client.start()[1])) == 6
        assert 0.3 <= time.monotonic() - began < 20


@pytest.mark.slow
def test_a_hundred_jobs_of_a_sheet_count_right(tmp_path: Path) -> None:
    with VirtualScanner(make_paper(tmp_path, 1)) as scanner:
        client = Client(scanner)
        for _ in range(100):
            scanner.reload()
            _, job = client.start()
            assert len(client.all(job)) == 1
            client.call("DELETE", job)
        assert scanner.counters == {"fed": 100, "sent": 100}


# Shutdown and clients that die


def test_the_scanner_switches_off_while_a_client_hangs(paper: Path) -> None:
    errors: list[BaseException] = []

    def wait(client: Client, job: str) -> None:
        try:
            client.next(job)
        except (OSError, http.client.HTTPException) as error:
            errors.append(error)

    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.HANG)])) as scanner:
        client = Client(scanner)
        thread = threading.Thread(target=wait, args=(client, client.start()[1]))
        thread.start()
        while not scanner.machine.counters["faults"]:
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 15
    thread.join(timeout=2)
    assert not thread.is_alive() and errors
    with pytest.raises(OSError):
        client.call("GET", "/eSCL/ScannerStatus")


@pytest.mark.parametrize("after", [None, 0.5])
def test_a_hang_ends_when_the_client_leaves_and_the_sheet_is_back(paper: Path, after: float | None) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.HANG, after=after)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        with socket.create_connection(scanner.address) as line:
            line.sendall(f"GET {job}/NextDocument HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.2)
            assert client.start()[0] == 503
        time.sleep(0.2)
        status, job = client.start()
        assert (status, client.next(job)) == (201, (200, (paper / "page-1.jpg").read_bytes()))


def test_deleting_the_job_frees_a_hung_scanner_and_its_sheet_is_fed_once_more_only(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(2, VirtualFault.HANG)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        client.next(job)
        with socket.create_connection(scanner.address) as line:
            line.sendall(f"GET {job}/NextDocument HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.1)
            assert client.call("DELETE", job)[0] == 200
            _, second = client.start()
            assert client.next(second) == (200, (paper / "page-2.jpg").read_bytes())
            assert line.recv(100) == b""
        assert len(client.all(second)) == 4
        assert fed_sheets(scanner.log) == [1, 2, 2, 3, 4, 5, 6]


def test_a_sheet_whose_client_died_has_left_the_feeder(paper: Path) -> None:
    with VirtualScanner(paper, ipm=120) as scanner:
        client = Client(scanner)
        _, job = client.start()
        with socket.create_connection(scanner.address) as line:
            line.sendall(f"GET {job}/NextDocument HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            time.sleep(0.1)
        time.sleep(0.15)
        assert (fed_sheets(scanner.log), scanner.sheets_left, scanner.counters["lost"]) == ([1], 5, 1)


def test_no_thread_and_no_descriptor_stays_behind(paper: Path) -> None:
    def open_descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = (threading.active_count(), open_descriptors())
    for _ in range(20):
        with VirtualScanner(paper) as scanner:
            Client(scanner).next(Client(scanner).start()[1])
    time.sleep(0.2)
    assert (threading.active_count(), open_descriptors()) == before


# Lies


@pytest.mark.parametrize("lie", [Hostile.CAPS_ENDLESS, Hostile.STATUS_ENDLESS, Hostile.PAGE_ENDLESS])
def test_an_endless_answer_ends_with_its_client_or_the_scanner(paper: Path, lie: Hostile) -> None:
    with VirtualScanner(paper, faults=FaultScript(hostile=[lie])) as scanner:
        target = {"caps_endless": "ScannerCapabilities", "status_endless": "ScannerStatus"}.get(lie, "")
        path = f"/eSCL/{target}" if target else f"{Client(scanner).start()[1]}/NextDocument"
        connection = http.client.HTTPConnection(*scanner.address, timeout=5)
        connection.request("GET", path)
        assert len(connection.getresponse().read(8_000_000)) == 8_000_000
        began = time.monotonic()
    assert time.monotonic() - began < 15
    connection.close()


def test_lengths_lie_as_named(paper: Path) -> None:
    true = (paper / "page-1.jpg").stat().st_size
    expected = {"page_length_long": true + 1_000_000, "page_length_short": true // 2, "page_length_negative": -1}
    for lie, length in expected.items():
        with VirtualScanner(paper, faults=FaultScript(hostile=[Hostile(lie)])) as scanner:
            job = Client(scanner).start()[1]
            with socket.create_connection(scanner.address) as line:
                line.sendall(f"GET {job}/NextDocument HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                answer = b"".join(iter(lambda: line.recv(65536), b""))
        head, _, body = answer.partition(b"\r\n\r\n")
        assert f"Content-Length: {length}".encode() in head
        assert len(body) == true


def test_a_feeder_that_never_ends_goes_on_after_its_last_sheet(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript(hostile=[Hostile.PAGE_FOREVER])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        assert [client.next(job)[0] for _ in range(20)] == [200] * 20


def test_poisoned_capabilities_are_poisoned(paper: Path) -> None:
    def capabilities(lie: Hostile) -> str:
        with VirtualScanner(paper, faults=FaultScript(hostile=[lie])) as scanner:
            return Client(scanner).call("GET", "/eSCL/ScannerCapabilities")[2].decode()

    assert "<scan:MaxWidth>2147483647<" in capabilities(Hostile.CAPS_HUGE)
    assert f"<scan:MaxHeight>{10**30 - 1}<" in capabilities(Hostile.CAPS_OVERFLOW)
    assert "<!ENTITY e30" in capabilities(Hostile.CAPS_BOMB)
    assert capabilities(Hostile.CAPS_DEEP).count("<a>") == 100_000
    assert "<scan:XResolution>-75<" in capabilities(Hostile.CAPS_WRONG_TYPES)
    for broken in (Hostile.CAPS_NOT_XML,):
        with pytest.raises(ElementTree.ParseError):
            ElementTree.fromstring(capabilities(broken))


def test_the_picture_bomb_is_a_png_of_60000_by_60000(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript(hostile=[Hostile.PAGE_BOMB])) as scanner:
        body = Client(scanner).next(Client(scanner).start()[1])[1]
    assert len(body) < 100_000
    with pytest.raises(Image.DecompressionBombError):
        Image.open(io.BytesIO(body))
