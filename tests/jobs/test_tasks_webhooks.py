"""`jobs.http_request`: what a partner's system gets, and what counts as accepted."""

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.errors import Invalid
from services.jobs.tasks import transport, web
from services.jobs.tasks.addresses import Forbidden
from services.jobs.tasks.webhooks import NotAccepted, http_request
from tests.jobs.handling import UID, Services
from tests.jobs.web_server import Page, Seen, WebServer, web_server


@pytest.fixture
def partner(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    with web_server() as server:
        monkeypatch.setenv("MEMBERHALL_MODE", "sandbox")
        monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", server.host)
        yield server


def run(run_no: int = 1, **args: Any) -> Any:
    return http_request(Services().job("jobs.http_request", args, run_no))


def test_a_webhook_is_delivered_with_its_keys(partner: WebServer) -> None:
    partner.pages["/hook"] = Page(202, b"thanks")
    answer = run(
        url=partner.url("/hook"), json={"event": "paid", "n": 1}, headers={"X-Shop": "main"}
    )
    [seen] = partner.seen
    assert (seen.method, json.loads(seen.body)) == ("POST", {"event": "paid", "n": 1})
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.headers["X-Shop"] == "main"
    assert seen.headers["User-Agent"] == "Memberhall"
    assert seen.headers["Idempotency-Key"] == f"{UID}/1"
    assert seen.headers["Webhook-Id"] == str(UID)
    assert (answer["status"], answer["body"]) == (202, "thanks")
    assert answer["seconds"] >= 0


def test_a_receiver_can_tell_a_repetition(partner: WebServer) -> None:
    partner.pages["/hook"] = Page()
    for run_no in (1, 2):
        run(run_no, url=partner.url("/hook"), json={})
    first, second = (seen.headers for seen in partner.seen)
    assert first["Webhook-Id"] == second["Webhook-Id"]
    assert first["Idempotency-Key"] != second["Idempotency-Key"]


def test_a_text_goes_as_it_is(partner: WebServer) -> None:
    partner.pages["/hook"] = Page()
    run(
        url=partner.url("/hook"),
        method="PUT",
        body="a=1&b=ü",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    [seen] = partner.seen
    assert (seen.method, seen.body.decode()) == ("PUT", "a=1&b=ü")
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"


@pytest.mark.parametrize("status", [400, 401, 404, 410, 429, 500, 503])
def test_whatever_is_not_2xx_fails_the_attempt_with_what_was_said(
    partner: WebServer, status: int
) -> None:
    partner.pages["/hook"] = Page(status, b"no such shop", {"Retry-After": "120"})
    with pytest.raises(NotAccepted) as failed:
        run(url=partner.url("/hook"), json={})
    assert str(failed.value) == (
        f"{partner.url('/hook')} answered {status}, to be asked again after 120: no such shop"
    )


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(partner: WebServer, status: int) -> None:
    partner.pages["/hook"] = Page(status, headers={"Location": "http://169.254.169.254/latest"})
    with pytest.raises(NotAccepted, match=r"redirect to http://169\.254\.169\.254/latest, which"):
        run(url=partner.url("/hook"), json={})
    assert partner.paths() == ["/hook"]


def test_of_a_long_answer_the_beginning_is_kept(partner: WebServer) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 10_000

    partner.pages["/hook"] = Page(part_by_part=endless)
    assert run(url=partner.url("/hook"), json={})["body"] == "x" * 2_048


def test_an_answer_that_unpacks_to_more_is_cut_as_well(partner: WebServer) -> None:
    packed = gzip.compress(b"\x00" * 50_000_000)
    partner.pages["/hook"] = Page(body=packed, headers={"Content-Encoding": "gzip"})
    assert run(url=partner.url("/hook"), json={})["body"] == "\ufffd" * 2_048


def test_an_answer_that_drips_fails_in_time(
    partner: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(0, 1_000, 4))  # each look at the clock finds it four seconds later
    monkeypatch.setattr(transport.time, "monotonic", lambda: float(next(now)))

    def dripping() -> Iterator[bytes]:
        for _ in range(100):
            yield b"."

    partner.pages["/hook"] = Page(part_by_part=dripping)
    with pytest.raises(web.Unanswered, match="does not come to its end in time"):
        run(url=partner.url("/hook"), json={}, timeout=1)


def test_a_server_that_says_nothing_fails_the_attempt(partner: WebServer) -> None:
    def silent(_: Seen) -> Page:
        raise ConnectionAbortedError

    partner.pages["/hook"] = silent
    with pytest.raises(web.Unanswered, match=rf"POST {partner.url('/hook')}: "):
        run(url=partner.url("/hook"), json={})


def test_nobody_listening_is_told_in_one_line(
    partner: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEMBERHALL_NODE_SANDBOX_HOSTS", "127.0.0.1")
    with pytest.raises(web.Unanswered) as failed:
        run(url="http://127.0.0.1:1/hook", json={})
    assert str(failed.value) == ("POST http://127.0.0.1:1/hook: [Errno 111] Connection refused")


def test_this_machine_is_not_reached_without_the_sandboxes_leave(
    partner: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEMBERHALL_NODE_SANDBOX_HOSTS")
    with pytest.raises(Forbidden):
        run(url=partner.url("/hook"), json={})
    assert partner.seen == []


WRONG: list[dict[str, Any]] = [
    {},
    {"url": "https://partner.test/", "method": "TRACE"},
    {"url": "https://partner.test/", "json": {}, "body": ""},
    {"url": "https://partner.test/", "timeout": 31},
    {"url": "https://partner.test/", "headers": {"Host": "other.test"}},
    {"url": "https://partner.test/", "headers": {"Idempotency-Key": "mine"}},
    {"url": "https://partner.test/", "headers": {"X-A": "1\r\nHost: other.test"}},
    {"url": "https://partner.test/", "headers": {"X A": "1"}},
    {"url": "https://partner.test/", "headers": {"X-A": "x" * 2_001}},
    {"url": "https://partner.test/", "headers": {f"X-{n}": "1" for n in range(31)}},
    {"url": "https://partner.test/", "secret": "s"},
]


@pytest.mark.parametrize("args", WRONG)
def test_wrong_arguments_ask_nobody(args: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    ask: Callable[..., Any] = lambda *given, **_: asked.append(given)  # noqa: E731 - a stand-in
    monkeypatch.setattr(web, "ask", ask)
    with pytest.raises(Invalid):
        run(**args)
    assert asked == []
