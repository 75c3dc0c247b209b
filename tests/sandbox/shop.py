"""A shop that hears messages and remembers their bytes, each test under a path of its own."""

from __future__ import annotations

import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl
from uuid import uuid4


class Till:
    """One address of the shop: what it heard, and what it answers."""

    def __init__(self, shop: Shop, path: str) -> None:
        self._shop = shop
        self.path = path
        self.url = f"http://127.0.0.1:{shop.server.server_port}{path}"
        self.statuses: list[int] = []

    def heard(self, at_least: int = 0) -> list[bytes]:
        """The bodies in order of arrival, after waiting for so many of them."""
        with self._shop.changed:
            bodies = self._shop.bodies[self.path]
            assert self._shop.changed.wait_for(lambda: len(bodies) >= at_least, timeout=15), (
                f"{len(bodies)} of {at_least} messages came"
            )
            return list(bodies)

    def told(self, at_least: int = 0) -> list[dict[str, str]]:
        return [fields_of(body) for body in self.heard(at_least)]


class Shop:
    """A threaded HTTP server; every address answers 200 unless its till says otherwise."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.bodies: dict[str, list[bytes]] = defaultdict(list)
        self.agents: set[str] = set()
        self.tills: dict[str, Till] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    def open_till(self) -> Till:
        till = Till(self, f"/ipn/{uuid4().hex}")
        self.tills[till.path] = till
        return till

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with shop.changed:
                    shop.agents.add(self.headers["User-Agent"])
                    shop.bodies[self.path].append(body)
                    statuses = shop.tills[self.path].statuses
                    status = statuses.pop(0) if statuses else 200
                    shop.changed.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


def fields_of(body: bytes) -> dict[str, str]:
    given = parse_qsl(
        body.decode("ascii"), keep_blank_values=True, encoding="windows-1252", errors="strict"
    )
    assert len(dict(given)) == len(given), "a field is there twice"
    return dict(given)
