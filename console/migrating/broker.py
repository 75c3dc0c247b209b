"""Exchanges, queues, bindings and rights on RabbitMQ, through its management API.

Names never come from a method's name, so that renaming code orphans nothing. Publishing as somebody
else is refused twice: by the topic permissions here and by the signature inside each message (a
user's own queue may dead-letter to any exchange it may write to, which topic permissions miss).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import requests

from console.processes import Principal

EVENTS = "memberhall.events"
CALLS = "memberhall.rpc"
CLASSIC = "classic"
QUORUM = "quorum"
TIMEOUT = 15  # seconds


class BrokerRefused(Exception):
    """The management API did not do what `migrate` asked; the message says what and why."""


@dataclass(frozen=True, kw_only=True)
class Inbox:
    """What a service's side of the broker is made of."""

    service: str
    hears: tuple[str, ...]
    retry_delays: tuple[int, ...]


class Broker:
    """RabbitMQ's management API, as its administrator."""

    def __init__(self, api_url: str, queue_type: str = CLASSIC) -> None:
        parts = urlsplit(api_url)
        self._vhost = quote(parts.path.strip("/") or "/", safe="")
        host = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        self._api = urlunsplit((parts.scheme, host or "", "/api", "", ""))
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.auth = (unquote(parts.username or ""), unquote(parts.password or ""))
        self._queue_type = queue_type

    def declare_exchanges(self) -> None:
        """The two that everybody shares."""
        self._exchange(EVENTS, "topic")
        self._exchange(CALLS, "topic")

    def declare_inbox(self, inbox: Inbox) -> None:
        """A service's exchange and its queues: inbox, one for each delay, dead letters."""
        service, exchange = inbox.service, f"memberhall.{inbox.service}"
        self._exchange(exchange, "direct")
        # Whatever the broker itself gives up on is kept where people look.
        self._queue(f"{service}.inbox", exchange, "inbox", **_dead_lettering(exchange, "dead"))
        self._queue(f"{service}.dead", exchange, "dead")
        for delay in inbox.retry_delays:
            waiting = {"x-message-ttl": delay, **_dead_lettering(exchange, "inbox")}
            if self._queue_type == QUORUM:
                waiting |= {
                    "x-dead-letter-strategy": "at-least-once",
                    "x-overflow": "reject-publish",
                }
            self._queue(f"{service}.retry.{delay}", exchange, f"retry.{delay}", **waiting)
        self._bind_only(f"{service}.inbox", inbox.hears)

    def declare_user(self, principal: Principal, user: str, password: str) -> None:
        """A login with the least rights that the principal's part needs."""
        self._put(f"users/{quote(user, safe='')}", {"password": password, "tags": ""})
        self._put(f"permissions/{self._vhost}/{quote(user, safe='')}", permissions(principal))
        for topic in topic_permissions(principal):
            self._put(f"topic-permissions/{self._vhost}/{quote(user, safe='')}", topic)

    def _exchange(self, name: str, kind: str) -> None:
        self._put(f"exchanges/{self._vhost}/{name}", {"type": kind, "durable": True})

    def _queue(self, name: str, exchange: str, key: str, **arguments: Any) -> None:
        arguments["x-queue-type"] = self._queue_type
        self._put(f"queues/{self._vhost}/{name}", {"durable": True, "arguments": arguments})
        self._bind(exchange, name, key)

    def _bind(self, exchange: str, queue: str, key: str) -> None:
        path = f"bindings/{self._vhost}/e/{exchange}/q/{queue}"
        self._ask("POST", path, {"routing_key": key, "arguments": {}})

    def _bind_only(self, inbox: str, hears: Iterable[str]) -> None:
        """Bind to each event heard, and to none that is no longer heard."""
        path = f"bindings/{self._vhost}/e/{EVENTS}/q/{inbox}"
        bound = {each["routing_key"]: each["properties_key"] for each in self._ask("GET", path)}
        wanted = set(hears)
        for key in wanted - bound.keys():
            self._bind(EVENTS, inbox, key)
        for key in bound.keys() - wanted:
            self._ask("DELETE", f"{path}/{quote(bound[key], safe='')}")

    def _put(self, path: str, body: dict[str, Any]) -> None:
        self._ask("PUT", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        try:
            answer = self._session.request(
                method, f"{self._api}/{path}", json=body, timeout=TIMEOUT
            )
        except requests.RequestException as error:
            raise BrokerRefused(f"RabbitMQ's management API does not answer: {error}") from error
        if not answer.ok:
            raise BrokerRefused(
                f"RabbitMQ answered {answer.status_code} to {method} {unquote(path)}: {answer.text}"
            )
        return answer.json() if method == "GET" else None


def permissions(principal: Principal) -> dict[str, str]:
    """The names that a principal may declare, write to and read from (regular expressions)."""
    me = principal.name
    own = rf"reply\.{me}\..+"
    if principal.hears:
        own += rf"|{me}\.broadcast\..+"
    if not principal.is_service:
        reads = r"|memberhall\.events" if principal.hears else ""
        return {
            "configure": f"^({own})$",
            "write": rf"^(memberhall\.rpc|{own})$",
            "read": rf"^(memberhall\.rpc{reads}|{own})$",
        }
    return {
        "configure": rf"^(rpc\.{me}|{own})$",
        "write": rf"^(memberhall\.(events|rpc|{me})|rpc\.{me}|{own})$",
        "read": rf"^(memberhall\.rpc|{me}\.(inbox|dead)|rpc\.{me}|{own})$",
    }


def topic_permissions(principal: Principal) -> list[dict[str, str]]:
    """The routing keys that a principal may publish with and bind to."""
    me = principal.name
    heard = "|".join(name.replace(".", r"\.") for name in principal.hears)
    called = rf"{me}|reply\.{me}\..+" if principal.is_service else rf"reply\.{me}\..+"
    return [
        {
            "exchange": EVENTS,
            "write": rf"^{me}\..+$" if principal.is_service else "^$",
            "read": f"^({heard})$",
        },
        {"exchange": CALLS, "write": ".*", "read": f"^({called})$"},
    ]


def _dead_lettering(exchange: str, key: str) -> dict[str, str]:
    return {"x-dead-letter-exchange": exchange, "x-dead-letter-routing-key": key}
