"""One page of ``sohoa convert``, in a worker process: load, measure, straighten, read, code. Its result waits in files,
so that an interrupted run goes on where it stopped."""

import base64
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal

from imaging import load, pdfa, render
from imaging.ocr import EngineFault, preparations, read
from imaging.values import Blank, Geometry, PageText, Raster, Turn
from qc.finding import Finding, Level
from qc.text import check_text
from station import copy_guard, page_text
from station.convert_task import AS_IT_IS, WITHOUT_TEXT, PageTask, TryAgain, stored
from station.inspecting import Measured, finding_json, measure
from station.page_work import Clock, resident

Status = Literal["ok", "without_text", "as_it_is", "placeholder"]

SOFT_SHARE = 0.6
"""Of the page's time limit, the engine's own: a page that is slow, not hung, ends inside its process."""


def work(task: PageTask) -> None:
    """Do the page and store it. Raises LoadError (the page cannot be had), TryAgain, OSError (disk)."""
    clock = Clock()
    page = _load(task)
    clock.stage("load")
    if task.attempt == AS_IT_IS:
        image = _untouched(page, None) or pdfa.encode(page.raster, task.quality)
        store(task, image, None, _bare(task, page), "as_it_is")
        return
    seen = measure(Path(task.source), page, clock)
    seen.prepared.let_go()
    shown = render.render(page.raster, seen.geometry, fine_colour=task.compact)
    clock.stage("render")
    text = _read(shown, seen, task)
    clock.stage("text")
    image, present = _guarded(shown, seen, task)
    clock.stage("code")
    described = _described(seen, text, image, present)
    if task.compact:
        image, why = _compacted(shown, seen, task, image, text)
        described["image"] |= {"bytes": len(image.data), "codec": image.codec, "compact": not why, "why": why}
        clock.stage("compact")
    store(task, image, text, described, _status(task, seen))


def _load(task: PageTask) -> load.LoadedPage:
    page = next(load.pages(Path(task.source), only=task.number))
    if isinstance(page, load.BadPage):
        raise page.error
    return page


def _read(shown: Raster, seen: Measured, task: PageTask) -> PageText:
    """A blank side is not read: specks and shine-through would become words."""
    if task.language is None or task.attempt == WITHOUT_TEXT or seen.blank.value:
        note = "blank" if seen.blank.value else "not_read"
        return PageText((), (shown.width, shown.height), shown.dpi[0], "", note)
    way = preparations()[task.attempt]
    try:
        text = read(shown, engine=resident(task.language), preparation=way, seconds=task.seconds * SOFT_SHARE)
    except EngineFault as fault:
        raise TryAgain("failed") from fault
    if text.note in ("timeout", "failed"):
        raise TryAgain(text.note)
    return text


def _status(task: PageTask, seen: Measured) -> Status:
    return "without_text" if task.attempt == WITHOUT_TEXT and task.language and not seen.blank.value else "ok"


def _guarded(shown: Raster, seen: Measured, task: PageTask) -> tuple[pdfa.PageImage, float]:
    """The coded page and the share of its seals and signatures that it still shows: coded finer where it shows too little."""
    page = seen.page
    if task.dpi and max(page.raster.dpi) > 1.05 * task.dpi:
        shown = render.render(page.raster, seen.geometry, dpi=task.dpi)
    elif (untouched := _untouched(page, seen.geometry)) is not None:
        return untouched, 1.0
    return copy_guard.encode(shown, seen.prepared, seen.geometry, seen.seals, seen.signatures, task.quality)


def _compacted(
    shown: Raster, seen: Measured, task: PageTask, standard: pdfa.PageImage, text: PageText
) -> tuple[pdfa.PageImage, copy_guard.Why]:
    """The compact copy, or the standard one and why. What was not read proves nothing."""
    language = task.language
    if language is None or text.note == "not_read":
        return standard, "unread"
    if task.dpi and max(seen.page.raster.dpi) > 1.05 * task.dpi:
        shown = render.render(seen.page.raster, seen.geometry, dpi=task.dpi)
    way, seconds = preparations()[max(0, task.attempt)], task.seconds * SOFT_SHARE
    original = copy_guard.Original(shown, seen.prepared, seen.geometry, seen.seals, seen.signatures)
    return copy_guard.compacted(
        original, standard, text, lambda picture: read(picture, engine=resident(language), preparation=way, seconds=seconds)
    )


def _untouched(page: load.LoadedPage, placed: Geometry | None) -> pdfa.PageImage | None:
    """The scanner's JPEG bytes, where the page is shown whole and not straightened, a quarter turn at most."""
    turn = _only_turned(page, placed)
    if page.original is None or turn is None:
        return None
    dpi = page.raster.dpi[::-1] if page.turn in (90, 270) else page.raster.dpi
    return pdfa.keep_jpeg(page.original, dpi, turn)


def _only_turned(page: load.LoadedPage, placed: Geometry | None) -> Turn | None:
    if placed is None:
        return page.turn
    size = page.raster.width, page.raster.height
    plan = render.placement(placed, size, page.raster.dpi)
    whole = plan.exact and sorted(plan.size) == sorted(size)
    turn: Turn = (page.turn + placed.orientation.degrees) % 360  # type: ignore[assignment]
    return turn if whole else None


# --- what is kept of a page ------------------------------------------------------------------------------------------


def store(task: PageTask, image: pdfa.PageImage, text: PageText | None, described: dict[str, Any], status: Status) -> None:
    """Picture first, then the record that makes the page count as done; each appears whole or not at all."""
    folder = Path(task.folder)
    values = asdict(image) | {"data": "", "icc": base64.b64encode(image.icc).decode()}
    record = {"status": status, "image": values, "page": described, "text": page_text.to_json(text) if text else None}
    _put(folder / f"{task.name}.img", image.data)
    _put(folder / f"{task.name}.json", json.dumps(record, ensure_ascii=False).encode())


def pdf_page(folder: Path, name: str) -> pdfa.PdfPage:
    """A finished page, for the writer."""
    record = stored(folder, name)
    if record is None:
        raise FileNotFoundError(folder / f"{name}.json")
    values = record["image"]
    values |= {
        "data": (folder / f"{name}.img").read_bytes(),
        "icc": base64.b64decode(values["icc"]),
        "dpi": tuple(values["dpi"]),
    }
    return pdfa.PdfPage(pdfa.PageImage(**values), page_text.from_json(record["text"]) if record["text"] else None)


def _put(path: Path, data: bytes) -> None:
    part = path.with_suffix(path.suffix + ".part")
    part.write_bytes(data)
    part.replace(path)


def _described(seen: Measured, text: PageText, image: pdfa.PageImage, present: float) -> dict[str, Any]:
    """The page as ``inspect`` shows it, and what became of it."""
    findings = check_text(text, Blank(seen.blank.value or text.note == "not_read", 0.0))
    said = seen.to_json()
    words = text.words
    if present < copy_guard.LEAST_PRESENT:
        findings.append(Finding("file.copy", Level.ERROR, present, copy_guard.LEAST_PRESENT, None, "seal"))
    said["findings"] += [finding_json(found) for found in findings]
    said["image"] = {
        "kept": image.data is seen.page.original,
        "present": present,
        "bytes": len(image.data),
        "codec": image.codec,
    }
    said["text"] = {
        "words": len(words), "note": text.note, "engine": text.engine,
        "confidence": round(sum(w.confidence for w in words) / len(words), 4) if words else None,
        "changes": [list(change) for change in text.changes],
    }  # fmt: skip
    return said


def _bare(task: PageTask, page: load.LoadedPage) -> dict[str, Any]:
    raster = page.raster
    return {"file": task.source, "page": task.number, "width": raster.width, "height": raster.height,
            "dpi": list(raster.dpi), "mode": raster.mode, "warnings": list(page.warnings)}  # fmt: skip
