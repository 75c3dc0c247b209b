"""The real server, asked over raw sockets: what Flask never gets to see (GW-03 to GW-05)."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gateway.test_settings import ENVIRONMENT

ROOT = Path(__file__).parents[2]
IPN = "POST /webhooks/paypal/ipn HTTP/1.1\r\nHost: members.test\r\nContent-Type: a/b\r\n"
API = "POST /api/v1/sessions HTTP/1.1\r\nHost: members.test\r\nContent-Type: application/json\r\n"


@pytest.fixture(scope="module")
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number: int = free.getsockname()[1]
    return number


@pytest.fixture(scope="module", autouse=True)
def server(port: int) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        **ENVIRONMENT,
        "MEMBERHALL_GATEWAY_BROKER_URL": "amqp://nobody@127.0.0.1:1/",
        "MEMBERHALL_GATEWAY_BIND": f"127.0.0.1:{port}",
        "MEMBERHALL_GATEWAY_WORKERS": "1",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.py"]
    with subprocess.Popen(
        [*command, "gateway.app:application"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        _wait_for(port)
        yield running
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            if ask(port, "GET /healthz HTTP/1.1\r\nHost: any\r\n\r\n") == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("gunicorn did not start")


def ask(port: int, request: str) -> int:
    """The status of the answer; the client sends no more after the request."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as wire:
        wire.sendall(request.encode("latin-1"))
        wire.shutdown(socket.SHUT_WR)
        return int(wire.makefile("rb").readline().split()[1])


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET /log-in HTTP/1.1\r\nHost: members.test\r\n\r\n", 200),
        ("GET /log-in HTTP/1.1\r\nHost: other.test\r\n\r\n", 421),
        ("GET /log-in HTTP/1.1\r\n\r\n", 421),
        ("GET /log-in HTTP/1.0\r\n\r\n", 421),
        ("GET /log-in HTTP/1.1\r\nHost: members.test\r\nHost: other.test\r\n\r\n", 400),
        ("GET http://members.test/log-in HTTP/1.1\r\nHost: other.test\r\n\r\n", 421),
        ("TRACE /log-in HTTP/1.1\r\nHost: members.test\r\n\r\n", 405),
        (f"GET /{'a' * 5000} HTTP/1.1\r\nHost: members.test\r\n\r\n", 414),
        # Names that gunicorn would otherwise take from any client on this machine.
        ("GET /healthz HTTP/1.1\r\nHost: any\r\nPATH_INFO: /readyz\r\n\r\n", 200),
        ("GET /healthz HTTP/1.1\r\nHost: any\r\nSCRIPT_NAME: /healthz\r\n\r\n", 200),
        (f"{API}Transfer-Encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n", 400),
        (f"{API}Transfer-Encoding: chunked\r\n\r\n5\r\n{{}}", 400),
        (
            f"{API}Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
            400,
        ),
        (f"{IPN}Content-Length: 10\r\n\r\nabcde", 400),
        (f"{IPN}Transfer-Encoding: chunked\r\n\r\n5\r\nab", 400),
        (f"{IPN}Content-Length: 65537\r\n\r\n", 413),
        (f"{IPN}Transfer-Encoding: chunked\r\n\r\n10001\r\n{'x' * 65537}\r\n0\r\n\r\n", 413),
    ],
)
def test_what_comes_over_the_wire(port: int, request_text: str, status: int) -> None:
    assert ask(port, request_text) == status


def test_it_does_not_start_with_wrong_settings() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gunicorn", "-c", "gateway/gunicorn.py", "gateway.app:application"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MEMBERHALL_PUBLIC_URL": "nonsense"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert ran.returncode == 2
    assert "MEMBERHALL_PUBLIC_URL" in ran.stderr
    assert "MEMBERHALL_GATEWAY_COOKIE_KEYS is missing" in ran.stderr
    assert "Traceback" not in ran.stderr
