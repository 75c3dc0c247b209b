"""`/api/v1`: bearer tokens, the services' own shapes, cursors, and keys that create only once."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask

from chassis.errors import Conflict
from gateway.session import token_hash
from tests.gateway.browsing import ACCOUNT, TOKEN, USER, Browser, browser, know_session
from tests.gateway.browsing import session_answer as session
from tests.gateway.recording import RecordingBus

PLAN = "018f0000-0000-7000-8000-00000000d001"
SIGN_UP = {"email": "ada@example.org", "password": "a long and winding road", "name": "Ada"}
CHECKOUT = {
    "invoice_id": str(uuid4()),
    "number": None,
    "amount": {"amount": 1200, "currency": "EUR"},
    "form": {"action": "https://paypal.test/", "method": "post", "fields": {"cmd": "_xclick"}},
}


@pytest.fixture
def client(app: Flask, bus: RecordingBus) -> Browser:
    """A program that has a member's token."""
    return with_token(browser(app), bus)


@pytest.fixture
def operating(app: Flask, bus: RecordingBus) -> Browser:
    return with_token(browser(app), bus, roles=["member", "operator"])


def with_token(client: Browser, bus: RecordingBus, **changed: Any) -> Browser:
    client.environ_base.pop("HTTP_SEC_FETCH_SITE")
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    know_session(bus, "api", **changed)
    return client


def told(answer: Any) -> Any:
    """The JSON values of an answer."""
    return answer.json


def errors_of(answer: Any) -> dict[str, str]:
    assert answer.content_type == "application/problem+json"
    return {each["pointer"]: each["detail"] for each in told(answer)["errors"]}


def test_a_session_is_opened_with_a_token_of_which_auth_sees_only_the_hash(
    visitor: Browser, bus: RecordingBus
) -> None:
    bus.answer("auth", "log_in", session())
    answer = visitor.post("/api/v1/sessions", json={"login": "ada", "password": "right"})
    assert answer.status_code == 201
    assert "Set-Cookie" not in answer.headers
    token = told(answer)["token"]
    (asked,) = bus.calls("auth", "log_in")
    assert asked.arguments["session_hash"] == token_hash("api", token)
    assert token not in json.dumps(asked.arguments)
    headers = {"Authorization": f"Bearer {token}"}
    assert told(visitor.get("/api/v1/sessions/current", headers=headers))["user_id"] == str(USER)


def test_a_session_ends_at_once(client: Browser, bus: RecordingBus) -> None:
    assert client.get("/api/v1/sessions/current").status_code == 200
    assert client.delete("/api/v1/sessions/current").status_code == 204
    assert client.get("/api/v1/sessions/current").status_code == 401


def test_a_read_that_is_in_memory_asks_nobody(client: Browser, bus: RecordingBus) -> None:
    client.get("/api/v1/sessions/current")
    bus.asked.clear()
    assert client.get("/api/v1/sessions/current").status_code == 200
    assert not bus.asked


def test_services_hear_who_asks(client: Browser, bus: RecordingBus) -> None:
    bus.answer("billing", "membership", {"status": "none"})
    assert told(client.get("/api/v1/membership")) == {"status": "none"}
    (asked,) = bus.calls("billing", "membership")
    caller = asked.caller
    assert (caller.principal, caller.user_id, caller.account_id) == ("gateway", USER, ACCOUNT)
    assert caller.roles == {"member"}
    assert caller.authenticated_at is not None


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN])
def test_what_is_no_bearer_token_is_nobody(
    visitor: Browser, bus: RecordingBus, header: str
) -> None:
    know_session(bus, "api")
    answer = visitor.get("/api/v1/membership", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "path",
    ["/api/v1/deliveries", "/api/v1/payment-messages", "/api/v1/jobs", "/api/v1/dead-letters"],
)
def test_a_member_is_no_operator(client: Browser, bus: RecordingBus, path: str) -> None:
    bus.asked.clear()
    assert client.get(path).status_code == 403
    assert {each.service for each in bus.asked} == {"auth"}


@pytest.mark.parametrize(
    ("path", "service", "method"),
    [
        ("/api/v1/deliveries", "notifications", "deliveries"),
        ("/api/v1/payment-messages", "billing", "payments_inbox"),
        ("/api/v1/jobs", "jobs", "jobs"),
    ],
)
def test_operators_read_page_by_page(
    operating: Browser, bus: RecordingBus, path: str, service: str, method: str
) -> None:
    page: dict[str, Any] = {"items": [], "next_cursor": None}
    bus.answer(service, method, page)
    assert told(operating.get(f"{path}?limit=100")) == page
    (asked,) = bus.calls(service, method)
    assert asked.arguments == {"limit": "100"}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("limit=101", "/limit"), ("limit=0", "/limit"), ("cursor=x", "/cursor"), ("sort=x", "/sort")],
)
def test_a_wrong_page_is_refused_where_it_is_wrong(
    client: Browser, query: str, pointer: str
) -> None:
    answer = client.get(f"/api/v1/invoices?{query}")
    assert answer.status_code == 422
    assert set(errors_of(answer)) == {pointer}


def test_every_wrong_field_is_told_at_once(visitor: Browser, bus: RecordingBus) -> None:
    answer = visitor.post(
        "/api/v1/sign-ups", json={"email": "nobody", "password": "short", "is_operator": True}
    )
    assert answer.status_code == 422
    assert set(errors_of(answer)) == {"/email", "/password", "/name", "/is_operator"}
    assert not bus.asked


@pytest.mark.parametrize("field", ["user_id", "account_id", "visit_id"])
def test_ids_that_are_ours_to_make_cannot_be_sent(visitor: Browser, field: str) -> None:
    answer = visitor.post("/api/v1/sign-ups", json={**SIGN_UP, field: str(uuid4())})
    assert answer.status_code == 422
    assert set(errors_of(answer)) == {f"/{field}"}


@pytest.mark.parametrize("body", [b"{", b"nonsense", b'{"login": }', b"\xff"])
def test_what_is_no_json_is_a_bad_request(visitor: Browser, body: bytes) -> None:
    answer = visitor.post("/api/v1/sessions", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"7", b"null"])
def test_json_that_is_no_object_is_refused(visitor: Browser, body: bytes) -> None:
    answer = visitor.post("/api/v1/sessions", data=body, content_type="application/json")
    assert answer.status_code == 422


def test_strangers_learn_nothing_of_a_body(visitor: Browser) -> None:
    assert visitor.post("/api/v1/checkouts", json={"nonsense": 1}).status_code == 401


def checkout(client: Browser, bus: RecordingBus, key: str | None, plan: str = PLAN) -> Any:
    bus.answer("billing", "start_checkout", CHECKOUT)
    headers = {"Idempotency-Key": key} if key is not None else {}
    answer = client.post("/api/v1/checkouts", json={"plan_id": plan}, headers=headers)
    assert answer.status_code == 201
    assert told(answer) == CHECKOUT
    return bus.calls("billing", "start_checkout")[-1]


def test_the_same_key_makes_the_same_call(client: Browser, bus: RecordingBus) -> None:
    first, again = (checkout(client, bus, "key-1") for _ in range(2))
    assert (first.call_id, first.arguments) == (again.call_id, again.arguments)
    assert isinstance(first.call_id, UUID)


def test_the_same_key_with_another_body_is_told_apart_by_the_service(
    client: Browser, bus: RecordingBus
) -> None:
    first = checkout(client, bus, "key-1")
    second = checkout(client, bus, "key-1", plan=str(uuid4()))
    assert first.call_id == second.call_id
    assert first.arguments != second.arguments
    bus.answer("billing", "start_checkout", Conflict("call_id_reused", "Used before."))
    answer = client.post("/api/v1/checkouts", json={"plan_id": PLAN})
    assert (answer.status_code, told(answer)["code"]) == (409, "call_id_reused")


def test_another_key_or_none_is_another_call(client: Browser, bus: RecordingBus) -> None:
    calls = [checkout(client, bus, key) for key in ("key-1", "key-2", None, None)]
    assert len({each.call_id for each in calls}) == 4
    assert len({each.arguments["invoice_id"] for each in calls}) == 4


def test_a_key_belongs_to_whoever_uses_it(app: Flask, bus: RecordingBus) -> None:
    ours = checkout(with_token(browser(app), bus), bus, "key-1")
    app.extensions["memberhall"].sessions.drop_all()
    theirs = checkout(with_token(browser(app), bus, user_id=str(uuid4())), bus, "key-1")
    assert ours.call_id != theirs.call_id


@pytest.mark.parametrize("key", ["", "a" * 65, "with space", "tab\tbed", "é"])
def test_a_key_is_1_to_64_printable_characters(client: Browser, key: str) -> None:
    answer = client.post(
        "/api/v1/checkouts", json={"plan_id": PLAN}, headers={"Idempotency-Key": key}
    )
    assert answer.status_code == 422
    assert told(answer)["code"] == "idempotency_key_wrong"


def test_an_invoice_s_document_is_a_download(client: Browser, bus: RecordingBus) -> None:
    found = {"name": "R/2026 1.pdf", "content_type": "application/pdf", "content": "JVBERg=="}
    bus.answer("billing", "invoice_document", found)
    answer = client.get(f"/api/v1/invoices/{uuid4()}/document")
    assert (answer.data, answer.content_type) == (b"%PDF", "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="R-2026-1.pdf"'
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_an_id_that_is_none_is_not_found(client: Browser) -> None:
    assert client.get("/api/v1/invoices/not-an-id").status_code == 404


def test_the_description_names_every_operation_with_its_problems(visitor: Browser) -> None:
    described = told(visitor.get("/api/v1/openapi.json"))
    assert described["openapi"].startswith("3.1")
    operations = {
        (method, path): operation
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
        if method != "parameters"
    }
    assert ("post", "/api/v1/sessions") in operations
    for (method, path), operation in operations.items():
        assert operation["summary"], (method, path)
        problem = operation["responses"]["422"]["content"]["application/problem+json"]
        assert problem["schema"]["$ref"].endswith("/Problem")
    assert operations["get", "/api/v1/plans"]["security"] == []
    assert operations["get", "/api/v1/invoices"]["security"] == [{"token": []}]


def test_every_described_operation_exists_and_refuses_strangers(
    app: Flask, visitor: Browser
) -> None:
    described = told(visitor.get("/api/v1/openapi.json"))
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            if method == "parameters" or not operation["security"]:
                continue
            at = re.sub(r"\{[^}]*\}", str(uuid4()), path)
            assert visitor.open(at, method=method.upper()).status_code == 401, (method, path)
