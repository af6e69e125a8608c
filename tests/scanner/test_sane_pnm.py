"""Real pages and real faults through the real libsane: the pnm backend, one page on the glass."""

import cv2
import numpy as np
import pytest
from conftest import noise_page, write_pnm

from scanner.model import ColorMode, FaultKind, ScanFault, ScanSettings, Source


def glass(page_file, mode=ColorMode.COLOR, **extra) -> ScanSettings:
    return ScanSettings(Source.FLATBED, mode, 150, extra={"filename": str(page_file), **extra})


def test_a_colour_page_arrives_bit_for_bit(pnm, tmp_path):
    page = noise_page(1)
    with pnm.open_run("pnm:0", glass(write_pnm(tmp_path / "a.ppm", page)), tmp_path / "run", first_sheet=12) as run:
        sides = list(run)
    assert [(one.sheet, one.face.value, one.format, one.dpi) for one in sides] == [(12, "front", "image/tiff", (150.0, 150.0))]
    assert np.array_equal(cv2.imread(str(sides[0].path), cv2.IMREAD_UNCHANGED), page)
    assert sides[0].path.name == "s000012-front.tif"
    assert sides[0].warnings == ()


def test_grey_and_bitonal_pages_keep_their_kind(pnm, tmp_path):
    grey = noise_page(2)[:, :, 1].copy()
    with pnm.open_run("pnm:0", glass(write_pnm(tmp_path / "a.pgm", grey), ColorMode.GRAY), tmp_path / "grey") as run:
        side = next(run)
    assert (side.mode, side.warnings) == (ColorMode.GRAY, ())
    assert np.array_equal(cv2.imread(str(side.path), cv2.IMREAD_UNCHANGED), grey)
    bits = grey > 200
    (tmp_path / "a.pbm").write_bytes(b"P4\n# \n%d %d\n" % (grey.shape[1], grey.shape[0]) + np.packbits(~bits, axis=1).tobytes())
    with pnm.open_run("pnm:0", glass(tmp_path / "a.pbm", ColorMode.BITONAL), tmp_path / "bits") as run:
        side = next(run)
    assert (side.mode, side.warnings) == (ColorMode.BITONAL, ())
    assert np.array_equal(cv2.imread(str(side.path), cv2.IMREAD_UNCHANGED) > 0, bits)


def test_another_mode_than_asked_is_said(pnm, tmp_path):
    with pnm.open_run("pnm:0", glass(write_pnm(tmp_path / "a.pgm", noise_page(2)[:, :, 1].copy())), tmp_path / "run") as run:
        side = next(run)
    assert (side.mode, side.warnings) == (ColorMode.GRAY, ("mode_differs",))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        ("status_jammed", FaultKind.JAM),
        ("status_nodocs", FaultKind.FEEDER_EMPTY),
        ("status_coveropen", FaultKind.COVER_OPEN),
        ("status_ioerror", FaultKind.IO_ERROR),
        ("status_nomem", FaultKind.NO_MEMORY),
        ("status_accessdenied", FaultKind.ACCESS_DENIED),
        ("status_eof", FaultKind.SHORT_PAGE),
    ],
)
def test_each_fault_of_the_driver_has_its_name_and_the_next_run_works(pnm, tmp_path, status, kind):
    page = write_pnm(tmp_path / "a.ppm", noise_page(1))
    with pytest.raises(ScanFault) as caught, pnm.open_run("pnm:0", glass(page, **{status: 1}), tmp_path / "bad") as run:
        next(run)
    assert caught.value.kind is kind
    assert list((tmp_path / "bad").iterdir()) == []
    with pnm.open_run("pnm:0", glass(page), tmp_path / "good") as run:
        assert len(list(run)) == 1


def test_a_page_cut_short_by_the_driver_is_a_fault_not_a_page(pnm, tmp_path):
    page = write_pnm(tmp_path / "a.ppm", noise_page(1))
    page.write_bytes(page.read_bytes()[:-50_000])
    with pytest.raises(ScanFault) as caught, pnm.open_run("pnm:0", glass(page), tmp_path / "run") as run:
        next(run)
    assert caught.value.kind is FaultKind.SHORT_PAGE


def test_a_flat_rest_of_the_page_is_stored_with_a_warning(pnm, tmp_path):
    page = noise_page(1)
    page[200:] = 128
    with pnm.open_run("pnm:0", glass(write_pnm(tmp_path / "a.ppm", page)), tmp_path / "run") as run:
        side = next(run)
    assert side.warnings == ("truncated_tail",)
    assert side.facts["constant_tail_rows"] == 220


def test_white_padding_below_a_short_page_is_no_damage(pnm, tmp_path):
    page = noise_page(1)
    page[200:] = 255
    with pnm.open_run("pnm:0", glass(write_pnm(tmp_path / "a.ppm", page)), tmp_path / "run") as run:
        assert next(run).warnings == ()


def test_settings_that_do_not_fit_are_refused_with_the_nearest(pnm, tmp_path):
    with pytest.raises(ScanFault) as caught:
        pnm.open_run("pnm:0", ScanSettings(Source.FLATBED, ColorMode.COLOR, 160), tmp_path / "run")
    assert (caught.value.kind, caught.value.nearest) == (FaultKind.BAD_SETTING, {"resolution": 165})
    with pytest.raises(ScanFault) as caught:
        pnm.open_run("pnm:0", ScanSettings(Source.DUPLEX, ColorMode.COLOR, 150), tmp_path / "run")
    assert caught.value.nearest == {"source": "flatbed"}
    with pytest.raises(ScanFault) as caught:
        pnm.open_run("pnm:0", glass("x.ppm", resolutoin=3), tmp_path / "run")
    assert caught.value.kind is FaultKind.BAD_SETTING
    assert "resolutoin" in caught.value.detail


def test_a_device_nobody_knows(pnm, tmp_path):
    with pytest.raises(ScanFault) as caught:
        pnm.capabilities("pnm:9")
    assert caught.value.kind is FaultKind.UNKNOWN_DEVICE
    with pytest.raises(ScanFault) as caught:
        pnm.open_run("nodriver:usb:1", glass("x.ppm"), tmp_path / "run")
    assert caught.value.kind is FaultKind.UNKNOWN_DEVICE


def test_two_runs_on_one_device_the_second_is_told_busy(pnm, tmp_path):
    page = write_pnm(tmp_path / "a.ppm", noise_page(1))
    with pnm.open_run("pnm:0", glass(page), tmp_path / "one") as first:
        with pytest.raises(ScanFault) as caught:
            pnm.open_run("pnm:0", glass(page), tmp_path / "two")
        assert caught.value.kind is FaultKind.BUSY
        assert len(list(first)) == 1
