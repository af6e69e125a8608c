"""Scanner health: every scanner's state, one scanner's story, its cleaning and its target sheet."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template, request, send_file, url_for
from werkzeug.wrappers import Response

from batches.errors import Invalid
from batches.words import CareKind
from qc.device import Sample
from qc.ids import word_keys
from qc.limits import Limits
from scanner.model import Source
from station import devices, health, qualifying
from station.health import Health
from station.target_sheet import write_sheet
from station.words import has_words, words
from web import answers, asked, health_cards, identity
from web.plots import Curve, curve

blueprint = Blueprint("device_health", __name__, url_prefix="/scanners")


@blueprint.get("", endpoint="show")
def show() -> str:
    """All scanners; one of them where ``device`` names it."""
    device = request.args.get("device", "")
    return _one(device) if device else _all()


@blueprint.post("/cleaned")
def cleaned() -> Response:
    device = asked.text("device")
    health.cleaned(identity.house(), identity.actor(), device, asked.text("part", "glass"), asked.text("note"))
    return answers.done(_place(device), words("health.did.cleaned"))


@blueprint.get("/target.pdf")
def sheet() -> Any:
    """The target sheet to print."""
    path = identity.house().folders.root / "derived" / "target.pdf"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_sheet(path)
    return send_file(io.BytesIO(path.read_bytes()), "application/pdf", as_attachment=True, download_name="to-dich.pdf")


@blueprint.post("/target/scan")
def scan() -> Response:
    device, source = asked.text("device"), asked.text("source")
    if source and source not in [one.value for one in Source]:
        raise Invalid(what="source", value=source)
    qualifying.scan_target(identity.house(), identity.actor(), device, Source(source) if source else None)
    return answers.done(_place(device), words("health.did.scanning"))


@blueprint.post("/target/measure")
def measure() -> Response:
    device = asked.text("device")
    qualifying.measure_run(identity.house(), identity.actor(), device, asked.whole("run") or 0)
    return answers.done(_place(device), words("health.did.measured"))


@blueprint.post("/target/leave")
def leave() -> Response:
    """End a scan of the target that came to a fault."""
    device = asked.text("device")
    qualifying.leave_run(identity.house(), identity.actor(), device, asked.whole("run") or 0)
    return answers.done(_place(device), words("health.did.left"))


@blueprint.post("/target/baseline")
def baseline() -> Response:
    device = asked.text("device")
    qualifying.take_as_baseline(identity.house(), identity.actor(), device, asked.whole("care") or 0)
    return answers.done(_place(device), words("health.did.baseline"))


def _place(device: str) -> str:
    return url_for("device_health.show", device=device)


@dataclass(frozen=True, slots=True)
class _Row:
    """One scanner in the list. ``line``: its state in words; ``tone``: good, bad or quiet."""

    device: devices.DeviceView
    line: str
    tone: str


def _all() -> str:
    house = identity.house()
    return render_template("scanners.html", rows=[_row(one) for one in devices.listing(house)])


def _row(device: devices.DeviceView) -> _Row:
    house = identity.house()
    standing = health.alarms(house, device.identity)
    if standing:
        return _Row(device, health_cards.alarm_card(standing, ()).title, "bad")
    due = health_cards.due(house, device.identity)
    return _Row(device, due or words("health.state.good"), "bad" if due else "good")


def _one(device: str) -> str:
    house = identity.house()
    found = health.health(house, device)
    limits = health.limits_of(house)
    view = next(one for one in devices.listing(house) if one.identity == device)
    alarms = [health_cards.alarm_card([one], found.wiped) for one in found.alarms]
    targets = [row for row in found.book if row.kind == CareKind.QUALIFICATION.value]
    last = qualifying.last_run(house, device)
    return render_template(
        "scanner.html",
        view=view,
        device=found.device,
        found=found,
        alarms=alarms,
        proofs=[health_cards.proof_line(one, limits) for one in found.wiped],
        trends=[_trend(one) for one in found.trends],
        plots=_plots(found, limits),
        targets=targets,
        target_plots=_target_plots(targets),
        run=last,
        fault=words(f"fault.{last.fault}.title", sheet=1, last="—", nearest="—") if last and last.fault else "",
        due=health_cards.due(house, device),
        rule=current_app.extensions["sohoa.settings"].qc,
        parts=health.PARTS,
        target_line=_target_line,
    )


def _trend(trend: Any) -> dict[str, Any]:
    """A slow change with its words, its state and what to do."""
    kind = f"{trend.check}_{trend.hint}" if trend.hint == "spread" else trend.check
    told = {"name": words(f"health.trend.{kind.removeprefix('device.')}"), "pages": trend.pages, "tone": "quiet"}
    if trend.value is None:
        return {**told, "line": words("health.trend_waits", pages=trend.pages), "cure": ""}
    if trend.level is None:
        return {**told, "tone": "good", "line": words("health.trend_good"), "cure": ""}
    said = [_said(trend.finding(), part) for part in ("sentence", "cause", "cure")]
    return {**told, "tone": "bad", "line": said[0], "cure": " ".join(said[1:])}


def _said(finding: Any, part: str) -> str:
    key = next(one for one in word_keys(finding, part) if has_words(one))
    return words(key, value=finding.value, limit=finding.limit)


_Of = Callable[[Sample], float | None]
_MEASURES: dict[str, _Of] = {
    "streak": lambda one: None if one.marks is None else max((abs(mark.amplitude) for mark in one.marks), default=0.0) * 100,
    "skew": lambda one: one.skew,
    "length": lambda one: one.sheet[1] if one.sheet else None,
    "lightness": lambda one: one.paper[0] if one.paper else None,
    "yellow": lambda one: one.paper[2] if one.paper else None,
    "noise": lambda one: one.noise,
}
_SPANS = {"streak": 2.0, "skew": 1.0, "length": 2.0, "lightness": 4.0, "yellow": 4.0, "noise": 0.5}
"""A curve never stretches less than this over its height: noise shall not look like news."""
_FROM_ZERO = frozenset({"streak", "noise"})


def _plots(found: Health, limits: Limits) -> list[dict[str, Any]]:
    """Measure by measure, the curve of every side that has one."""
    rows = []
    for name, of in _MEASURES.items():
        limit = limits.device_streak_warn * 100 if name == "streak" else None
        curves = {side: _curve([sample for _, _, sample in kept], of, limit, name) for side, kept in found.samples.items()}
        shown = {side: one for side, one in curves.items() if one is not None}
        if shown:
            rows.append({"name": words(f"health.plot.{name}"), "curves": shown})
    return rows


def _curve(samples: list[Sample], of: _Of, limit: float | None, name: str) -> Curve | None:
    values = [value for value in map(of, samples) if value is not None]
    return curve(values, limit, _SPANS[name], from_zero=name in _FROM_ZERO)


def _target_plots(rows: list[Any]) -> list[dict[str, Any]]:
    """What the targets said over time: size and sharpness a side."""
    plots = []
    for name, of, span in (("scale", _target_scale, 0.5), ("sharpness", _target_sharpness, 0.2)):
        curves = {}
        for side in health.SIDES:
            seen = [row.measures["faces"][side]["measure"] for row in reversed(rows) if side in row.measures["faces"]]
            drawn = curve([of(told) for told in seen], None, span)
            if drawn is not None:
                curves[side] = drawn
        if curves:
            plots.append({"name": words(f"health.plot.{name}"), "curves": curves})
    return plots


def _target_scale(told: dict[str, Any]) -> float:
    """Per cent off the true size along the feed."""
    return (float(told["scale"][1]) - 1) * 100


def _target_sharpness(told: dict[str, Any]) -> float:
    """MTF10 of the worst edge."""
    return min(float(edge[3]) for edge in told["edges"])


def _target_line(line: list[Any]) -> dict[str, Any]:
    """One figure of a target as it is shown."""
    name, value, limit, _, passed = line
    key = f"health.target.line.{name}"
    if value is None:
        return {"name": words(f"{key}.name"), "text": words("health.target.no_baseline"), "mark": "·", "tone": "quiet"}
    text = words(f"{key}.value", value=value, limit=limit)
    return {"name": words(f"{key}.name"), "text": text, "mark": "✓" if passed else "✕", "tone": "good" if passed else "bad"}
