"""Who may do what: one table for every route, enforced before any view runs. What is not named here is refused."""

from enum import StrEnum

from batches.words import Role


class Open(StrEnum):
    """Routes that ask for no log-in of a person."""

    ANYONE = "anyone"
    TOKEN = "token"  # noqa: S105 - the archive's server brings its own token; its own views check it


Allowed = frozenset[Role] | Open

_OPERATOR = frozenset({Role.OPERATOR})
_SUPERVISOR = frozenset({Role.SUPERVISOR})
_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_DESKS = frozenset({Role.OPERATOR, Role.SUPERVISOR})
_EVERYONE = frozenset(Role)

ROUTES: dict[str, Allowed] = {
    "static": Open.ANYONE,
    "login.show": Open.ANYONE,
    "login.enter": Open.ANYONE,
    "login.leave": _EVERYONE,
    "login.password": _EVERYONE,
    "login.change": _EVERYONE,
    "home.index": _EVERYONE,
    "home.keys": _EVERYONE,
    # new batch
    "intake.new": _OPERATOR,
    "intake.create": _OPERATOR,
    "intake.catalogues": _OPERATOR,
    "intake.files": _OPERATOR,
    # scan desk
    "scan.desk": _DESKS,
    "scan.changes": _DESKS,
    "scan.live": _DESKS,
    "scan.start": _OPERATOR,
    "scan.rescan": _OPERATOR,
    "scan.insert": _OPERATOR,
    "scan.begin": _OPERATOR,
    "scan.overlap": _OPERATOR,
    "scan.stop": _OPERATOR,
    "scan.resume": _OPERATOR,
    "scan.give_up": _OPERATOR,
    "scan.refresh_devices": _OPERATOR | _ADMINISTRATOR,
    "scan.prepared": _OPERATOR,
    "scan.undo": _OPERATOR,
    "scan.hand_over": _OPERATOR,
    "imports.show": _DESKS,
    "imports.status": _DESKS,
    "imports.upload": _OPERATOR,
    "imports.start": _OPERATOR,
    "imports.receive": _OPERATOR,
    # one page
    "page.show": _DESKS,
    "page.turn": _OPERATOR,
    "page.crop": _OPERATOR,
    "page.straighten": _OPERATOR,
    "page.blank": _OPERATOR,
    "page.original": _OPERATOR,
    "page.sheet_state": _OPERATOR,
    "page.move_sheet": _OPERATOR,
    "picture.show": _DESKS,
    "page.gutter": _OPERATOR,
    "page.split": _OPERATOR,
    # its words
    "text.show": _DESKS,
    "text.words": _DESKS,
    "text.mend": _OPERATOR,
    "text.add": _OPERATOR,
    "text.undo": _OPERATOR,
    "text.vocabulary": _ADMINISTRATOR,
    "text.forget": _ADMINISTRATOR,
    # secrecy marks
    "secrecy.confirm": _DESKS,
    "secrecy.dismiss": _SUPERVISOR,
    "secrecy.reopen": _SUPERVISOR,
    # separators
    "slips.show": _DESKS,
    "slips.pdf": _OPERATOR,
    "slips.blank_pairs": _OPERATOR,
    # documents
    "items.show": _DESKS,
    "items.split": _OPERATOR,
    "items.join": _OPERATOR,
    "items.fields": _OPERATOR,
    # review
    "review.desk": _SUPERVISOR,
    "review.changes": _SUPERVISOR,
    "review.decide": _SUPERVISOR,
    "review.undo": _SUPERVISOR,
    "review.accept": _SUPERVISOR,
    "review.reject": _SUPERVISOR,
    "review.explain": _SUPERVISOR,
    "review.withdraw": _SUPERVISOR,
    # release and journal
    "release.show": _EVERYONE,
    "release.status": _EVERYONE,
    "release.request": _SUPERVISOR,
    "journal.show": _EVERYONE,
    # fronts then backs, a series on the glass
    "ways.fronts": _OPERATOR,
    "ways.backs": _OPERATOR,
    "ways.pair": _OPERATOR,
    "ways.drop": _OPERATOR,
    "ways.one_sided": _OPERATOR,
    "ways.start_series": _OPERATOR,
    "ways.next_side": _OPERATOR,
    "ways.again": _OPERATOR,
    "ways.change": _OPERATOR,
    # scan profiles
    "profiles.listing": _SUPERVISOR | _ADMINISTRATOR,
    "profiles.edit": _SUPERVISOR | _ADMINISTRATOR,
    "profiles.save": _SUPERVISOR | _ADMINISTRATOR,
    "profiles.retire": _SUPERVISOR | _ADMINISTRATOR,
    "profiles.check": _SUPERVISOR | _ADMINISTRATOR,
    # scanners
    "device_health.show": _EVERYONE,
    "device_health.sheet": _EVERYONE,
    "device_health.cleaned": _OPERATOR | _ADMINISTRATOR,
    "device_health.scan": _OPERATOR,
    "device_health.measure": _OPERATOR,
    "device_health.leave": _OPERATOR,
    "device_health.baseline": _SUPERVISOR | _ADMINISTRATOR,
    # administration
    "admin.accounts": _ADMINISTRATOR,
    "admin.add_account": _ADMINISTRATOR,
    "admin.reset_password": _ADMINISTRATOR,
    "admin.set_active": _ADMINISTRATOR,
    "admin.archives": _ADMINISTRATOR,
    "admin.add_archive": _ADMINISTRATOR,
    "admin.renew_token": _ADMINISTRATOR,
    "admin.set_archive": _ADMINISTRATOR,
    "admin.devices": _ADMINISTRATOR,
    "admin.rename_device": _ADMINISTRATOR,
}


def allowed(endpoint: str) -> Allowed:
    """Who may call ``endpoint``; nobody where the table does not name it. The archive's routes bring their own token."""
    if endpoint.startswith("archive."):
        return Open.TOKEN
    return ROUTES.get(endpoint, frozenset())


def may(role: Role, endpoint: str) -> bool:
    """For templates: a button that would be refused is not shown."""
    who = allowed(endpoint)
    return isinstance(who, Open) or role in who
