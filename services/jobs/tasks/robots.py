"""What a host wishes of visitors that are programs (RFC 9309, robots.txt)."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from cachetools import TTLCache
from protego import Protego

from services.jobs.tasks import web

USUAL_PAUSE = 1.0  # seconds between requests, where the host names none
MOST_BYTES = 512_000  # RFC 9309, 2.5: at least 500 KiB are read
KEPT_SECONDS = 3_600  # RFC 9309, 2.4: not longer than a day
PATIENCE = 10.0  # seconds

_known: TTLCache[str, "Rules"] = TTLCache(maxsize=200, ttl=KEPT_SECONDS)


@dataclass(frozen=True)
class Rules:
    """One host's wishes; `pause` in seconds between requests."""

    parser: Protego
    pause: float

    def allows(self, url: str) -> bool:
        return bool(self.parser.can_fetch(url, web.AGENT))


def rules_for(url: str) -> Rules:
    """The rules that hold for a URL, kept for an hour a process.

    Without a robots.txt everything is allowed; while it cannot be had nothing is, and Unanswered is
    raised (RFC 9309, 2.3.1).
    """
    parts = urlsplit(url)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin not in _known:
        _known[origin] = _ask(f"{origin}/robots.txt")
    return _known[origin]


def forget() -> None:
    """Look anew at the next page."""
    _known.clear()


def _ask(url: str) -> Rules:
    answer = web.follow(url, seconds=PATIENCE, most=MOST_BYTES)
    if answer.status >= 500 or answer.status == 429:
        raise web.Unanswered(f"{url} answered {answer.status}: the host's wishes are not known")
    text = answer.body.decode("utf-8-sig", "replace") if 200 <= answer.status < 300 else ""
    parser = Protego.parse(text)
    return Rules(parser, _pause(parser))


def _pause(parser: Protego) -> float:
    delay = parser.crawl_delay(web.AGENT)
    rate = parser.request_rate(web.AGENT)
    wished = [float(delay)] if delay is not None else []
    if rate is not None and rate.requests:
        wished.append(rate.seconds / rate.requests)
    return max([USUAL_PAUSE, *wished])
