"""A web server on this machine that answers what a test tells it to."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    """One request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Page:
    """What is answered at one path; `part_by_part` sends the body as slowly as it is iterated."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    part_by_part: Callable[[], Iterator[bytes]] | None = None


@dataclass
class WebServer:
    """`pages` by path; what is not there is answered with 404."""

    port: int = 0
    pages: dict[str, Page | Callable[[Seen], Page]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def paths(self) -> list[str]:
        return [seen.path for seen in self.seen]


@contextmanager
def web_server(wrap: Callable[[Any], Any] = lambda listening: listening) -> Iterator[WebServer]:
    """A server that runs meanwhile; `wrap` may put TLS around its socket."""
    web = WebServer()

    class Answering(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            seen = Seen(self.command, self.path, dict(self.headers), self.rfile.read(length))
            web.seen.append(seen)
            page = web.pages.get(self.path, Page(404, b"no such page"))
            page = page(seen) if callable(page) else page
            self.send_response(page.status)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for part in page.part_by_part() if page.part_by_part else (page.body,):
                    self.wfile.write(part)
                    self.wfile.flush()
            except OSError:
                return  # the other side has read enough

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer  # noqa: N815

        def log_message(self, *arguments: Any) -> None:
            """Tests read what was seen, not the log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # refused handshakes
    server.socket = wrap(server.socket)
    web.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
