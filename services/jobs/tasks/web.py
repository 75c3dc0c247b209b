"""Asking an address of the open internet, with bounds on time and size."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError

from services.jobs.tasks.addresses import JudgingAdapter, check_url

AGENT = "Memberhall"
_AT_ONCE = 65_536  # bytes
_REDIRECTS = (301, 302, 303, 307, 308)


class Unanswered(Exception):
    """The other side could not be reached, or broke off; the message says how."""


@dataclass(frozen=True)
class Answer:
    """What came back: of the body at most the bytes that were wanted, `is_cut` if it had more."""

    url: str
    status: int
    headers: CaseInsensitiveDict[str]
    body: bytes
    is_cut: bool
    seconds: float

    @property
    def target(self) -> str | None:
        """Where a redirect points to; None for every other answer."""
        location = self.headers.get("Location")
        return urljoin(self.url, location) if location and self.status in _REDIRECTS else None


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    seconds: float,
    most: int,
    kinds: tuple[str, ...] = (),
) -> Answer:
    """One request and its answer; redirects are not followed.

    `seconds` are for connecting, for each wait and for the whole body; `most` bytes of it are read,
    and none where its content type is not one of `kinds`.
    Raises Forbidden for an address that is none of ours to reach, and Unanswered.
    """
    check_url(url)
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
                headers={"User-Agent": AGENT, **(headers or {})},
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


def follow(url: str, *, seconds: float, most: int, hops: int = 5) -> Answer:
    """GET, with as many redirects followed; the last answer, which may be one more redirect."""
    answer = ask("GET", url, seconds=seconds, most=most)
    for _ in range(hops):
        if answer.target is None:
            break
        answer = ask("GET", answer.target, seconds=seconds, most=most)
    return answer


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
