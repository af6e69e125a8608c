"""Live pages: server-sent events while a desk is open, few at a time.

Every thread of the server may be taken by an open stream, so streams are capped; who finds none free is told to come back
and asks for changes every two seconds instead. A stream ends by itself after ten minutes and the browser opens it anew."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, stream_with_context

_MOST_STREAMS = 6
_LIFE_SECONDS = 600.0
_PAUSE_SECONDS = 0.5
_HEARTBEAT_SECONDS = 15.0
_RETRY_SECONDS = 30


class Streams:
    """The free places for streams."""

    def __init__(self, most: int = _MOST_STREAMS, life: float = _LIFE_SECONDS) -> None:
        self._places = threading.BoundedSemaphore(most)
        self.life = life

    def take(self) -> bool:
        return self._places.acquire(blocking=False)

    def give_back(self) -> None:
        self._places.release()


def stream(streams: Streams, pulse: Callable[[], Any], patch: Callable[[], dict[str, Any]]) -> Response:
    """``pulse``: a cheap value that differs once something changed; ``patch``: what changed since it was last asked."""
    if not streams.take():
        return Response(status=503, headers={"Retry-After": str(_RETRY_SECONDS)})
    events = _Events(streams, pulse, patch)
    response = Response(stream_with_context(iter(events)), mimetype="text/event-stream")
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Accel-Buffering"] = "no"
    response.call_on_close(events.close)
    return response


class _Events:
    """The lines of one stream. Closing gives the place back once, whether or not a line was ever sent."""

    def __init__(self, streams: Streams, pulse: Callable[[], Any], patch: Callable[[], dict[str, Any]]) -> None:
        self._streams, self._pulse, self._patch = streams, pulse, patch
        self._lines = self._run()
        self._lock = threading.Lock()
        self._open = True

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def close(self) -> None:
        with self._lock:
            was_open, self._open = self._open, False
        if was_open:
            self._streams.give_back()

    def _run(self) -> Iterator[str]:
        seen: Any = None
        spoke = started = time.monotonic()
        yield "retry: 2000\n\n"
        while self._open and time.monotonic() - started < self._streams.life:
            now = self._pulse()
            if now is None:  # signed out, or the batch is gone
                return
            if now != seen:
                seen, spoke = now, time.monotonic()
                yield f"data: {json.dumps(self._patch(), ensure_ascii=False)}\n\n"
            elif time.monotonic() - spoke > _HEARTBEAT_SECONDS:
                spoke = time.monotonic()
                yield ": still here\n\n"
            time.sleep(_PAUSE_SECONDS)
