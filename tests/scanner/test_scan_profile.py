"""A profile says what it changes, inherits the rest, and is refused where the device cannot follow."""

import pytest
from recorded import RecordedDevice

from scanner.backend import check
from scanner.model import ColorMode, ScanSettings, Source
from scanner.profile import ProfileBook, ProfileError, ScanProfile, nearest_fit, profile_from
from scanner.sane.driver import read_capabilities

ARCHIVE = ScanProfile("lưu trữ", source=Source.DUPLEX, mode=ColorMode.COLOR, resolution=300, width=210.0, height=297.0)
CAREFUL = ScanProfile(
    "giấy mỏng", builds_on="lưu trữ", model="fujitsu:fi-7260", extra={"paper-protect": "On", "df_action": "Stop"}
)
GLASS = ScanProfile("mặt kính", builds_on="giấy mỏng", source=Source.FLATBED, height=330.0, extra={"df_action": None})
BOOK = ProfileBook((ARCHIVE, CAREFUL, GLASS))


def test_the_nearest_word_wins_and_the_rest_is_inherited():
    assert BOOK.settings("giấy mỏng") == ScanSettings(
        Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0, extra={"paper_protect": "On", "df_action": "Stop"}
    )
    glass = BOOK.settings("mặt kính")
    assert (glass.source, glass.extra) == (Source.FLATBED, {"paper_protect": "On"})


def test_only_a_newer_version_replaces_a_profile():
    book = BOOK.with_profile(ScanProfile("lưu trữ", 2, source=Source.FEEDER, resolution=400))
    assert book.settings("giấy mỏng").resolution == 400
    assert BOOK.settings("giấy mỏng").resolution == 300
    with pytest.raises(ProfileError) as caught:
        book.with_profile(ARCHIVE)
    assert caught.value.code == "profile_old"


def test_a_profile_cannot_build_on_itself_or_on_nothing():
    with pytest.raises(ProfileError) as caught:
        BOOK.with_profile(ScanProfile("lưu trữ", 2, builds_on="mặt kính"))
    assert caught.value.code == "profile_loop"
    with pytest.raises(ProfileError) as caught:
        BOOK.with_profile(ScanProfile("mới", builds_on="không có"))
    assert (caught.value.code, caught.value.name) == ("profile_unknown", "không có")


def test_profiles_that_fit_a_device_as_they_are():
    fujitsu, airscan = (read_capabilities(RecordedDevice(name)) for name in ("fujitsu", "airscan"))
    assert {one.name for one in BOOK.for_device("fujitsu:fi-7260:123", fujitsu)} == {"lưu trữ", "giấy mỏng"}
    assert BOOK.for_device("brother:mfc:1", airscan) == []
    assert [one.setting for one in BOOK.check("mặt kính", fujitsu)] == ["height"]


def test_the_nearest_fit_passes_the_check_and_changes_only_what_it_must():
    airscan = read_capabilities(RecordedDevice("airscan"))
    wanted = ScanSettings(Source.DUPLEX, ColorMode.BITONAL, 400, 210.0, 420.0, extra={"df_action": "Stop", "brightness": 5})
    fit = nearest_fit(wanted, airscan)
    assert fit is not None
    assert check(fit, airscan) == []
    assert (fit.source, fit.mode, fit.resolution, fit.width) == (Source.FEEDER, ColorMode.COLOR, 300, 210.0)
    assert (fit.height, fit.extra) == (355.6, {"brightness": 5})
    assert nearest_fit(fit, airscan) == fit


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ({"name": "x", "dpi": 300}, "profile_unknown_key"),
        ({"name": "x", "source": "glass"}, "profile_bad_value"),
        ({"name": "x", "resolution": "300"}, "profile_bad_value"),
        ({"name": "x", "resolution": -300}, "profile_bad_value"),
        ({"name": "x", "width": 0}, "profile_bad_value"),
        ({"name": ""}, "profile_bad_value"),
        ({"name": "x", "version": True}, "profile_bad_value"),
    ],
)
def test_a_wrong_profile_is_named(value, code):
    with pytest.raises(ProfileError) as caught:
        profile_from(value)
    assert caught.value.code == code


def test_a_profile_from_plain_data():
    made = profile_from({"name": "a", "source": "duplex", "mode": "gray", "resolution": 200, "extra": {"ald": 1}})
    assert (made.source, made.mode, made.extra) == (Source.DUPLEX, ColorMode.GRAY, {"ald": 1})


def test_a_further_option_is_checked_against_the_values_the_device_takes():
    fujitsu = read_capabilities(RecordedDevice("fujitsu"))
    wanted = ScanSettings(
        Source.DUPLEX, ColorMode.COLOR, 300, extra={"df_action": "stop", "paper_protect": "On", "contrast": 500}
    )
    found = {one.setting: one.nearest for one in check(wanted, fujitsu)}
    assert found == {"df_action": "Stop", "contrast": 127}
    fit = nearest_fit(wanted, fujitsu)
    assert fit is not None
    assert check(fit, fujitsu) == []
    assert fit.extra == {"df_action": "Stop", "paper_protect": "On", "contrast": 127}
