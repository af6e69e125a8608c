"""The virtual scanner as a bare HTTP client sees it: jobs, counts, faults."""

import http.client
import io
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest
from escl_rig import Client, make_paper, settings
from PIL import Image

from scanner.escl import Fault, FaultScript, PageTray, VirtualFault, VirtualScanner
from scanner.escl.machine import fed_sheets
from scanner.model import Face


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    return make_paper(tmp_path / "paper", 6)


def what(scanner: VirtualScanner, *kinds: str) -> list[tuple[str, int]]:
    return [(event.what, event.sheet) for event in scanner.log if event.what in kinds]


def test_six_sheets_come_byte_for_byte_and_then_no_more(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        status, job = client.start()
        assert (status, "<pwg:State>Processing<" in client.state()) == (201, True)
        assert client.all(job) == [(paper / f"page-{n}.jpg").read_bytes() for n in range(1, 7)]
        assert client.call("DELETE", job)[0] == 200
        assert "<pwg:State>Idle<" in client.state() and "ScannerAdfEmpty" in client.state()
        assert (client.start()[0], scanner.sheets_left, scanner.counters) == (409, 0, {"fed": 6, "sent": 6})


def test_duplex_gives_front_and_back_of_each_sheet_and_white_for_a_missing_back(tmp_path: Path) -> None:
    paper = make_paper(tmp_path / "paper", 3)
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        sides = client.all(client.start(duplex=True)[1])
    assert sides[:3] == [(paper / f"page-{n}.jpg").read_bytes() for n in (1, 2, 3)]
    assert Image.open(io.BytesIO(sides[3])).getextrema() == ((255, 255),) * 3
    assert (len(sides), fed_sheets(scanner.log)) == (4, [1, 2])


def test_simplex_of_two_sided_paper_gives_fronts_only(paper: Path) -> None:
    with VirtualScanner(PageTray.from_folder(paper, two_sided=True)) as scanner:
        client = Client(scanner)
        assert client.all(client.start()[1]) == [(paper / f"page-{n}.jpg").read_bytes() for n in (1, 3, 5)]


def test_the_glass_gives_one_picture_a_job_and_the_operator_changes_the_page(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        seen = []
        for sheet in (None, None, 5):
            if sheet:
                scanner.place(sheet)
            _, job = client.start("Platen", region=(0, 0, 2480, 3508))
            seen += client.all(job)
            client.call("DELETE", job)
        assert [Image.open(io.BytesIO(picture)).size for picture in seen] == [(620, 877)] * 3
        assert [sheet for _, sheet in what(scanner, "sent")] == [1, 2, 5]
        assert scanner.sheets_left == 6


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"<a>", 400),
        (b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 400),
        (settings(mode="BlackAndWhite1"), 409),
        (settings(dpi=77), 409),
        (settings(kind="application/pdf"), 409),
        (settings("Camera"), 409),
        (settings(region=(0, 0, 99999, 10)), 409),
        (settings(region=(0, 0, 0, 10)), 409),
        (settings().replace(b"<scan:XResolution>75", b"<scan:XResolution>many"), 400),
    ],
)
def test_a_job_nobody_could_do_is_refused_and_moves_no_paper(paper: Path, body: bytes, status: int) -> None:
    with VirtualScanner(paper) as scanner:
        assert Client(scanner).call("POST", "/eSCL/ScanJobs", body)[0] == status
        assert (scanner.sheets_left, scanner.counters) == (6, {})


def test_a_body_too_long_or_of_unknown_length_is_refused(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        assert client.call("POST", "/eSCL/ScanJobs", **{"Content-Length": "99999999"})[0] == 413
        assert client.call("POST", "/eSCL/ScanJobs", **{"Content-Length": "-1"})[0] == 400
        assert client.call("POST", "/eSCL/ScanJobs", **{"Transfer-Encoding": "chunked"})[0] == 400


def test_capabilities_say_what_the_device_is_and_only_what_it_has(paper: Path) -> None:
    scanner = VirtualScanner(paper, name="Máy <1>", uuid="u-1", serial="S&1", flatbed=False, duplex=False, area=(210, 297))
    with scanner:
        root = ElementTree.fromstring(Client(scanner).call("GET", "/eSCL/ScannerCapabilities")[2])
        texts = {node.tag.rpartition("}")[2]: node.text for node in root.iter()}
        assert (texts["MakeAndModel"], texts["UUID"], texts["SerialNumber"]) == ("Máy <1>", "u-1", "S&1")
        assert (texts["MaxWidth"], texts["MaxHeight"], texts["DocumentFormat"]) == ("2480", "3508", "image/jpeg")
        assert not {"PlatenInputCaps", "AdfDuplexInputCaps"} & set(texts)
        client = Client(scanner)
        assert [client.start("Platen")[0], client.start(duplex=True)[0], client.start()[0]] == [409, 409, 201]


def test_every_answer_is_signed_so_that_practice_stays_practice(paper: Path) -> None:
    """A station tells practice pages by this signature, wherever the simulator runs."""
    with VirtualScanner(paper) as scanner:
        for path in ("ScannerCapabilities", "ScannerStatus"):
            assert Client(scanner).call("GET", f"/eSCL/{path}")[1]["Server"].startswith("sohoa-escl")


def test_identity_follows_from_the_name_and_survives_a_restart(paper: Path) -> None:
    one, again, other = (VirtualScanner(paper, name=name) for name in ("A", "A", "B"))
    assert one.identity == again.identity
    assert one.identity.uuid != other.identity.uuid
    for scanner in (one, again, other):
        scanner.close()


def test_a_living_job_keeps_others_out_and_an_abandoned_one_gives_way(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        _, job = client.start()
        client.next(job)
        assert client.start()[0] == 503
        time.sleep(1.05)
        status, second = client.start()
        assert (status, client.next(job)[0], client.next(second)[0]) == (201, 404, 200)
        assert fed_sheets(scanner.log) == [1, 2]


def test_a_page_file_that_goes_away_breaks_its_picture_and_nothing_else(paper: Path) -> None:
    with VirtualScanner(paper) as scanner:
        client = Client(scanner)
        (paper / "page-2.jpg").unlink()
        (paper / "page-4.jpg").write_bytes(b"no picture any more")
        for expected in (1, 3, 5):
            _, job = client.start()
            assert client.next(job) == (200, (paper / f"page-{expected}.jpg").read_bytes())
            if expected < 5:
                with pytest.raises((http.client.HTTPException, OSError)):
                    client.next(job)
            client.call("DELETE", job)
        assert scanner.counters == {"fed": 5, "sent": 3, "lost": 2}


# Faults


@pytest.mark.parametrize(
    ("fault", "status", "adf"),
    [
        (VirtualFault.JAM, 409, "ScannerAdfJam"),
        (VirtualFault.COVER, 409, "ScannerAdfDoorOpen"),
        (VirtualFault.EMPTY, 409, "ScannerAdfEmpty"),
        (VirtualFault.DOUBLE_FEED, 409, "ScannerAdfMultipickDetected"),
        (VirtualFault.HTTP500, 500, "ScannerAdfLoaded"),
        (VirtualFault.SILENT_END, 404, "ScannerAdfLoaded"),
    ],
)
def test_a_fault_that_stops_the_feeder_keeps_the_sheet_for_the_next_job(
    paper: Path, fault: VirtualFault, status: int, adf: str
) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(3, fault)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        assert [client.next(job)[0] for _ in range(3)] == [200, 200, status]
        assert adf in client.state() and scanner.sheets_left == 4
        client.call("DELETE", job)
        assert client.all(client.start()[1]) == [(paper / f"page-{n}.jpg").read_bytes() for n in (3, 4, 5, 6)]


def test_a_jam_that_keeps_its_sheet_loses_it_and_says_so_in_the_log(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(3, VirtualFault.JAM, sheet_returns=False)])) as scanner:
        client = Client(scanner)
        client.all(client.start()[1])
        assert (fed_sheets(scanner.log), scanner.sheets_left) == ([1, 2, 3], 3)
        assert what(scanner, "sent") == [("sent", 1), ("sent", 2)]


def test_a_fault_that_stays_needs_hands(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.COVER, stays=True)])) as scanner:
        client = Client(scanner)
        assert client.next(client.start()[1])[0] == 409
        assert client.start()[0] == 409
        assert client.control(action="clear")[0] == 200
        assert client.next(client.start()[1])[0] == 200


def test_busy_refuses_as_often_as_asked_and_then_goes_on(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(2, VirtualFault.BUSY, times=2)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        assert [client.next(job)[0] for _ in range(4)] == [200, 503, 503, 200]


def test_a_cut_picture_is_the_true_one_up_to_the_cut(paper: Path) -> None:
    whole = (paper / "page-1.jpg").read_bytes()
    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.TRUNCATE, after=0.25)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        assert client.next(job) == (200, whole[: len(whole) // 4])
        assert client.next(job)[0] == 200
        client.call("DELETE", job)
        assert scanner.sheets_left == 6, "the operator puts back the cut sheet and all that left after it"


def test_a_dropped_connection_breaks_off_within_the_promised_length(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(2, VirtualFault.DROP)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        client.next(job)
        with pytest.raises(http.client.IncompleteRead):
            client.next(job)
        assert client.next(client.start()[1]) == (200, (paper / "page-2.jpg").read_bytes())
        assert scanner.counters == {"fed": 3, "sent": 2, "lost": 1, "faults": 1}


def test_a_double_feed_nobody_noticed_takes_two_sheets_and_gives_one_long_side(paper: Path) -> None:
    script = FaultScript([Fault(2, VirtualFault.DOUBLE_FEED, detected=False)])
    with VirtualScanner(paper, faults=script) as scanner:
        client = Client(scanner)
        sides = [Image.open(io.BytesIO(side)).size for side in client.all(client.start()[1])]
    assert sides == [(620, 877), (620, round(877 * 1.6)), (620, 877), (620, 877), (620, 877)]
    assert fed_sheets(scanner.log) == [1, 2, 3, 4, 5, 6]


def test_a_short_page_has_its_upper_half(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.SHORT)])) as scanner:
        client = Client(scanner)
        assert Image.open(io.BytesIO(client.next(client.start()[1])[1])).size == (620, 438)


def test_a_slow_picture_arrives_whole_in_its_time(paper: Path) -> None:
    with VirtualScanner(paper, faults=FaultScript([Fault(1, VirtualFault.SLOW, seconds=0.4)])) as scanner:
        client = Client(scanner)
        _, job = client.start()
        began = time.monotonic()
        assert client.next(job) == (200, (paper / "page-1.jpg").read_bytes())
        assert 0.35 <= time.monotonic() - began < 20


def test_a_fault_on_the_back_leaves_the_front_delivered(paper: Path) -> None:
    script = FaultScript([Fault(2, VirtualFault.DROP, side=Face.BACK)])
    with VirtualScanner(paper, faults=script) as scanner:
        client = Client(scanner)
        _, job = client.start(duplex=True)
        assert [client.next(job)[0] for _ in range(3)] == [200] * 3
        with pytest.raises(http.client.IncompleteRead):
            client.next(job)
        assert len(client.all(client.start(duplex=True)[1])) == 4
