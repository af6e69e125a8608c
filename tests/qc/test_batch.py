"""The batch as a whole: what is missing, twice, out of order."""

import cv2
import numpy as np
import pytest

from bench.geometry_scenes import Page, turned, typeset
from imaging.measures.likeness import Likeness, correlation, distance, likeness, near_pairs
from imaging.prepare import prepare
from imaging.values import Raster
from qc.batch import BatchFinding, Declared, PageFacts, check_batch
from qc.finding import Level
from qc.sequence import story


def simplex(numbers: list[int | None], **more: object) -> list[PageFacts]:
    return [PageFacts(100 + at, at + 1, "front", number=number, **more) for at, number in enumerate(numbers)]  # type: ignore[arg-type]


def told(found: list[BatchFinding]) -> list[tuple[str, str, tuple[int, ...]]]:
    return [(one.finding.check, one.finding.hint, one.pages) for one in found]


@pytest.mark.parametrize(
    "numbers",
    [
        [None, 2, 3, 4, 5],
        [None, 2, None, 4, None, 6],
        [1, 2, 8, 4, 5],
        [None, 2, 3, None, 2, 3, 4, None, None, 2],
        [None, 2, 3, 1024, 5, 6],
        [None, None, None],
        [],
    ],
    ids=["plain", "some unread", "one misread", "documents restart", "a file number", "none", "no pages"],
)
def test_good_numbering_raises_no_alarm(numbers: list[int | None]) -> None:
    assert check_batch(simplex(numbers)) == []


def test_a_gap_names_its_neighbours_and_the_missing_numbers() -> None:
    found = check_batch(simplex([None, 2, 3, 6, 7, 8]))
    assert told(found) == [("batch.gap", "one_sheet", (102, 103))]
    assert found[0].missing == (4, 5) and found[0].finding.level is Level.ERROR


def test_a_gap_borne_out_by_a_single_number_is_only_a_warning() -> None:
    found = check_batch(simplex([None, 2, 3, 5]))
    assert [(one.finding.level, one.missing) for one in found] == [(Level.WARNING, (4,))]


def test_a_document_that_lacks_its_second_page_is_told_although_numbers_restart() -> None:
    assert [one.missing for one in check_batch(simplex([None, 2, 3, None, 3, 4, 5]))] == [(2,)]


def test_swapped_sheets_and_a_stack_fed_from_its_back_are_out_of_order() -> None:
    assert told(check_batch(simplex([None, 2, 4, 3, 5, 6]))) == [("batch.order", "shuffled", (102, 103))]
    assert [one[:2] for one in told(check_batch(simplex([6, 5, 4, 3, 2, None])))] == [("batch.order", "shuffled")]


def test_random_single_gaps_are_found_and_untouched_batches_are_left_in_peace() -> None:
    """100 batches of 30 pages, one number in ten unread, one in fifty misread; beside an unread number the place is open."""
    rng = np.random.default_rng(2)
    hit = alarms = 0
    for _ in range(100):
        numbers: list[int | None] = [None, *range(2, 31)]
        read = [
            None if n is None or rng.random() < 0.1 else int(rng.integers(2, 99)) if rng.random() < 0.02 else n for n in numbers
        ]
        alarms += bool(story(read).jumps)
        lost = int(rng.integers(3, 26))
        hit += any(abs(jump.missing[0] - lost - 1) <= 2 for jump in story(read[:lost] + read[lost + 1 :]).jumps if jump.missing)
    assert hit >= 95 and alarms <= 6


def test_counts_are_reconciled_with_what_was_declared() -> None:
    pages = [*simplex([None, 2, 3]), PageFacts(200, 9, "front", counted=False), PageFacts(201, 3, "back", blank=True)]
    found = check_batch(pages, Declared(sheets=4, pages=2, duplex=False))
    assert [
        (one.finding.hint, one.finding.value, one.finding.limit) for one in found if one.finding.check == "batch.count"
    ] == [
        ("sheets_few", 3, 4),
        ("pages_many", 3, 2),
    ]


def test_a_sheet_without_its_back_and_backs_never_scanned() -> None:
    duplex = [PageFacts(10 * sheet + at, sheet, side) for sheet in (1, 2, 3) for at, side in enumerate(("front", "back"))]  # type: ignore[arg-type]
    assert check_batch(duplex) == []
    assert told(check_batch(duplex[:3] + duplex[4:])) == [("batch.missing_back", "side_missing", (20,))]
    assert ("batch.missing_back", "every_other") in [one[:2] for one in told(check_batch(simplex([None, 3, 5, 7, 9])))]


def test_double_feed_by_length_and_by_the_backs_number() -> None:
    long = simplex([None] * 5, length_mm=297.0)
    long[3] = PageFacts(103, 4, "front", length_mm=318.0)
    assert told(check_batch(long)) == [("batch.double_feed", "too_long", (103,))]
    pair = [PageFacts(1, 1, "front", number=3), PageFacts(2, 1, "back", number=6)]
    assert ("batch.double_feed", "sides_of_two_sheets", (1, 2)) in told(check_batch(pair))


def again(page: Page, seed: int) -> Raster:
    """The same sheet through the feeder a second time: turned, shifted, other light, noise, JPEG."""
    rng = np.random.default_rng(seed)
    pixels = turned(page.raster, float(rng.uniform(-0.8, 0.8))).pixels
    pixels = np.roll(pixels, rng.integers(-35, 36, 2), (0, 1)) * rng.uniform(0.9, 1.0) + rng.normal(0, 3, pixels.shape)
    data = cv2.imencode(".jpg", np.clip(pixels, 0, 255).astype(np.uint8), [1, 60])[1]
    return Raster(cv2.imdecode(data, 1), page.raster.dpi, "color")


def sketch(raster: Raster) -> Likeness:
    from imaging import geometry

    prepared = prepare(raster)
    return likeness(prepared, geometry.measure(raster, prepared).skew.degrees)


def test_a_sheet_fed_twice_is_found_and_another_page_is_not() -> None:
    pages = [typeset("print", "white", 300), typeset("print", "yellow", 301), typeset("table", "white", 302)]
    first, second = [sketch(page.raster) for page in pages], sketch(again(pages[0], 1))
    assert distance(first[0].bits, second.bits) <= 40 < distance(first[0].bits, first[1].bits)
    assert correlation(first[0], second) > 0.93
    assert correlation(first[0], first[1]) < 0.7
    facts = [PageFacts(at, at, "front", likeness=one) for at, one in enumerate([first[0], second, *first[1:], second])]
    assert told(check_batch(facts)) == [
        ("batch.duplicate", "fed_twice", (0, 1)),
        ("batch.duplicate", "copy", (0, 4)),
        ("batch.duplicate", "copy", (1, 4)),
    ]


def test_near_pairs_are_those_of_the_plain_comparison() -> None:
    rng = np.random.default_rng(4)
    hashes = [rng.bytes(32) for _ in range(60)]
    hashes += [bytes(byte ^ (1 if at < 9 else 0) for at, byte in enumerate(one)) for one in hashes[:5]]
    plain = {(a, b) for a in range(65) for b in range(a + 1, 65) if distance(hashes[a], hashes[b]) <= 64}
    assert set(near_pairs(hashes, 64)) == plain and len(plain) >= 5
