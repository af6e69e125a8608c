"""Which devices are offered, and by what name they stay known."""

from pathlib import Path

import pytest
from conftest import QUICK

from scanner.identity import identity
from scanner.sane.backend import SaneBackend
from scanner.sane.config import system_backends, write_private_config
from scanner.sane.identity import is_virtual, make_and_model, serial_of
from scanner.sane.network import configured_url


def usb(root: Path, name: str, bus: int, device: int, serial: str) -> None:
    folder = root / name
    folder.mkdir(parents=True)
    for key, value in (("busnum", bus), ("devnum", device), ("serial", serial)):
        (folder / key).write_text(f"{value}\n")


def test_a_usb_scanner_keeps_its_identity_when_it_is_plugged_in_elsewhere(tmp_path):
    usb(tmp_path / "one", "1-2", 1, 4, "A7F00123")
    usb(tmp_path / "two", "3-1.4", 3, 17, "A7F00123")
    before = serial_of("canon_dr:libusb:001:004", tmp_path / "one")
    after = serial_of("canon_dr:libusb:003:017", tmp_path / "two")
    assert before == after == "A7F00123"
    assert identity("Canon", "DR-M160", before, "canon_dr:libusb:001:004") == "canon:dr-m160:a7f00123"


@pytest.mark.parametrize(
    ("address", "serial"),
    [
        ("fujitsu:fi-7260:1208958", "1208958"),
        ("fujitsu:libusb:001:009", ""),
        ("hpaio:/usb/PSC_1600_series?serial=MY4C3C30Z5L0", "MY4C3C30Z5L0"),
        ("hpaio:/net/officejet_6600?ip=192.168.178.104&queue=false", ""),
        ("brother4:net1;dev0", ""),
    ],
)
def test_serials_in_the_drivers_own_names(tmp_path, address, serial):
    assert serial_of(address, tmp_path) == serial


def test_without_a_serial_the_address_stands_in_and_shows_it():
    assert identity("Brother", "ADS-1600W", "", "brother4:net1;dev0") == "brother:ads-1600w:@brother4:net1;dev0"


def test_network_names_are_split_and_simulated_ones_known():
    assert make_and_model("Canon MF4450 Series", "eSCL", "x") == ("Canon", "MF4450 Series")
    assert make_and_model("", "eSCL", "Kodak i1190") == ("eSCL", "Kodak i1190")
    assert [is_virtual(one) for one in ("pnm:0", "test:1", "fujitsu:fi-7260:1")] == [True, True, False]


def test_a_private_configuration_names_devices_and_drivers(tmp_path, monkeypatch):
    urls = {"Máy quét 1": "http://127.0.0.1:9/eSCL", "B": "https://10.0.0.7:443/eSCL"}
    folder = write_private_config(tmp_path / "sane", urls, backends=["pnm", "test", "airscan"])
    assert (folder / "dll.conf").read_text().split() == ["airscan", "pnm", "test"]
    assert (folder / "test.conf").exists()
    monkeypatch.setenv("SANE_CONFIG_DIR", str(folder))
    assert configured_url("airscan:e0:Máy quét 1") == urls["Máy quét 1"]
    assert configured_url("airscan:e1:B") == urls["B"]
    assert configured_url("airscan:e0:C") == configured_url("pnm:0") == ""


def test_the_systems_drivers_are_read_with_what_packages_added(tmp_path):
    (tmp_path / "dll.d").mkdir()
    (tmp_path / "dll.conf").write_text("# comment\nfujitsu\n#kodak\nepsonds # ds series\n")
    (tmp_path / "dll.d" / "airscan").write_text("airscan\nfujitsu\n")
    assert system_backends(tmp_path) == ["fujitsu", "epsonds", "airscan"]


def test_a_server_that_is_gone_is_listed_without_facts_and_quickly(tmp_path):
    folder = write_private_config(tmp_path / "sane", {"Gone": "http://127.0.0.1:9/eSCL"}, backends=["pnm"])
    listed = SaneBackend(folder, timeouts=QUICK).list_devices()
    assert {one.address for one in listed if one.address.startswith("pnm")} == {"pnm:0", "pnm:1"}
    assert all(one.virtual for one in listed if one.address.startswith("pnm"))
