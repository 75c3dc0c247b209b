"""The same load for everybody: wrk where it is installed, else a small client of our own.

Both keep their connections, send the next request when the answer is there, and count only answers
below 400 as done.
"""

import http.client
import multiprocessing
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.figures import percentile

PROCESSES = 2  # of our own client

_SCRIPT = """
wrk.method = {method!r}
wrk.body = {body!r}
{headers}
done = function(summary, latency, requests)
  local failed = summary.errors.status + summary.errors.timeout + summary.errors.read
  io.write(string.format("figures %d %d %d %d %d\\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), failed))
end
"""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request, sent over and over."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "GET"
    body: str = ""


@dataclass(frozen=True, kw_only=True)
class Load:
    """What came of it; times in milliseconds."""

    per_second: float
    p50: float
    p99: float


class Unanswered(Exception):
    """Requests failed, so the figures mean nothing."""


def load(request: Request, connections: int, seconds: float) -> Load:
    """Send the request over so many connections for so many seconds."""
    if shutil.which("wrk"):
        return _wrk(request, connections, seconds)
    return _own(request, connections, seconds)


@contextmanager
def meanwhile(request: Request, connections: int, seconds: float) -> Iterator[list[Load]]:
    """The same in the background; what came of it is in the list at the end."""
    done: list[Load] = []
    thread = threading.Thread(target=lambda: done.append(load(request, connections, seconds)))
    thread.start()
    yield done
    thread.join()


def _wrk(request: Request, connections: int, seconds: float) -> Load:
    headers = "".join(f"wrk.headers[{k!r}] = {v!r}\n" for k, v in request.headers.items())
    text = _SCRIPT.format(method=request.method, body=request.body, headers=headers)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "request.lua"
        script.write_text(text)
        options = ["-t1", f"-c{connections}", f"-d{seconds:.0f}s", "--timeout", "10s"]
        command = ["wrk", *options, "-s", str(script), request.url]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    figures = said.partition("figures ")[2].split()
    requests, duration, p50, p99, failed = (float(each) for each in figures)
    if failed:
        raise Unanswered(f"{failed:.0f} of {requests:.0f} requests to {request.url} failed")
    return Load(per_second=1e6 * requests / duration, p50=p50 / 1000, p99=p99 / 1000)


def _own(request: Request, connections: int, seconds: float) -> Load:
    share = [connections // PROCESSES + (n < connections % PROCESSES) for n in range(PROCESSES)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        pool.map(abs, range(PROCESSES))  # started before the watch is
        parts = pool.starmap(_process, [(request, each, seconds) for each in share if each])
    times = [each for part in parts for each in part]
    return Load(
        per_second=len(times) / seconds,
        p50=1000 * percentile(times, 0.50),
        p99=1000 * percentile(times, 0.99),
    )


def _process(request: Request, connections: int, seconds: float) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + seconds
    arguments = (request, end, times)
    threads = [threading.Thread(target=_connection, args=arguments) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _connection(request: Request, end: float, times: list[float]) -> None:
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    while (began := time.perf_counter()) < end:
        connection.request(request.method, parts.path, request.body or None, request.headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise Unanswered(f"{request.url} answered {answer.status}")
        times.append(time.perf_counter() - began)
