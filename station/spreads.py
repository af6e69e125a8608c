"""Two facing pages on one master, split where a person says so: a value beside the master, two pages in the delivered copy.

The value ``spread`` is ``{"at": [x, y]}``: a point of the gutter in px of the master. The cut runs through it, upright on the
page as it is shown, so it stays right when the page is turned, straightened or cropped another way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import cv2

from batches import batch as batch_records
from batches import jobs, pages, states
from batches.errors import Invalid
from batches.pages import Value
from batches.words import BatchState, JobKind
from imaging import prepare, render, spread
from imaging.values import Box, Crop, Geometry, Line, PageText, Raster
from station.geometry import geometry_of
from station.house import Actor, House

VALUE = "spread"
Dpi = tuple[float, float]
Size = tuple[int, int]
MENDABLE = (BatchState.OPEN, BatchState.CAPTURING, BatchState.CAPTURED, BatchState.PROCESSED, BatchState.REJECTED)
INSIDE = 0.9
"""Share of a seal that lies on one half where that half must show it; one across the gutter is shown in two parts."""
_NARROWEST = 0.02


# -- a person's word ---------------------------------------------------------------------------------------------------------


def set_gutter(house: House, actor: Actor, page_id: int, at: float | None) -> None:
    """``at``: the gutter as a fraction 0..1 of the width of the page as shown; None makes it one page again. Raises Invalid."""
    if at is not None and not _NARROWEST <= at <= 1 - _NARROWEST:
        raise Invalid(what="gutter", value=at)
    with house.store.write() as connection:
        page = pages.get(connection, page_id)
        states.require(connection, page.batch_id, *MENDABLE)
        size, dpi = (page.width, page.height), (page.dpi_x, page.dpi_y)
        value = None if at is None else {"at": _on_master(size, dpi, pages.values(connection, page_id), at)}
        pages.set_person_value(connection, actor.login, page_id, VALUE, value)
        jobs.queue(connection, page_id, JobKind.TEXT)  # its picture stays; each half is read by itself


def _on_master(size: Size, dpi: Dpi, values: Mapping[str, Value], at: float) -> list[float]:
    geometry = geometry_of(size, values)
    width, height = render.placement(geometry, size, dpi).size
    (point,) = render.to_master(geometry, size, [(at * width, height / 2)], dpi)
    return [round(part, 1) for part in point]


def suggest(house: House, page_id: int) -> tuple[float, float]:
    """Where two facing pages seem to part: (fraction of the shown page's width, confidence 0..1; 0 = nothing was found)."""
    with house.store.read() as connection:
        page = pages.get(connection, page_id)
        folder = house.folders.page(batch_records.get(connection, page.batch_id).uid, page.uid)
        geometry = geometry_of((page.width, page.height), pages.values(connection, page_id))
        shown = render.placement(geometry, (page.width, page.height), (page.dpi_x, page.dpi_y))
    picture = cv2.imread(str(folder / "proof.jpg"))
    if picture is None:
        return 0.5, 0.0
    dots = shown.dpi[0] * picture.shape[1] / shown.size[0]
    found = spread.split(prepare.prepare(Raster(picture.astype("uint8"), (dots, dots), "color")))
    return (found.x / picture.shape[1], found.confidence) if found.confidence else (0.5, 0.0)


# -- two pages of one master -------------------------------------------------------------------------------------------------


def count(values: Mapping[str, Value]) -> int:
    """Pages that a side is delivered as."""
    return 2 if VALUE in values else 1


def gutter(values: Mapping[str, Value], size: Size, dpi: Dpi) -> float | None:
    """The gutter as a fraction of the width of the page as shown; None where the side is one page."""
    if VALUE not in values:
        return None
    geometry = geometry_of(size, values)
    width = render.placement(geometry, size, dpi).size[0]
    return _cut(values, geometry, size, dpi) / width


def halves(values: Mapping[str, Value], size: Size, dpi: Dpi) -> tuple[Geometry, ...]:
    """The geometry of each delivered page: the left one, the right one; of a side that is not split, its own."""
    whole = geometry_of(size, values)
    if VALUE not in values:
        return (whole,)
    return tuple(_part(whole, rect, size, dpi) for rect in _rects(values, whole, size, dpi))


def _part(whole: Geometry, rect: Box, size: Size, dpi: Dpi) -> Geometry:
    corners = render.to_master(whole, size, render.corners_of(rect), dpi)
    crop = Crop(render.box_around(corners, size), whole.crop.confidence, corners=_from_top_left(corners))
    return replace(whole, crop=crop, canvas="whole")


def _from_top_left(corners: Sequence[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """TL, TR, BR, BL as they lie on the master, whichever way up the page is."""
    first = min(range(4), key=lambda at: corners[at][0] + corners[at][1])
    return tuple(corners[(first + step) % 4] for step in range(4))


def _rects(values: Mapping[str, Value], whole: Geometry, size: Size, dpi: Dpi) -> tuple[Box, Box]:
    width, height = render.placement(whole, size, dpi).size
    cut = _cut(values, whole, size, dpi)
    return (0, 0, cut, height), (cut, 0, width, height)


def _cut(values: Mapping[str, Value], whole: Geometry, size: Size, dpi: Dpi) -> int:
    x, y = values[VALUE].value["at"]
    ((place, _),) = render.to_render(whole, size, [(float(x), float(y))], dpi)
    width = render.placement(whole, size, dpi).size[0]
    return max(1, min(width - 1, round(place)))


def on_half(boxes: Sequence[Box], half: Geometry) -> tuple[Box, ...]:
    """Those boxes of the master that this half shows whole, or nearly."""
    x0, y0, x1, y1 = half.crop.box

    def share(box: Box) -> float:
        across, down = min(box[2], x1) - max(box[0], x0), min(box[3], y1) - max(box[1], y0)
        return max(0, across) * max(0, down) / max(1, (box[2] - box[0]) * (box[3] - box[1]))

    return tuple(box for box in boxes if share(box) >= INSIDE)


# -- their words -------------------------------------------------------------------------------------------------------------


def joined(parts: Sequence[PageText], values: Mapping[str, Value], size: Size, dpi: Dpi) -> PageText:
    """The readings of both halves as one of the whole side, left before right."""
    whole = geometry_of(size, values)
    left, right = parts
    rects = _rects(values, whole, size, dpi)
    lines = [_moved(line, rect[0]) for part, rect in zip(parts, rects, strict=True) for line in part.lines]
    changes = tuple(
        (before, after, (box[0] + rect[0], box[1], box[2] + rect[0], box[3]))
        for part, rect in zip(parts, rects, strict=True)
        for before, after, box in part.changes
    )
    note = "" if lines else left.note or right.note
    return PageText(tuple(lines), (rects[1][2], rects[1][3]), left.dpi, left.engine or right.engine, note, changes)


def part_of(text: PageText, half: int, values: Mapping[str, Value], size: Size, dpi: Dpi) -> PageText:
    """The words of one half in px of that half's own copy."""
    x0, y0, x1, y1 = _rects(values, geometry_of(size, values), size, dpi)[half]
    lines = tuple(_moved(line, -x0) for line in _within(text.lines, x0, x1))
    return replace(text, lines=lines, size=(x1 - x0, y1 - y0), changes=())


def _within(lines: Sequence[Line], x0: int, x1: int) -> Iterator[Line]:
    for line in lines:
        words = tuple(word for word in line.words if x0 <= (word.box[0] + word.box[2]) / 2 < x1)
        if words == line.words:
            yield line
        elif words:
            boxes = [word.box for word in words]
            left = min(box[0] for box in boxes)
            box = left, min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)
            y, slope = line.baseline
            yield Line(words, box, (y + slope * (left - line.box[0]), slope))


def _moved(line: Line, by: int) -> Line:
    def box(old: Box) -> Box:
        return old[0] + by, old[1], old[2] + by, old[3]

    return Line(tuple(replace(word, box=box(word.box)) for word in line.words), box(line.box), line.baseline)
