"""Asking an address of the open internet, with bounds on time and size."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from urllib.parse import urljoin

from services.jobs.tasks.addresses import check_url

AGENT = "Memberhall"
_REDIRECTS = (301, 302, 303, 307, 308)


class Unanswered(Exception):
    """The other side could not be reached, or broke off; the message says how."""


@dataclass(frozen=True)
class Answer:
    """What came back: of the body at most the bytes that were wanted, `is_cut` if it had more.

    Names of headers are found in any case.
    """

    url: str
    status: int
    headers: Mapping[str, str]
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
    # Few workers ever ask the internet; the others need not carry what it takes (5 MB each).
    transport: Any = import_module("services.jobs.tasks.transport")
    asked = {"headers": {"User-Agent": AGENT, **(headers or {})}, "body": body}
    answer: Answer = transport.exchange(
        method, url, seconds=seconds, most=most, kinds=kinds, **asked
    )
    return answer


def follow(url: str, *, seconds: float, most: int, hops: int = 5) -> Answer:
    """GET, with as many redirects followed; the last answer, which may be one more redirect."""
    answer = ask("GET", url, seconds=seconds, most=most)
    for _ in range(hops):
        if answer.target is None:
            break
        answer = ask("GET", answer.target, seconds=seconds, most=most)
    return answer
