"""Serving HTTP with threads, and stopping without cutting an answer short."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class QuietHandler(WSGIRequestHandler):
    """HTTP/1.1 with idle connections closed after a while; requests are logged elsewhere."""

    protocol_version = "HTTP/1.1"
    timeout = 30

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: the interesting things are logged where they happen."""


class Counted:
    """A WSGI application that knows how many of its answers are still on their way."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application
        self._changed = threading.Condition()
        self._running = 0

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._count(1)
        try:
            answer = self._application(environ, start_response)
        except BaseException:
            self._count(-1)
            raise
        return ClosingIterator(answer, lambda: self._count(-1))

    def wait_until_done(self, seconds: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, timeout=seconds)

    def _count(self, step: int) -> None:
        with self._changed:
            self._running += step
            self._changed.notify_all()


def bind(application: Counted, host: str, port: int) -> BaseWSGIServer:
    """A threaded server on a bound socket; `server.port` tells the port behind a 0."""
    return make_server(host, port, application, threaded=True, request_handler=QuietHandler)
