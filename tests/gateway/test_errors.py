"""Every failure is answered in one form: a problem for programs, a sentence for people."""

import re
from typing import Any

import pytest
from flask import Flask

from chassis.errors import KINDS, Conflict, Denied, Failure, Invalid, NotFound, Unavailable
from gateway.errors import STATUS, status_of
from tests.gateway.browsing import Browser, know_session
from tests.gateway.recording import RecordingBus

PLANS = "/api/v1/plans"
TABLE = [
    (Invalid("bad", "It is wrong.", {"/email": ["is not an address", "is too long"]}), 422),
    (Denied("no", "You may not."), 403),
    (Denied("not_authenticated", "Please log in."), 401),
    (NotFound("none", "There is none."), 404),
    (Conflict("late", "It is too late."), 409),
    (Unavailable("billing_away", "The billing service does not answer."), 503),
    (Unavailable("internal_error", "Something went wrong inside."), 500),
]


def test_every_kind_of_failure_has_a_status() -> None:
    assert set(STATUS) == set(KINDS)


@pytest.mark.parametrize(("failure", "status"), TABLE)
def test_the_api_answers_a_failure_as_a_problem(
    visitor: Browser, bus: RecordingBus, failure: Failure, status: int
) -> None:
    bus.answer("billing", "pricing", failure)
    answer = visitor.get(PLANS)
    assert answer.status_code == status == status_of(failure)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in answer.headers) is (failure.kind == "unavailable")
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)
    assert answer.json == {
        "type": f"urn:memberhall:problem:{failure.code}",
        "title": answer.status.partition(" ")[2].title().replace(" Of ", " of "),
        "status": status,
        "detail": failure.message,
        "instance": f"urn:uuid:{answer.headers['X-Request-Id']}",
        "code": failure.code,
        "request_id": answer.headers["X-Request-Id"],
        "errors": [
            {"pointer": at, "detail": each} for at, said in failure.fields.items() for each in said
        ],
    }


@pytest.mark.parametrize(("failure", "status"), TABLE)
def test_a_page_answers_a_failure_with_a_sentence(
    member: Browser, bus: RecordingBus, failure: Failure, status: int
) -> None:
    bus.answer("billing", "invoices", failure)
    answer = member.get("/invoices")
    assert answer.status_code == status
    assert answer.mimetype == "text/html"
    assert failure.message in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


@pytest.mark.parametrize(
    ("path", "kind"), [("/nowhere", "text/html"), ("/api/v1/nowhere", "application/problem+json")]
)
def test_nothing_is_found_in_the_form_that_fits_the_place(
    visitor: Browser, path: str, kind: str
) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.mimetype) == (404, kind)


@pytest.mark.parametrize("path", ["/pricing", PLANS])
def test_a_wrong_method_is_told_the_right_ones(visitor: Browser, path: str) -> None:
    answer = visitor.delete(path)
    assert answer.status_code == 405
    assert set(re.split(r",\s*", answer.headers["Allow"])) == {"GET", "HEAD", "OPTIONS"}


@pytest.mark.parametrize("path", ["/pricing", PLANS])
def test_a_defect_shows_no_inside(
    visitor: Browser, bus: RecordingBus, path: str, caplog: Any
) -> None:
    def defect() -> None:
        raise ZeroDivisionError("secret detail of the inside")

    bus.answer("billing", "pricing", defect)
    answer = visitor.get(path)
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_an_error_page_needs_no_service(member: Browser, bus: RecordingBus) -> None:
    bus.answers.clear()
    answer = member.get("/dashboard")
    assert (answer.status_code, answer.mimetype) == (503, "text/html")


def test_a_token_that_nobody_knows_is_no_token(app: Flask, bus: RecordingBus) -> None:
    know_session(bus, "api")
    client = app.test_client()
    headers = {"Authorization": "Bearer unknown"}
    answer = client.get(
        "/api/v1/sessions/current", headers=headers, base_url="https://members.test"
    )
    assert answer.status_code == 401
