"""The live path of one page, in a worker process: geometry, checks, proof and thumbnail. Reads a master, writes copies."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2

from batches.pages import Value
from imaging import blank as blank_measure
from imaging import geometry, load, prepare, render
from imaging.measures.likeness import likeness
from imaging.separators import Separator, find_on
from imaging.values import Blank, Crop, Geometry, Raster, Skew
from qc.device import sample
from qc.finding import Finding, Level
from qc.limits import Limits
from qc.look import Expected, FileFacts, Look
from qc.page import check_look
from station.geometry import crop_to_json, geometry_of
from station.page_work import Clock, ask_engine

PROOF_PX = 1600
THUMB_PX = 300
WHOLE_PX = 1240
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 82]


@dataclass(frozen=True, slots=True)
class LookTask:
    """``person``: the values a person set (orientation, skew, crop, blank); they stand over what is measured here."""

    master: str
    folder: str
    person: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    partner: str | None = None
    dpi: tuple[float, float] | None = None
    """what the records say; a file can be silent or wrong about it"""
    limits: Mapping[str, float] = field(default_factory=dict)
    asked_dpi: float | None = None
    language: str = "vie"


@dataclass(frozen=True, slots=True)
class LookResult:
    """``values``: name → (value, confidence) as measured; ``findings`` as rows; ``ms`` per stage; ``device``: what the page
    says of the machine that made it (qc.device.Sample)."""

    values: dict[str, tuple[Any, float]]
    findings: list[dict[str, Any]]
    ms: dict[str, float]
    device: dict[str, Any] = field(default_factory=dict)


class Unreadable(Exception):
    """The master cannot be decoded; ``reason`` as in imaging.load."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason

    def __reduce__(self) -> tuple[type["Unreadable"], tuple[str, str]]:
        return type(self), (self.reason, str(self))


def look(task: LookTask) -> LookResult:
    """Measure, judge, and write thumb.jpg, proof.jpg and whole.jpg. Raises Unreadable."""
    clock = Clock()
    raster = read_master(Path(task.master), task.dpi)
    clock.stage("decode")
    prepared = prepare.prepare(raster)
    measured = geometry.measure(raster, prepared, osd=ask_engine(task.language))
    clock.stage("geometry")
    partner = _partner(task)
    blank = blank_measure.measure(raster, prepared, partner)
    clock.stage("blank")
    codes = find_on(prepared)
    clock.stage("codes")
    shown = with_person(measured, task.person)
    seen = _look_of(raster, prepared, shown, _blank_with_person(blank, task.person), task, partner)
    judged = check_look(seen)
    judged += _of_the_file(task)
    clock.stage("checks")
    device = sample(seen, measured)
    clock.stage("device")
    _write_copies(Path(task.folder), raster, shown)
    _write_likeness(Path(task.folder), prepared, shown)
    clock.stage("copies")
    rows = [finding_row(finding) for finding in judged]
    return LookResult(_values(measured, blank, codes), rows, clock.ms, device.to_json() if device else {})


def read_master(path: Path, dpi: tuple[float, float] | None = None) -> Raster:
    """The pixels of a master; ``dpi``: the resolution on record, which stands over the file's. Raises Unreadable."""
    raster = read_page(path).raster
    return raster if dpi is None else replace(raster, dpi=dpi)


def read_page(path: Path) -> load.LoadedPage:
    """A master with its untouched bytes, where it is a JPEG. Raises Unreadable."""
    try:
        page = next(load.pages(path))
    except load.LoadError as error:
        raise Unreadable(error.reason, str(error)) from error
    if isinstance(page, load.BadPage):
        raise Unreadable(page.error.reason, str(page.error))
    return page


def with_person(measured: Geometry, person: Mapping[str, Any]) -> Geometry:
    """The machine's geometry with a person's values over it."""
    said = {name: Value(value, 1.0, True, "") for name, value in person.items()}
    told = geometry_of((measured.crop.box[2], measured.crop.box[3]), said)
    return replace(
        measured,
        orientation=told.orientation if "orientation" in said else measured.orientation,
        skew=told.skew if "skew" in said else measured.skew,
        crop=told.crop if "crop" in said else measured.crop,
        canvas=told.canvas if "crop" in said else measured.canvas,
    )


def finding_row(finding: Finding) -> dict[str, Any]:
    """A finding as batches.findings keeps it."""
    return {
        "check_id": finding.check,
        "level": finding.level.value,
        "value": finding.value,
        "limit_value": finding.limit,
        "box": list(finding.box) if finding.box else None,
        "hint": finding.hint,
    }


def _look_of(
    raster: Raster,
    prepared: prepare.Prepared,
    shown: Geometry,
    blank: Blank,
    task: LookTask,
    partner: prepare.Prepared | None,
) -> Look:
    facts = FileFacts(complete=False if "truncated_tail" in task.warnings else None)
    expected = Expected(dpi=task.asked_dpi)
    limits = Limits.from_mapping(task.limits)
    return Look(raster, prepared, shown, blank, limits, expected, partner, facts)


def _of_the_file(task: LookTask) -> list[Finding]:
    """A file from outside that did not say its resolution: what counts instead, so that somebody holds it to the paper."""
    value = task.dpi[0] if task.dpi else None
    if "dpi_assumed" in task.warnings:
        return [Finding("page.resolution", Level.WARNING, value, hint="assumed")]
    return [Finding("page.resolution", Level.INFO, value, hint="told")] if "dpi_by_person" in task.warnings else []


def _partner(task: LookTask) -> prepare.Prepared | None:
    """The sheet's other side, where it has come already; without it show-through cannot be told from ink."""
    if task.partner is None:
        return None
    try:
        return prepare.prepare(read_master(Path(task.partner)))
    except Unreadable:
        return None


def _blank_with_person(measured: Blank, person: Mapping[str, Any]) -> Blank:
    said = person.get("blank")
    return measured if said is None else replace(measured, value=bool(said), confidence=1.0)


def _write_copies(folder: Path, raster: Raster, shown: Geometry) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    proof = render.proof(raster, PROOF_PX, shown)
    _write(folder / "proof.jpg", proof)
    _write(folder / "thumb.jpg", render.thumbnail(proof, longest_px=THUMB_PX))
    uncropped = Geometry(shown.orientation, Skew(0.0, 0.0), Crop((0, 0, raster.width, raster.height), 0.0))
    _write(folder / "whole.jpg", render.proof(raster, WHOLE_PX, uncropped))


def _write_likeness(folder: Path, prepared: prepare.Prepared, shown: Geometry) -> None:
    """What tells this page from every other one, for the checks of the whole batch."""
    same = likeness(prepared, shown.skew.degrees)
    _replace(folder / "likeness.bin", same.bits + same.sketch)


def _write(path: Path, picture: Raster) -> None:
    done, data = cv2.imencode(".jpg", picture.pixels, _QUALITY)
    if not done:
        raise ValueError(f"no JPEG for {path.name}")
    _replace(path, data.tobytes())


def _replace(path: Path, data: bytes) -> None:
    """Atomic: a browser never gets half a picture."""
    part = path.with_suffix(".part")
    part.write_bytes(data)
    part.replace(path)


def _values(measured: Geometry, blank: Blank, codes: tuple[Separator, ...]) -> dict[str, tuple[Any, float]]:
    read = [{"kind": code.kind, "value": code.value, "box": list(code.box)} for code in codes]
    return {
        **({"codes": (read, min(code.confidence for code in codes))} if codes else {}),
        "orientation": (measured.orientation.degrees, measured.orientation.confidence),
        "skew": (round(measured.skew.degrees, 4), measured.skew.confidence),
        "crop": (crop_to_json(measured), measured.crop.confidence),
        "blank": (blank.value, blank.confidence),
    }
