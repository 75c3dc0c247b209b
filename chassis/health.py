"""/live, /ready and /metrics of one process, on a port of their own that no member ever reaches."""

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

STOP_SECONDS = 10.0  # how soon the server notices that it shall stop; nobody waits for it

Check = Callable[[], str | None]
"""Returns None when all is well, else a sentence that says what is not."""


class Health:
    """Serves the process' state; readiness is the sum of named checks."""

    def __init__(self, process: str, checks: Mapping[str, Check]) -> None:
        self.process = process
        self._checks = checks
        self._server: WSGIServer | None = None

    def start(self, host: str, port: int) -> None:
        """Listen, unless the port is 0."""
        if port == 0:
            return
        self._server = make_server(host, port, self._serve, handler_class=_QuietHandler)
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(STOP_SECONDS,), name="health", daemon=True).start()

    def stop(self) -> None:
        if self._server:
            threading.Thread(target=self._server.shutdown, daemon=True).start()
            self._server.server_close()

    def reasons(self) -> dict[str, str]:
        """What keeps the process from being ready, by the name of the check."""
        found = {name: _result(check) for name, check in self._checks.items()}
        return {name: reason for name, reason in found.items() if reason}

    def _serve(self, environ: dict[str, Any], respond: Any) -> Iterable[bytes]:
        match environ.get("PATH_INFO"):
            case "/live":
                return _json(respond, "200 OK", {"process": self.process, "live": True})
            case "/ready":
                reasons = self.reasons()
                status = "503 Service Unavailable" if reasons else "200 OK"
                answer = {"process": self.process, "ready": not reasons, "reasons": reasons}
                return _json(respond, status, answer)
            case "/metrics":
                respond("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
                return [generate_latest()]
        return _json(respond, "404 Not Found", {"paths": ["/live", "/ready", "/metrics"]})


class _QuietHandler(WSGIRequestHandler):
    """Probes come every few seconds; a line for each would bury the log."""

    def log_message(self, format: str, *args: Any) -> None:
        return


def _result(check: Check) -> str | None:
    try:
        return check()
    except Exception as error:  # noqa: BLE001 - whatever a check raises is the reason
        return f"{type(error).__name__}: {error}".splitlines()[0]


def _json(respond: Any, status: str, answer: Mapping[str, Any]) -> Iterable[bytes]:
    respond(status, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])
    return [json.dumps(answer).encode()]
