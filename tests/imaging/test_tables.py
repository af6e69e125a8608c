"""Ruled tables are found, their cells read whole and in order, also when the table is turned on an upright page."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from imaging.ocr import open_engine, read
from imaging.ocr.tables import find_tables, stands, without_tables
from imaging.practice import invent, typeset
from imaging.practice.grid import table_page


@pytest.fixture(scope="module")
def engine():
    opened = open_engine()
    yield opened
    opened.close()


def distance(want: list[str], got: list[str]) -> int:
    row = list(range(len(got) + 1))
    for i, word in enumerate(want, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(got, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


@pytest.mark.parametrize("turned", [False, True])
def test_cells_are_read_in_order(engine, turned):
    page = table_page(21, turned=turned, rows=4)
    text = read(page.raster, engine=engine)
    want = [*page.above.split(), *(word for row in page.cells for cell in row for word in cell.split()), *page.below.split()]
    assert distance(want, [word.text for word in text.words]) <= 0.06 * len(want)
    assert len(text.tables) == 1
    inside = [word for word in text.words if word.text in ("STT", "4")]
    x0, y0, x1, y1 = text.tables[0]
    assert all(x0 < word.box[0] < word.box[2] < x1 and y0 < word.box[1] < word.box[3] < y1 for word in inside)


def test_a_word_of_a_turned_table_stands_where_it_was_printed(engine):
    page = table_page(21, turned=True, rows=4)
    grey = page.raster.pixels.min(axis=2)
    for word in read(page.raster, engine=engine).words:
        x0, y0, x1, y1 = word.box
        assert (grey[max(0, y0) : y1, max(0, x0) : x1] < 140).mean() > 0.04, word


def grid(columns: int, rows: int, width: int = 1200, height: int = 500, size=(2339, 1654)) -> np.ndarray:
    picture = np.full(size, 255, np.uint8)
    for column in range(columns + 1):
        x = 200 + column * width // columns
        picture[300 : 300 + height, x : x + 2] = 60
    for row in range(rows + 1):
        y = 300 + row * height // rows
        picture[y : y + 2, 200 : 202 + width] = 60
    return picture


def test_cells_come_row_by_row():
    (table,) = find_tables(grid(4, 3), 200)
    assert len(table.cells) == 12
    assert [(round((x0 - 200) / 300), round((y0 - 300) / 167)) for x0, y0, _, _ in table.cells] == [
        (column, row) for row in range(3) for column in range(4)
    ]


def test_merged_cells_and_broken_rules():
    picture = grid(4, 3)
    picture[305:460, 495:510] = 255  # the first two heads are one
    picture[552:556, 700:706] = 255  # a rule that does not print for 0.8 mm
    (table,) = find_tables(picture, 200)
    assert len(table.cells) == 11


@pytest.mark.parametrize(("columns", "rows"), [(1, 1), (1, 5), (5, 1)])
def test_frames_and_ruled_lines_are_no_tables(columns, rows):
    assert find_tables(grid(columns, rows), 200) == ()


def test_a_page_of_text_has_no_table():
    page = typeset(invent(12), 12)[0]
    grey = cv2.resize(page.raster.pixels.max(axis=2), (1654, 2339), interpolation=cv2.INTER_AREA)
    assert find_tables(grey, 200) == ()
    assert without_tables(grey, ()) is grey


def test_text_that_stands_is_told_from_text_that_lies():
    for turned in (False, True):
        grey = cv2.resize(table_page(5, turned=turned).raster.pixels.max(axis=2), (1654, 2339), interpolation=cv2.INTER_AREA)
        (table,) = find_tables(grey, 200)
        assert stands(grey, table.cells) is turned


def test_a_table_slightly_askew_is_found(engine):
    page = table_page(8, rows=3)
    matrix = cv2.getRotationMatrix2D((1240, 1754), 0.15, 1.0)
    turned = cv2.warpAffine(page.raster.pixels, matrix, (2480, 3508), borderMode=cv2.BORDER_REPLICATE)
    text = read(replace(page.raster, pixels=np.asarray(turned, np.uint8)), engine=engine)
    assert len(text.tables) == 1
    assert [word.text for word in text.words][:5] == page.above.split()[:5]
