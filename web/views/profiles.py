"""Scan profiles: the book, one profile with its history, and whether it fits each scanner before any paper moves."""

from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from werkzeug.wrappers import Response

from scanner.model import ColorMode, ScanSettings, Source
from station import devices, profiles
from station.devices import DeviceView
from station.profiles import ProfileView, Version
from station.words import words
from web import answers, asked, identity, profile_form
from web.settings_said import setting_name, setting_value, summary, why_not

blueprint = Blueprint("profiles", __name__)


@blueprint.get("/profiles")
def listing() -> str:
    house = identity.house()
    known = _devices()
    book = profiles.listing(house, retired=True)
    rows = [{"profile": one, "summary": summary(one.settings), "fits": _fits_in_short(one, known)} for one in book]
    return render_template("profiles.html", rows=rows, devices=known, first=house.settings.scanning.default_profile)


@blueprint.get("/profiles/edit")
def edit() -> str:
    """One profile (``name``), or a new one (``from``: made like this one)."""
    name, base = request.args.get("name", ""), request.args.get("from", "")
    house = identity.house()
    if name:
        view = profiles.get(house, name)
        return _page(view, profile_form.filled(view.said), profiles.history(house, name))
    return _page(None, {"builds_on": base} if base else {}, [])


@blueprint.post("/profiles/save")
def save() -> Response:
    name = asked.text("name")
    version = profiles.save(identity.house(), identity.actor(), name, profile_form.read(), follows=asked.whole("follows") or 0)
    said = words("profiles.did.saved", title=profiles.title_of(name), version=version)
    flash(said)
    return answers.moved(url_for("profiles.edit", name=name) if asked.flag("stay") else url_for("profiles.listing"))


@blueprint.post("/profiles/retire")
def retire() -> Response:
    name, gone = asked.text("name"), asked.flag("retired")
    profiles.retire(identity.house(), identity.actor(), name, retired=gone, follows=asked.whole("follows") or 0)
    flash(words("profiles.did.retired" if gone else "profiles.did.restored", title=profiles.title_of(name)))
    return answers.moved(url_for("profiles.listing"))


@blueprint.post("/profiles/check")
def check() -> dict[str, Any]:
    """The fit of what stands in the form with every known scanner, and what it asks in all."""
    said = profile_form.read()
    settings = profiles.resolved(identity.house(), asked.text("name"), said)
    rows = _fits(settings, str(said.get("model") or ""), _devices())
    return {"html": render_template("parts/profile_fits.html", fits=rows, summary=summary(settings))}


def _page(view: ProfileView | None, fields: dict[str, str], history: list[Version]) -> str:
    known = _devices()
    settings = view.settings if view else _base(fields)
    others = [one for one in profiles.listing(identity.house()) if view is None or one.name != view.name]
    return render_template(
        "profile.html",
        profile=view,
        fields=fields,
        history=history,
        others=others,
        inherited=_inherited(fields),
        models=_models(known, fields.get("model", "")),
        extras=profile_form.extras(known),
        sources=list(Source),
        modes=list(ColorMode),
        fits=_fits(settings, fields.get("model", ""), known),
        advanced=any(name.startswith("x_") or (name == "others" and text) for name, text in fields.items()),
        summary=summary(settings),
        setting_name=setting_name,
        setting_value=setting_value,
    )


def _models(known: list[DeviceView], kept: str) -> dict[str, str]:
    """vendor:model as in the devices' identities → what people call it."""
    found = {":".join(one.identity.split(":")[:2]): f"{one.vendor} {one.model}".strip() for one in known}
    return ({kept: kept} if kept else {}) | found


def _base(fields: dict[str, str]) -> ScanSettings:
    built_on = fields.get("builds_on")
    return profiles.get(identity.house(), built_on).settings if built_on else ScanSettings(Source.FEEDER)


def _inherited(fields: dict[str, str]) -> dict[str, str]:
    """What each empty field means: the value of the profile it builds on."""
    built_on = fields.get("builds_on")
    return profile_form.filled(profiles.plain(profiles.get(identity.house(), built_on).settings)) if built_on else {}


def _devices() -> list[DeviceView]:
    return devices.listing(identity.house())


def _fits(settings: ScanSettings, model: str, known: list[DeviceView]) -> list[dict[str, Any]]:
    rows = []
    for device in known:
        fit = profiles.fit(settings, model, device.identity, device.capabilities)
        take = profile_form.to_take(settings, fit.nearest) if fit.problems and fit.nearest else {}
        rows.append({"device": device, "fit": fit, "why": why_not(fit), "take": take})
    return rows


def _fits_in_short(one: ProfileView, known: list[DeviceView]) -> list[dict[str, Any]]:
    rows = _fits(one.settings, one.model, known)
    return [{"alias": row["device"].alias, "fits": row["fit"].fits, "why": row["why"]} for row in rows if row["device"].present]
