"""A compact copy counts only where it is proved to show what the standard copy shows."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from imaging import geometry, pdfa, render, seals
from imaging.pdfa.layers import unpacked
from imaging.practice import PracticePage, invent, typeset
from imaging.prepare import Prepared, prepare
from imaging.values import Line, PageText, Pixels, Raster, Word
from station import copy_guard
from station.cli.main import main
from station.convert import Options, convert
from station.copy_guard import Original, compacted, ink_lost, text_lost
from station.packing import DocumentTask, PageTask, make_document
from station.words import words as words_of

Case = tuple[Original, pdfa.PageImage, PageText]


@pytest.fixture(scope="module")
def case() -> Case:
    (page,) = [page for page in typeset(invent(31, "state", 2), 31) if page.truth.seals]
    return of_page(page)


def of_page(page: PracticePage) -> Case:
    prepared = prepare(page.raster)
    placed = geometry.measure(page.raster, prepared)
    stamps, strokes = seals.find(page.raster, prepared), seals.signatures(page.raster, prepared)
    shown = render.render(page.raster, placed)
    return Original(shown, prepared, placed, stamps, strokes), pdfa.encode(shown), page.truth.text


def spoiled(text: PageText, every: int) -> PageText:
    """Each ``every``-th word read as another."""
    words = iter(range(len(text.words)))
    lines = [replace(line, words=tuple(_other(word, next(words), every) for word in line.words)) for line in text.lines]
    return replace(text, lines=tuple(lines))


def _other(word: Word, number: int, every: int) -> Word:
    return replace(word, text="zzz") if number % every == 0 else word


def test_a_page_that_keeps_everything_is_compact(case: Case) -> None:
    original, standard, text = case
    image, why = compacted(original, standard, text, lambda _: text)
    assert why == "" and image.codec == "layers" and len(image.data) < 0.5 * len(standard.data)


def test_a_page_that_reads_worse_stays_standard(case: Case) -> None:
    original, standard, text = case
    readings: Iterator[PageText] = iter([spoiled(text, 50), text] * 2)  # the compact copy's, then the standard copy's
    assert compacted(original, standard, text, lambda _: next(readings)) == (standard, "text")
    many = iter([spoiled(text, 5), text])  # too many words for a second try
    assert compacted(original, standard, text, lambda _: next(many)) == (standard, "text")


def test_words_the_mask_spoils_are_tried_again_in_continuous_tone(case: Case) -> None:
    original, standard, text = case
    readings: Iterator[PageText] = iter([spoiled(text, 50), text, text])
    image, why = compacted(original, standard, text, lambda _: next(readings))
    assert why == "" and len(image.data) < 0.6 * len(standard.data)
    spoilt = [word.box for word, other in zip(text.words, spoiled(text, 50).words, strict=True) if word.text != other.text]
    assert 3 <= len(spoilt) <= copy_guard.MOST_TONED and copy_guard.lost_boxes(text, spoiled(text, 50)) == tuple(spoilt)
    patches = [box for box, _ in unpacked(image).patches]
    for x0, y0, x1, y1 in spoilt:
        assert any(left <= x0 and top <= y0 and x1 <= right and y1 <= bottom for left, top, right, bottom in patches)
        before, after = (pixels[y0:y1, x0:x1].astype(int) for pixels in (original.shown.pixels, pdfa.decode(image)))
        assert np.abs(before - after).mean() < 12


def test_what_the_standard_copy_loses_too_is_not_held_against_the_compact_one(case: Case) -> None:
    original, standard, text = case
    assert compacted(original, standard, text, lambda _: spoiled(text, 50))[1] == ""


def test_an_unread_page_stays_standard(case: Case) -> None:
    assert compacted(case[0], case[1], None, lambda _: case[2]) == (case[1], "unread")


def test_a_page_that_is_small_already_stays_as_it_is(case: Case) -> None:
    tiny = replace(case[1], data=case[1].data[:1000])
    assert compacted(case[0], tiny, case[2], lambda _: case[2]) == (tiny, "larger")


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (lambda pixels: cv2.medianBlur(pixels, 15), "ink"),
        (lambda pixels: cv2.cvtColor(cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR), "ink"),
    ],
    ids=["strokes", "bleached seal"],
)
def test_a_copy_that_loses_ink_or_colour_is_refused(
    case: Case, monkeypatch: pytest.MonkeyPatch, harm: Callable[[Pixels], Pixels], why: str
) -> None:
    original, standard, text = case
    worse = pdfa.encode(Raster(harm(original.shown.pixels), original.shown.dpi, "color"), 5)
    monkeypatch.setattr(copy_guard.pdfa, "compact", lambda *_: worse)
    assert compacted(original, standard, text, lambda _: text) == (standard, why)


def test_a_lost_dot_below_is_ink_and_grain_is_not(case: Case) -> None:
    shown = case[0].shown
    pixels = shown.pixels.copy()
    cv2.putText(pixels, "oooooooooo", (300, 3300), cv2.FONT_HERSHEY_SIMPLEX, 2, (30, 30, 30), 6)
    paper = pixels[3400:3415, 500:515].mean((0, 1))
    for depth in (0.2, 0.85):  # print, grain: shares of the paper
        marked = pixels.copy()
        cv2.circle(marked, (398, 3316), 4, (paper * depth).tolist(), -1)
        page = Raster(marked, shown.dpi, "color")
        assert ink_lost(Prepared(page), Raster(pixels, shown.dpi, "color")) == (depth < 0.5)


def words(*texts: str, confidence: float = 0.95) -> PageText:
    line = Line(tuple(Word(text, (0, 0, 9, 9), confidence) for text in texts), (0, 0, 9, 9), (8.0, 0.0))
    return PageText((line,), (100, 100), 300.0, "t")


def test_lost_text_is_counted_by_letters_of_sure_words() -> None:
    truth = words("Quyết", "định", "số", "12/2021")
    assert text_lost(truth, truth) == 0
    assert text_lost(truth, words("số", "12/2021", "Quyết", "định")) == 0, "columns in another order"
    assert text_lost(truth, words("Quyết", "định", "số", "12/20", "21")) == 0, "a word in two pieces"
    assert text_lost(truth, words("Quyêt", "định", "số", "12/2021")) == pytest.approx(1 / 17)
    assert text_lost(truth, words("định", "số", "12/2021")) == pytest.approx(5 / 17)
    assert text_lost(words("mờ", confidence=0.3), words("")) == 0 and np.isfinite(text_lost(words(), words()))


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The foot of a sealed page, so that reading it three times stays quick."""
    (page,) = [page for page in typeset(invent(31, "state", 2), 31) if page.truth.seals]
    path = tmp_path_factory.mktemp("master") / "to-001.jpg"
    part = page.raster.pixels[1900:3300]
    Image.fromarray(cv2.cvtColor(part, cv2.COLOR_BGR2RGB)).save(path, quality=90, dpi=(300, 300))
    return path


def test_convert_makes_compact_copies_and_says_so(tmp_path: Path, master: Path, capsys: pytest.CaptureFixture[str]) -> None:
    usual = convert([master], tmp_path / "a.pdf", Options(jobs=1)).report
    status = main(["convert", str(master), "-o", str(tmp_path / "b.pdf"), "--compact", "--report", str(tmp_path / "b.json")])
    report = json.loads((tmp_path / "b.json").read_text("utf-8"))
    (page,) = report["pages"]
    assert status == 0 and page["image"]["compact"] and page["image"]["codec"] == "layers"
    assert report["output"]["bytes"] < 0.6 * usual["output"]["bytes"] and report["output"]["words"] == usual["output"]["words"]
    assert words_of("compact.done", pages=1) in capsys.readouterr().err


def test_a_page_that_is_not_read_is_not_compact_and_the_report_says_why(tmp_path: Path, master: Path) -> None:
    (page,) = convert([master], tmp_path / "a.pdf", Options(jobs=1, language=None, compact=True)).report["pages"]
    assert not page["image"]["compact"] and page["image"]["why"] == "unread" and page["image"]["codec"] == "jpeg"


@pytest.mark.parametrize("compact", [False, True])
def test_a_released_document_is_compact_where_the_configuration_says_so(tmp_path: Path, master: Path, compact: bool) -> None:
    page = PageTask("1", str(master), "image/jpeg", str(tmp_path), {})
    task = DocumentTask((page,), "t", "", "2026-11-22T10:00:00+07:00", pdfa.ACCESS_QUALITY, compact)
    report = make_document((task, str(tmp_path / "a.pdf")))
    assert (report.bytes < 0.2 * master.stat().st_size) == compact
