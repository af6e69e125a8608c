"""Byte ranges of something that can be read from anywhere but is not a file (RFC 9110 §14)."""

from collections.abc import Callable, Iterator

from flask import Response, request
from werkzeug.http import is_resource_modified

Read = Callable[[int, int | None], Iterator[bytes]]


def ranged(read: Read, size: int, *, etag: str, mime: str) -> Response:
    """The whole (200), one range (206), nothing new (304) or a range beyond the end (416).

    A range is honoured only while ``If-Range``, where given, names this very ETag; else the whole is sent again."""
    if not is_resource_modified(request.environ, etag=etag):
        return _dressed(Response(status=304), etag)
    asked = request.range if _still_valid(etag) else None
    span = asked.range_for_length(size) if asked is not None else None
    if asked is not None and span is None:
        return _dressed(Response(status=416, headers={"Content-Range": f"bytes */{size}"}), etag)
    first, stop = span if span is not None else (0, size)
    answer = Response(read(first, stop - 1), status=206 if span is not None else 200, mimetype=mime, direct_passthrough=True)
    answer.content_length = stop - first
    if span is not None:
        answer.headers["Content-Range"] = f"bytes {first}-{stop - 1}/{size}"
    return _dressed(answer, etag)


def _still_valid(etag: str) -> bool:
    condition = request.if_range
    return condition.etag in (None, etag) and condition.date is None


def _dressed(answer: Response, etag: str) -> Response:
    answer.set_etag(etag)
    answer.headers["Accept-Ranges"] = "bytes"
    return answer
