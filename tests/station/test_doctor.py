"""The doctor: each reason why a scanner is not seen, laid out as a machine of its own, is named with the line to type."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from batches import journal
from batches.database import Store
from scanner.model import DeviceInfo
from station.cli import main as cli
from station.config import Settings, Station
from station.doctor import CHECKS, Patient, Result, Said, Verdict, examine, keeping, scanners, software
from station.words import catalogue

FI_8170 = ("04c5", "15ff", "Fujitsu", "fi-8170", [("ff", "ff", "ff")])
MFP = ("03f0", "9f11", "HP", "LaserJet", [("07", "01", "02"), ("07", "01", "04")])
KEYBOARD = ("03f0", "0024", "HP", "Keyboard", [("03", "01", "01")])
KODAK_S3000 = ("29cc", "0001", "Kodak Alaris", "S3100", [("ff", "00", "00")])


class Machine:
    """A machine made of files: what the kernel, udev, SANE and services would show."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.services: set[str] = {"avahi-daemon"}
        self.write("etc/sane.d/dll.conf", "# drivers\nnet\nfujitsu\n")
        self.write("etc/sane.d/dll.d/airscan", "airscan\n")
        self.write("usr/lib/udev/hwdb.d/20-sane.hwdb", "usb:v04C5p15FF*\n libsane_matched=yes\n\n")
        self.write("usr/lib/udev/rules.d/99-libsane1.rules", "")

    def write(self, path: str, text: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    def plug(self, kind: tuple[str, str, str, str, list[tuple[str, str, str]]], *, permitted: bool = True) -> None:
        vendor, product, maker, model, interfaces = kind
        place = "sys/bus/usb/devices/1-4"
        facts = {"idVendor": vendor, "idProduct": product, "manufacturer": maker, "product": model}
        facts |= {"busnum": "1", "devnum": "7"}
        for name, value in facts.items():
            self.write(f"{place}/{name}", value + "\n")
        for number, codes in enumerate(interfaces):
            for name, code in zip(("Class", "SubClass", "Protocol"), codes, strict=True):
                self.write(f"sys/bus/usb/devices/1-4:1.{number}/bInterface{name}", code + "\n")
        if permitted:
            self.write("dev/bus/usb/001/007", "")

    def run(self, command: list[str]) -> Said:
        if command[:2] == ["systemctl", "is-active"]:
            return Said(0, "active\n") if command[2] in self.services else Said(3, "inactive\n")
        return Said(127, "")

    def why(self, *seen: DeviceInfo) -> list[Result]:
        return list(scanners.unseen(Patient(Settings(), self.root, self.run), seen))


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def ids(results: list[Result]) -> list[str]:
    for result in results:
        assert result.text()
    return [result.id for result in results]


def test_nothing_plugged_in_says_so(machine: Machine) -> None:
    assert ids(machine.why()) == ["scanner.none"]


def test_a_keyboard_of_a_scanner_maker_is_no_scanner(machine: Machine) -> None:
    machine.plug(KEYBOARD)
    assert ids(machine.why()) == ["scanner.none"]


def test_a_listed_scanner_is_no_riddle(machine: Machine) -> None:
    machine.plug(FI_8170, permitted=False)
    seen = DeviceInfo("x", "sane", "fujitsu:fi-8170:123", "Fujitsu", "fi-8170")
    assert machine.why(seen) == []
    assert machine.why(replace(seen, model="", address="epsonds:libusb:001:007")) == []


def test_a_scanner_without_permission_outside_the_group(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.plug(FI_8170, permitted=False)
    monkeypatch.setattr(scanners, "_groups", lambda: {"users"})
    monkeypatch.setattr(scanners, "_user", lambda: "lan")
    (found,) = machine.why()
    assert (found.id, found.type) == ("scanner.not_in_group", ("sudo usermod -aG scanner lan",))
    assert "Fujitsu fi-8170 (04c5:15ff)" in found.text()


def test_a_scanner_without_permission_inside_the_group(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.plug(FI_8170, permitted=False)
    monkeypatch.setattr(scanners, "_groups", lambda: {"scanner"})
    (found,) = machine.why()
    assert found.id == "scanner.no_permission" and "udevadm trigger" in found.type[0]


def test_a_machine_without_the_udev_rules(machine: Machine) -> None:
    machine.plug(FI_8170, permitted=False)
    (machine.root / "usr/lib/udev/rules.d/99-libsane1.rules").unlink()
    assert ids(machine.why()) == ["scanner.no_udev_rules"]


def test_a_scanner_no_driver_knows_names_its_maker(machine: Machine) -> None:
    machine.plug(KODAK_S3000)
    (found,) = machine.why()
    assert found.id == "scanner.no_driver" and "Kodak Alaris" in found.text() and found.type == ("lsusb -v -d 29cc:0001",)


def test_ipp_over_usb_needs_its_service_and_can_be_stuck_in_it(machine: Machine) -> None:
    machine.plug(MFP)
    assert ids(machine.why()) == ["scanner.needs_ipp_usb"]
    machine.services.add("ipp-usb")
    assert ids(machine.why()) == ["scanner.held_by_ipp_usb"]


def test_all_drivers_switched_off(machine: Machine) -> None:
    machine.plug(FI_8170)
    machine.write("etc/sane.d/dll.conf", "# net\n# fujitsu\n")
    (machine.root / "etc/sane.d/dll.d/airscan").unlink()
    assert ids(machine.why()) == ["scanner.drivers_off", "scanner.airscan_off"]


def test_a_driver_that_stays_silent(machine: Machine) -> None:
    machine.plug(FI_8170)
    assert ids(machine.why()) == ["scanner.driver_silent"]


def test_the_reasons_of_the_network(machine: Machine) -> None:
    machine.services.clear()
    machine.write("etc/ufw/ufw.conf", "# ufw\nENABLED=yes\n")
    assert ids(machine.why()) == ["scanner.none", "scanner.no_avahi", "scanner.firewall"]
    machine.write("proc/77/comm", "avahi-daemon\n")
    assert ids(machine.why()) == ["scanner.none", "scanner.firewall"]
    machine.write("etc/sane.d/airscan.conf", "[options]\ndiscovery = disable\n")
    assert ids(machine.why()) == ["scanner.none", "scanner.discovery_off"]


def test_a_private_sane_folder_that_is_empty(machine: Machine, tmp_path: Path) -> None:
    settings = Settings(scanning={"sane_config_dir": tmp_path / "private"})  # type: ignore[arg-type]
    found = list(scanners.unseen(Patient(settings, machine.root, machine.run), ()))
    assert ids(found)[0] == "scanner.private_folder_empty"


def patient(tmp_path: Path, **kwargs: Any) -> Patient:
    return Patient(Settings(station=Station(data_dir=tmp_path / "var")), **kwargs)


def test_missing_packages_become_one_line(tmp_path: Path) -> None:
    def run(command: list[str]) -> Said:
        return Said(0, "libsane1 installed\ntesseract-ocr config-files\n")

    (found,) = software.packages(patient(tmp_path, run=run))
    assert found.verdict is Verdict.WRONG
    assert found.type[0].startswith("sudo apt-get install -y --no-install-recommends sane-airscan ")
    assert "tesseract-ocr tesseract-ocr-vie" in found.type[0] and "libsane1" not in found.type[0]


def test_a_missing_language_names_its_package(tmp_path: Path) -> None:
    settings = Settings(processing={"ocr_language": "vie+lao"})  # type: ignore[arg-type]
    (found,) = software.recognition(Patient(settings))
    assert found.verdict is Verdict.WRONG and "tesseract-ocr-lao" in found.type[0]


def test_fonts_are_looked_for_in_the_machine(tmp_path: Path) -> None:
    assert ids(list(software.fonts(patient(tmp_path, root=tmp_path)))) == ["fonts.missing"]
    for name in ("Regular", "Bold", "Italic"):
        (tmp_path / "usr/share/fonts/x").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"usr/share/fonts/x/Tinos-{name}.ttf").touch()
    assert ids(list(software.fonts(patient(tmp_path, root=tmp_path)))) == ["fonts.good"]


def test_the_life_of_a_database(tmp_path: Path) -> None:
    here = patient(tmp_path)
    assert ids(list(keeping.database(here))) == ["database.none_yet"]
    here.settings.station.data_dir.mkdir()
    store = Store(here.settings.database_url)
    store.engine.connect().close()
    assert ids(list(keeping.database(here))) == ["database.old"]
    store.migrate()
    assert ids(list(keeping.database(here))) == ["database.good"]
    (here.settings.station.data_dir / "sohoa.db").write_bytes(b"no database" * 100)
    for leftover in here.settings.station.data_dir.glob("sohoa.db-*"):
        leftover.unlink()
    (found,) = keeping.database(here)
    assert found.id == "database.refused" and found.verdict is Verdict.WRONG


def test_a_clock_behind_the_journal_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = patient(tmp_path)
    here.settings.station.data_dir.mkdir()
    store = Store(here.settings.database_url)
    store.migrate()
    monkeypatch.setattr(journal, "now", (datetime.now(UTC) + timedelta(days=400)).isoformat)
    with store.write() as connection:
        journal.append(connection, "lan", "test", "x")
    (found,) = keeping.clock(here)
    assert found.id == "clock.behind_journal" and found.verdict is Verdict.WRONG


def test_a_low_disk_is_wrong_and_says_how_many_sides_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, verdict in ((1e9, Verdict.WRONG), (20e9, Verdict.NOTE), (500e9, Verdict.GOOD)):
        usage = type("usage", (), {"free": int(free)})
        monkeypatch.setattr(keeping.shutil, "disk_usage", lambda place, usage=usage: usage)
        (found,) = keeping.disk(patient(tmp_path))
        assert found.verdict is verdict
        assert found.facts["sides"] == int(free / 12e6)


def test_sqlite_on_a_network_disk_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/mounts").write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n")
    assert ids(list(keeping.data_folder(patient(tmp_path, root=tmp_path)))) == ["data.network_disk"]


def test_a_check_that_fails_is_a_finding_and_the_others_still_run(tmp_path: Path) -> None:
    def broken(here: Patient) -> Iterator[Result]:
        raise RuntimeError("x")

    found = list(examine(patient(tmp_path), {"broken": broken, "fonts": software.fonts}))
    assert found[0].id == "check_failed" and found[0].verdict is Verdict.WRONG and len(found) == 2


def test_every_id_a_check_can_give_has_words() -> None:
    """Ids are written in the checks as first arguments of good, note and wrong."""
    import re

    text = "".join(path.read_text("utf-8") for path in (Path(scanners.__file__).parent).glob("*.py"))
    used = set(re.findall(r'\b(?:good|note|wrong)\(\s*"([a-z_.]+)"', text))
    assert len(used) > 30
    for lang in ("vi", "en"):
        assert {key for key in used if f"doctor.{key}" not in catalogue(lang)} == set()


def test_the_door_prints_one_json_object_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(CHECKS, "scanners", lambda here: iter(()))
    monkeypatch.setenv("SOHOA_LANGUAGE", "vi")
    (tmp_path / "config.yaml").write_text(f"station: {{data_dir: {tmp_path}}}\nserver: {{prot: 1}}\n")
    status = cli.main(["doctor", "--json", "--config", str(tmp_path / "config.yaml")])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert status == 1 and told[0]["check"] == "config" and 'có phải "port"' in told[0]["text"]
    assert {"check", "verdict", "text", "type"} == set(told[1]) and len(told) >= len(CHECKS) - 1
