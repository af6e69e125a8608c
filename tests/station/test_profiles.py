"""The book of scan profiles: versions, who changed what, inheritance, and what fits a scanner before any paper moves."""

from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest

from batches import journal, runs
from batches.errors import Exists, Invalid, NotAllowed, Stale
from scanner.model import ColorMode, DeviceCapabilities, FaultKind, ScanFault, ScanSettings, Source, SourceCapabilities
from scanner.profile import ProfileError
from station import desk, devices, profiles, scan_asked, series
from station.cli import scan as cli_scan
from station.errors import UsageError
from tests.web.scene import ADMINISTRATOR, DEVICE, OPERATOR, SUPERVISOR, Scene, make_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = make_scene(tmp_path)
    yield made
    made.house.store.close()


def test_every_change_is_a_version_with_its_author_and_what_changed(scene: Scene) -> None:
    name = "Giấy mỏng"
    assert profiles.save(scene.house, SUPERVISOR, name, {"builds_on": "flatbed", "resolution": 300}) == 1
    said = {"builds_on": "flatbed", "resolution": 200, "extra": {"contrast": 10}, "note": "chữ nhạt"}
    assert profiles.save(scene.house, ADMINISTRATOR, name, said, follows=1) == 2
    newest, first = profiles.history(scene.house, name)
    assert (newest.version, newest.author, newest.note) == (2, "quantri", "chữ nhạt")
    assert set(newest.changes) == {("resolution", 300, 200), ("contrast", None, 10)}
    assert (first.version, first.author) == (1, "binh")
    assert profiles.get(scene.house, name).settings.source is Source.FLATBED
    with scene.house.store.read() as connection:
        entries = [one for one in journal.entries(connection, f"profile:{name}") if one.action == "profile.saved"]
    assert [(one.actor, one.detail["version"]) for one in entries] == [("quantri", 2), ("binh", 1)]


def test_saving_over_one_the_station_brings_makes_version_two_and_its_heirs_follow(scene: Scene) -> None:
    said = {"source": "duplex", "mode": "gray", "resolution": 200, "width": 210.0, "height": 297.0}
    assert profiles.save(scene.house, SUPERVISOR, "administrative_duplex", said, follows=1) == 2
    heir = profiles.get(scene.house, "flatbed")
    assert (heir.settings.resolution, heir.settings.mode.value) == (200, "gray")
    assert heir.line == (("flatbed", 1), ("administrative_duplex", 2))
    assert [one.version for one in profiles.history(scene.house, "administrative_duplex")] == [2, 1]


def test_two_who_save_at_once_do_not_overwrite_each_other(scene: Scene) -> None:
    profiles.save(scene.house, SUPERVISOR, "A", {"resolution": 200})
    profiles.save(scene.house, SUPERVISOR, "A", {"resolution": 300}, follows=1)
    with pytest.raises(Stale):
        profiles.save(scene.house, ADMINISTRATOR, "A", {"resolution": 400}, follows=1)
    with pytest.raises(Exists):
        profiles.save(scene.house, ADMINISTRATOR, "A", {"resolution": 400})
    assert profiles.get(scene.house, "A").settings.resolution == 300


def test_what_makes_no_sense_is_refused_and_nothing_is_kept(scene: Scene) -> None:
    for said, error in (
        ({"source": "glass"}, ProfileError),
        ({"builds_on": "không có"}, ProfileError),
        ({"resolution": 9999}, Invalid),
        ({"extra": {"a b;c": 1}}, Invalid),
    ):
        with pytest.raises(error):
            profiles.save(scene.house, SUPERVISOR, "B", said)
    with pytest.raises(ProfileError) as loop:
        profiles.save(scene.house, SUPERVISOR, "administrative_duplex", {"builds_on": "flatbed"}, follows=1)
    assert loop.value.code == "profile_loop"
    with pytest.raises(NotAllowed):
        profiles.save(scene.house, OPERATOR, "B", {"resolution": 300})
    assert "B" not in [one.name for one in profiles.listing(scene.house, retired=True)]


def test_one_out_of_use_is_not_offered_and_not_taken_but_stays_in_the_book(scene: Scene) -> None:
    profiles.retire(scene.house, SUPERVISOR, "draft_duplex", retired=True, follows=1)
    assert "draft_duplex" not in [one.name for one in profiles.listing(scene.house)]
    with pytest.raises(Invalid):
        scan_asked.of(scene.house, DEVICE, "draft_duplex")
    profiles.retire(scene.house, SUPERVISOR, "draft_duplex", retired=False, follows=2)
    assert profiles.get(scene.house, "draft_duplex").settings.resolution == 200
    assert len(profiles.history(scene.house, "draft_duplex")) == 3


def test_the_configured_first_choice_must_be_in_the_book_and_stays_in_use(scene: Scene) -> None:
    profiles.require_default(scene.house)
    scene.house.settings.scanning.__dict__["default_profile"] = "khong-co"
    with pytest.raises(UsageError, match="khong-co"):
        profiles.require_default(scene.house)
    scene.house.settings.scanning.__dict__["default_profile"] = "flatbed"
    assert profiles.listing(scene.house)[0].name == "flatbed"
    with pytest.raises(Invalid):
        profiles.retire(scene.house, SUPERVISOR, "flatbed", retired=True, follows=1)


def test_a_profile_that_does_not_fit_is_refused_before_paper_moves_and_the_nearest_is_taken_by_one_word(scene: Scene) -> None:
    profiles.save(scene.house, SUPERVISOR, "Bản vẽ", {"source": "duplex", "mode": "color", "resolution": 400, "height": 900.0})
    batch_id = scene.batch()
    scan = scan_asked.of(scene.house, DEVICE, "Bản vẽ")
    with pytest.raises(ScanFault) as refused:
        desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, scan.settings, noted=scan.noted)
    assert refused.value.kind is FaultKind.BAD_SETTING
    assert refused.value.nearest == {"resolution": 300, "height": 356.0}
    assert desk.view(scene.house, batch_id).run is None
    scan = scan_asked.of(scene.house, DEVICE, "Bản vẽ", nearest=True)
    run_id = desk.start_run(scene.house, OPERATOR, batch_id, DEVICE, scan.settings, noted=scan.noted)
    with scene.house.store.read() as connection:
        asked = runs.get(connection, run_id).settings
    assert (asked["resolution"], asked["height"]) == (300, 356.0)
    assert asked["profile"] == {"name": "Bản vẽ", "version": 1, "line": [["Bản vẽ", 1]]}
    assert asked["changed"] == {"resolution": [400, 300], "height": [900.0, 356.0]}


def test_a_profile_for_one_model_is_offered_on_that_model_only(scene: Scene) -> None:
    [device] = devices.listing(scene.house)
    settings = profiles.get(scene.house, "flatbed").settings
    assert profiles.fit(settings, "", device.identity, device.capabilities).fits
    assert not profiles.fit(settings, "canon:dr", device.identity, device.capabilities).fits
    assert profiles.fit(settings, "test:scanner-1", device.identity, device.capabilities).fits


def test_brittle_paper_goes_to_the_glass(scene: Scene) -> None:
    scan = scan_asked.of(scene.house, DEVICE, "administrative_duplex", fragile=True)
    assert scan.settings.source is Source.FLATBED
    assert scan.noted["fragile"] is True
    assert scan.noted["changed"] == {"source": ["duplex", "flatbed"]}


def test_brittle_paper_without_a_glass_is_fed_as_kindly_as_the_device_can() -> None:
    settings = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, extra={"contrast": 5})
    feeder = SourceCapabilities((ColorMode.COLOR,), (300,), None, 216.0, 356.0)
    takes = {"paper_protect": {"choices": ["Default", "On", "Off"]}, "prepick": {"choices": ["On", "Off"]}}
    can = DeviceCapabilities({Source.DUPLEX: feeder}, (), ("contrast", "paper_protect", "prepick"), takes)
    kind = profiles.gentle(settings, can)
    assert kind.source is Source.DUPLEX
    assert kind.extra == {"contrast": 5, "paper_protect": "On", "prepick": "Off"}


def test_the_command_line_takes_a_profile_by_either_name_and_says_over_it(scene: Scene) -> None:
    line = {"profile": "Từng tờ trên mặt kính", "source": None, "mode": "gray", "resolution": 200}
    settings, noted = cli_scan._settings(scene.house, DEVICE, Namespace(**line))
    assert (settings.source, settings.mode, settings.resolution) == (Source.FLATBED, ColorMode.GRAY, 200)
    assert noted["profile"]["name"] == "flatbed"
    with pytest.raises(UsageError, match="khong-co"):
        cli_scan._settings(scene.house, DEVICE, Namespace(**{**line, "profile": "khong-co"}))


def test_a_series_whose_scan_brought_nothing_waits_for_a_person(scene: Scene) -> None:
    batch_id = scene.batch()
    glass = ScanSettings(Source.FLATBED, ColorMode.COLOR, 200)
    run_id = series.start(scene.house, OPERATOR, batch_id, scan_asked.AskedScan(DEVICE, glass, {}))
    desk.give_up_run(scene.house, OPERATOR, run_id)
    view = series.view(scene.house, batch_id)
    assert view is not None
    assert (view.state, view.page) == ("paused", None)
