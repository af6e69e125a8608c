"""From the feeder: three sheets over dirty glass and the scanner's own alarm; then its target, scanned like any sheet."""

from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image

from imaging.practice import write_tray
from imaging.target import write_pdf
from scanner.escl import PageTray
from scanner.model import ColorMode, ScanSettings, Source
from station import desk, health, qualifying
from tests.journeys.rig import OPERATOR, rig, wait

DUPLEX_300 = ScanSettings(Source.DUPLEX, ColorMode.COLOR, 300, 210.0, 297.0)


def dirty_paper(folder: Path) -> Path:
    """Three practice sheets whose backs came over a speck at 83 mm."""
    write_tray(folder, sheets=3, seed=4)
    for path in folder.glob("*-2.jpg"):
        picture = np.array(Image.open(path), np.float32)
        at = round(83.0 / 25.4 * 300 - 1)
        picture[:, at : at + 2] *= 0.96
        Image.fromarray(np.clip(np.round(picture), 0, 255).astype(np.uint8)).save(path, quality=92, dpi=(300, 300))
    return folder


def target_paper(folder: Path) -> Path:
    folder.mkdir()
    write_pdf(folder / "target.pdf")
    with pdfium.PdfDocument(folder / "target.pdf") as document:
        for number, page in enumerate(document, 1):
            seen = page.render(scale=300 / 72, grayscale=True).to_numpy()
            soft = cv2.GaussianBlur(seen.reshape(seen.shape[:2]), (0, 0), 0.8).astype(np.float32) * 0.75 + 45
            Image.fromarray(np.dstack([soft.astype(np.uint8)] * 3)).save(folder / f"{number}.jpg", quality=95, dpi=(300, 300))
    (folder / "target.pdf").unlink()
    return folder


def test_dirt_and_target_through_a_real_driver(tmp_path: Path) -> None:
    with rig(tmp_path, dirty_paper(tmp_path / "paper")) as station:
        device = station.device()
        batch_id = station.batch(3)
        desk.start_run(station.house, OPERATOR, batch_id, device, DUPLEX_300)
        assert station.until_run_rests(batch_id).state == "finished"
        wait(lambda: all(page.ready for page in station.view(batch_id).pages), 120)
        wait(lambda: bool(health.alarms(station.house, device)), 20)  # the last page's sample follows its picture
        (alarm,) = health.alarms(station.house, device)
        assert (alarm.side, alarm.dirt.pages) == ("back", 3)
        assert alarm.dirt.mm == pytest.approx(83.0, abs=0.5)
        assert alarm.dirt.amplitude == pytest.approx(-0.04, abs=0.012)

        station.scanner.load(PageTray.from_folder(target_paper(tmp_path / "target"), two_sided=True))
        run_id = qualifying.scan_target(station.house, OPERATOR, device)

        def scanned() -> bool:
            last = qualifying.last_run(station.house, device)
            return last is not None and last.state in ("finished", "paused")

        wait(scanned, 120)
        qualifying.measure_run(station.house, OPERATOR, device, run_id)
        (row,) = health.health(station.house, device).book
        faces = row.measures["faces"]
        failed = {(side, line[0]) for side, face in faces.items() for line in face["lines"] if line[4] is False}
        assert (set(faces), failed) == ({"front", "back"}, set())
        assert [faces[side]["measure"]["face"] for side in ("front", "back")] == ["front", "back"]
