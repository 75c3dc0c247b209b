"""One exchange by HTTP, over connections that `addresses` opens; only `web` uses it."""

import socket
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError

from services.jobs.tasks.addresses import connect
from services.jobs.tasks.web import Answer, Unanswered

_AT_ONCE = 65_536  # bytes


class _Judged(HTTPConnection):
    """A connection of urllib3's that is opened by `connect`."""

    def _new_conn(self) -> socket.socket:
        try:
            return connect(self.host, int(self.port or self.default_port), self.timeout)
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"{self.host} does not answer") from error
        except OSError as error:
            raise NewConnectionError(self, f"{self.host} cannot be reached: {error}") from error


class _JudgedTls(_Judged, HTTPSConnection):
    """The same with TLS, whose name and certificate remain the host's."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Judged


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _JudgedTls


class JudgingAdapter(HTTPAdapter):
    """The transport of a `requests.Session` that reaches public addresses only."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def exchange(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    body: bytes | None,
    seconds: float,
    most: int,
    kinds: tuple[str, ...],
) -> Answer:
    """One request and its answer, as `web.ask` describes it."""
    started = time.monotonic()
    try:
        with requests.Session() as session:
            # No proxy, no password file, no certificates but those that everybody trusts.
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, JudgingAdapter())
            with session.request(
                method,
                url,
                headers=dict(headers),
                data=body,
                timeout=seconds,
                allow_redirects=False,
                stream=True,
            ) as response:
                wanted = most if _is_one_of(response, kinds) else 0
                content, is_cut = _read(response, wanted, started + seconds)
    except (requests.RequestException, HTTPError, OSError) as error:
        raise Unanswered(f"{method} {url}: {_reason(error)}") from error
    took = time.monotonic() - started
    return Answer(url, response.status_code, response.headers, content, is_cut, took)


def _is_one_of(response: requests.Response, kinds: tuple[str, ...]) -> bool:
    named = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return not kinds or named in kinds


def _read(response: requests.Response, most: int, deadline: float) -> tuple[bytes, bool]:
    content = bytearray()
    # One read at a time: a body that drips must not hold the job for longer than all may take.
    while part := response.raw.read1(_AT_ONCE, decode_content=True):
        content += part
        if len(content) > most:
            return bytes(content[:most]), True
        if time.monotonic() > deadline:
            raise TimeoutError("the answer does not come to its end in time")
    return bytes(content), False


def _reason(error: BaseException) -> str:
    """The first of the errors, which is what an operator can act on; the later ones wrap it."""
    while earlier := error.__cause__ or error.__context__:
        error = earlier
    return str(error) or type(error).__name__
