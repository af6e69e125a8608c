"""Headers of every answer, the session cookie, and the secret that signs it."""

import secrets
from datetime import timedelta
from pathlib import Path

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

from station.config import Settings

# Nothing from elsewhere, no inline script or style. Viewers draw on canvas and may hold pictures as blobs.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


_UNATTENDED = frozenset(
    {"scan.live", "scan.changes", "review.changes", "release.status", "imports.status", "picture.show", "static"}
)
"""What a page left open asks by itself: no sign that anybody is there."""


class IdleSession(SecureCookieSessionInterface):
    """A session lives on while a person does something, not while a page merely stays open."""

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        return session.modified or (request.endpoint not in _UNATTENDED and super().should_set_cookie(app, session))


def prepare(app: Flask, settings: Settings, data_folder: Path) -> None:
    """Cookies HttpOnly, SameSite=Lax, Secure under TLS; idle sessions end; requests have a size."""
    app.secret_key = secret_key(data_folder / "session.key")
    app.session_interface = IdleSession()
    app.config.update(
        SESSION_COOKIE_NAME="sohoa",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.server.tls_certificate is not None,
        PERMANENT_SESSION_LIFETIME=timedelta(minutes=settings.server.session_minutes),
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form left open over lunch still posts
        MAX_CONTENT_LENGTH=1024 * 1024,
        TEMPLATES_AUTO_RELOAD=False,
    )
    app.after_request(dress)


def secret_key(path: Path) -> bytes:
    """The key that signs sessions: made once, readable by the station alone."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def dress(response: Response) -> Response:
    """The headers of every answer, where a view has not set its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static" and "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"  # pages of records stay out of shared computers' caches
    return response
