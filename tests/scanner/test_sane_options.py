"""One vocabulary over many vendors, from their option tables."""

import pytest
from recorded import DRIVERS, RecordedDevice

from scanner.backend import check, nearest_resolution
from scanner.model import ColorMode, FaultKind, ScanFault, ScanSettings, Source
from scanner.sane.driver import read_capabilities
from scanner.sane.settings import apply
from scanner.sane.vocabulary import mode_of, sensor_of, source_of

A4 = (210.0, 297.0)
ALL = {ColorMode.COLOR, ColorMode.GRAY, ColorMode.BITONAL}
FLATBED, FEEDER, BACK, DUPLEX = Source.FLATBED, Source.FEEDER, Source.FEEDER_BACK, Source.DUPLEX
EXPECTED = {
    "fujitsu": ({FLATBED, FEEDER, BACK, DUPLEX}, ALL),
    "canon_dr": ({FEEDER, DUPLEX}, ALL),
    "epsonds": ({FEEDER, DUPLEX}, ALL),
    "avision": ({FLATBED, FEEDER, BACK, DUPLEX}, ALL),
    "airscan": ({FLATBED, FEEDER}, {ColorMode.COLOR, ColorMode.GRAY}),
    "hpaio": ({FLATBED, FEEDER, DUPLEX}, ALL),
    "brother": ({FEEDER, DUPLEX}, ALL),
    "utsushi": ({FLATBED, FEEDER, DUPLEX}, ALL),
}


def test_every_table_is_expected():
    assert sorted(EXPECTED) == DRIVERS


@pytest.mark.parametrize("driver", DRIVERS)
def test_sources_and_modes_of_each_driver(driver):
    capabilities = read_capabilities(RecordedDevice(driver))
    sources, modes = EXPECTED[driver]
    assert set(capabilities.sources) == sources
    for one in capabilities.sources.values():
        assert set(one.modes) == modes
        assert nearest_resolution(300, one) == 300
        assert one.max_width >= A4[0]


SOURCES_OF_DRIVERS = [(driver, source) for driver in DRIVERS for source in sorted(EXPECTED[driver][0])]


@pytest.mark.parametrize(("driver", "source"), SOURCES_OF_DRIVERS)
def test_a4_colour_300_can_be_set_on_every_source_of_every_driver(driver, source):
    device = RecordedDevice(driver)
    height = min(A4[1], read_capabilities(RecordedDevice(driver)).sources[source].max_height)
    effective = apply(device, ScanSettings(source, ColorMode.COLOR, 300, A4[0], height))
    assert device.values["resolution"] == 300
    assert device.values["br-x"] == pytest.approx(A4[0], abs=0.5)
    assert device.values["br-y"] == pytest.approx(height, abs=0.5)
    assert "olor" in device.values["mode"]
    assert all(pair["asked"] == pytest.approx(pair["effective"], abs=0.5) for pair in effective.values())
    assert source_of(device.values["source"]) in (source, Source.FEEDER)
    if source is DUPLEX and driver in ("hpaio", "utsushi"):
        assert device.values["duplex"] == 1


def test_one_side_is_asked_for_as_well_where_a_switch_says_two():
    device = RecordedDevice("utsushi")
    device.values.update({"source": "ADF", "duplex": 1})
    device.reload()
    apply(device, ScanSettings(FEEDER, ColorMode.COLOR, 300, 210, 297))
    assert device.values["duplex"] == 0


def test_the_paper_is_set_before_the_area_it_limits():
    device = RecordedDevice("canon_dr")
    apply(device, ScanSettings(DUPLEX, ColorMode.GRAY, 300, 210, 330))
    assert device.order.index("page-height") < device.order.index("br-y")
    assert device.values["br-y"] == pytest.approx(330, abs=0.05)
    assert device.order.index("source") < device.order.index("mode") < device.order.index("resolution")


def test_pictures_are_not_squeezed_on_the_wire_unless_asked():
    device = RecordedDevice("hpaio")
    apply(device, ScanSettings(FEEDER, ColorMode.COLOR, 300, 210, 297))
    assert (device.values["compression"], device.values["batch-scan"]) == ("None", 1)
    apply(device, ScanSettings(FEEDER, ColorMode.COLOR, 300, 210, 297, extra={"compression": "JPEG"}))
    assert device.values["compression"] == "JPEG"


def test_fujitsu_says_double_feed_length_and_its_sensors():
    capabilities = read_capabilities(RecordedDevice("fujitsu"))
    assert {"button_scan", "button_email", "cover_open", "double_feed", "error_code", "page_loaded"} <= set(
        capabilities.sensors
    )
    assert {"ald", "buffermode", "df_action", "overscan", "paper_protect", "prepick"} <= set(capabilities.options)
    assert not {"source", "mode", "page_loaded", "side"} & set(capabilities.options)
    feeder, glass = capabilities.sources[DUPLEX], capabilities.sources[FLATBED]
    assert (feeder.double_feed, feeder.auto_length) == (True, True)
    assert feeder.max_height == pytest.approx(2750, abs=1)
    assert glass.max_height == pytest.approx(297, abs=0.1)


def refused(driver: str, settings: ScanSettings) -> ScanFault:
    device = RecordedDevice(driver)
    with pytest.raises(ScanFault) as caught:
        apply(device, settings)
    assert caught.value.kind is FaultKind.BAD_SETTING
    return caught.value


@pytest.mark.parametrize(
    ("driver", "settings", "nearest"),
    [
        ("epsonds", ScanSettings(FLATBED), {"source": "feeder"}),
        ("airscan", ScanSettings(DUPLEX), {"source": "feeder"}),
        ("airscan", ScanSettings(FEEDER, ColorMode.BITONAL), {"mode": "color"}),
        ("canon_dr", ScanSettings(FEEDER, resolution=250), {"resolution": 300}),
        ("fujitsu", ScanSettings(FEEDER, resolution=1200), {"resolution": 600}),
        ("brother", ScanSettings(FEEDER, width=297.0, height=420.0), {"width": 211.9}),
        ("fujitsu", ScanSettings(FEEDER, extra={"df-action": "Halt"}), {"df-action": "Default"}),
        ("fujitsu", ScanSettings(FEEDER, extra={"df_action": "stop"}), {"df_action": "Stop"}),
        ("fujitsu", ScanSettings(DUPLEX, extra={"swskip": 3.0}), {"swskip": 0}),
        ("fujitsu", ScanSettings(FEEDER, extra={"sleeptimer": 90}), {"sleeptimer": 60}),
        ("brother", ScanSettings(FEEDER, extra={"contrast": 5}), {"contrast": None}),
    ],
)
def test_what_does_not_fit_is_refused_with_the_nearest(driver, settings, nearest):
    assert refused(driver, settings).nearest == nearest


def test_a_setting_the_device_changed_is_refused(monkeypatch):
    device = RecordedDevice("fujitsu")
    keep = device.set

    def stubborn(option, value):
        keep(option, "Gray" if option.name == "mode" else value)

    monkeypatch.setattr(device, "set", stubborn)
    with pytest.raises(ScanFault) as caught:
        apply(device, ScanSettings(FEEDER, ColorMode.COLOR, 300, 210, 297))
    assert caught.value.nearest == {"mode": "Gray"}


def test_a_setting_undone_by_a_later_one_is_made_again(monkeypatch):
    device = RecordedDevice("fujitsu")
    keep = device.set

    def forgetful(option, value):
        keep(option, value)
        if option.name == "br-y":
            device.values["resolution"] = 600
            monkeypatch.setattr(device, "set", keep)

    monkeypatch.setattr(device, "set", forgetful)
    apply(device, ScanSettings(FEEDER, ColorMode.COLOR, 300, 210, 297))
    assert device.values["resolution"] == 300


def test_array_options_are_never_touched():
    device = RecordedDevice("avision")
    assert device.table.settable("gamma-vector") is None
    assert "gamma_vector" not in read_capabilities(device).options


def test_check_names_every_problem_at_once():
    capabilities = read_capabilities(RecordedDevice("airscan"))
    wrong = ScanSettings(FLATBED, ColorMode.BITONAL, 250, 400, 0, extra={"df_action": "Stop"})
    found = {one.setting: one.nearest for one in check(wrong, capabilities)}
    assert found == {"mode": "color", "resolution": 300, "width": 215.9, "height": None, "df_action": None}
    assert check(ScanSettings(FLATBED, ColorMode.GRAY, 200, 210, 297, extra={"analog-gamma": 1.0}), capabilities) == []


@pytest.mark.parametrize(
    ("word", "source"),
    [
        ("Flatbed", FLATBED),
        ("FlatBed", FLATBED),
        ("Document Table", FLATBED),
        ("ADF", FEEDER),
        ("Automatic Document Feeder", FEEDER),
        ("Automatic Document Feeder(centrally aligned,Duplex)", DUPLEX),
        ("Duplex", DUPLEX),
        ("ADF Back", BACK),
        ("Transparency Adapter", None),
        ("Negative", None),
        ("Card Duplex", None),
        ("Auto", None),
    ],
)
def test_sources_by_any_name(word, source):
    assert source_of(word) is source


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("24bit Color[Fast]", ColorMode.COLOR),
        ("True Gray", ColorMode.GRAY),
        ("Grayscale", ColorMode.GRAY),
        ("Black & White", ColorMode.BITONAL),
        ("Line Art", ColorMode.BITONAL),
        ("Binary", ColorMode.BITONAL),
        ("Halftone", None),
        ("Gray[Error Diffusion]", None),
        ("48 bits color", None),
    ],
)
def test_modes_by_any_name(word, mode):
    assert mode_of(word) is mode


def test_sensors_by_any_name():
    assert {sensor_of(name) for name in ("scan", "start", "button-1")} == {"button_scan"}
    assert {sensor_of(name) for name in ("page-loaded", "adf-loaded")} == {"page_loaded"}
    assert sensor_of("Error-Code") == "error_code"
