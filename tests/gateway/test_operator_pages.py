"""The operator's pages and the affiliate's: cards that stand alone, acts that name their object."""

from typing import Any

import pytest

from chassis import registry
from gateway.pages.affiliate import qr_code
from tests.gateway.browsing import Browser
from tests.gateway.recording import RecordingBus

ID = "018f0000-0000-7000-8000-00000000e001"
LETTER = {
    "message_id": ID,
    "wire": "billing.invoice_paid",
    "error": "ValueError: <no>",
    "attempt": 6,
    "first_failed_at": "2026-11-20T10:00:00Z",
    "failed_at": "2026-11-20T10:30:00Z",
    "request_id": ID,
    "account_id": None,
    "body": {"version": 1},
}


@pytest.fixture(autouse=True)
def _two_services(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = tuple(
        registry.ServiceEntry(name=name, package=f"services.{name}") for name in ("auth", "billing")
    )
    monkeypatch.setattr(registry, "services", lambda: entries)


@pytest.mark.parametrize(
    "path",
    [
        "/operator",
        "/operator/payments",
        f"/operator/payments/{ID}",
        "/operator/deliveries",
        f"/operator/deliveries/{ID}",
        "/operator/jobs",
        "/operator/dead-letters",
    ],
)
def test_a_member_may_not_see_it(member: Browser, bus: RecordingBus, path: str) -> None:
    assert member.get(path).status_code == 403
    assert {each.service for each in bus.asked} == {"auth"}


@pytest.mark.parametrize("path", ["/operator", "/operator/jobs", "/operator/dead-letters"])
def test_a_page_of_cards_stands_while_every_service_is_away(operator: Browser, path: str) -> None:
    answer = operator.get(path)
    assert answer.status_code == 200


def test_the_overview_asks_for_everything_at_once(operator: Browser, bus: RecordingBus) -> None:
    operator.get("/operator")
    asked = [(each.service, each.method) for each in bus.asked if each.method != "see_session"]
    assert sorted(asked[1:]) == [
        ("auth", "accounts_overview"),
        ("auth", "dead_letters"),
        ("billing", "dead_letters"),
        ("billing", "payments_inbox"),
        ("billing", "revenue"),
        ("jobs", "overview"),
        ("notifications", "deliveries"),
    ]


def test_dead_letters_of_the_services_that_answer_are_shown(
    operator: Browser, bus: RecordingBus
) -> None:
    bus.answer("billing", "dead_letters", {"items": [LETTER]})
    answer = operator.get("/operator/dead-letters")
    assert answer.status_code == 200
    assert "billing.invoice_paid" in answer.text
    assert "ValueError: &lt;no&gt;" in answer.text


@pytest.mark.parametrize(
    ("act", "typed", "method", "arguments"),
    [
        ("replay", {"message_id": ID}, "replay_dead_letters", {"message_id": ID}),
        ("replay", {}, "replay_dead_letters", {"message_id": None}),
        ("drop", {"message_id": ID}, "drop_dead_letter", {"message_id": ID}),
    ],
)
def test_a_dead_letter_is_replayed_or_dropped_where_it_lies(
    operator: Browser,
    bus: RecordingBus,
    act: str,
    typed: dict[str, str],
    method: str,
    arguments: dict[str, Any],
) -> None:
    bus.answer("billing", method, {"replayed": 1})
    path = f"/operator/dead-letters/{act}"
    answer = operator.post(path, data={"service": "billing", **typed})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/operator/dead-letters")
    assert [each.arguments for each in bus.calls("billing", method)] == [arguments]


def test_a_service_that_there_is_not_is_never_asked(operator: Browser, bus: RecordingBus) -> None:
    answer = operator.post("/operator/dead-letters/replay", data={"service": "rpc.auth"})
    assert answer.status_code == 404
    assert {each.service for each in bus.asked} == {"auth"}


@pytest.mark.parametrize(
    ("path", "service", "method", "arguments", "led_to"),
    [
        (
            f"/operator/payments/{ID}/replay",
            "billing",
            "replay_payment_message",
            {"message_id": ID},
            f"/operator/payments/{ID}",
        ),
        (
            f"/operator/deliveries/{ID}/retry",
            "notifications",
            "retry_delivery",
            {"delivery_id": ID},
            f"/operator/deliveries/{ID}",
        ),
    ],
)
def test_an_act_is_asked_of_its_service_and_leads_back(
    operator: Browser,
    bus: RecordingBus,
    path: str,
    service: str,
    method: str,
    arguments: dict[str, str],
    led_to: str,
) -> None:
    bus.answer(service, method, {})
    answer = operator.post(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, led_to)
    assert [each.arguments for each in bus.calls(service, method)] == [arguments]
    assert operator.get(path).status_code == 405


def test_a_mail_is_shown_in_a_frame_where_it_can_do_nothing(
    operator: Browser, bus: RecordingBus
) -> None:
    mail = {"subject": "Hello", "text": "Hello", "html": "<style>p{color:red}</style><p>Hello</p>"}
    bus.answer("notifications", "delivery", {"delivery_id": ID, "preview": mail})
    answer = operator.get(f"/operator/deliveries/{ID}/preview")
    assert answer.text == mail["html"]
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline';")
    assert "frame-ancestors 'self'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_mail_that_cannot_be_rendered_is_not_shown(operator: Browser, bus: RecordingBus) -> None:
    bus.answer("notifications", "delivery", {"delivery_id": ID, "preview": None})
    answer = operator.get(f"/operator/deliveries/{ID}/preview")
    assert answer.status_code == 404
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_filters_reach_the_service(operator: Browser, bus: RecordingBus) -> None:
    bus.answer("billing", "payments_inbox", {"items": [], "next_cursor": None})
    assert operator.get("/operator/payments?state=unmatched&other=1").status_code == 200
    (asked,) = bus.calls("billing", "payments_inbox")
    assert asked.arguments == {"limit": 25, "state": "unmatched"}


AFFILIATE: dict[str, Any] = {
    "joined": True,
    "affiliate_id": ID,
    "code": "ADA-7",
    "joined_at": "2026-11-20T10:00:00Z",
    "rate_basis_points": 2000,
    "window_days": 30,
    "visits": 3,
    "sign_ups": 1,
    "balances": [],
    "commissions": [],
}


def test_an_affiliate_sees_the_link_of_the_public_site(member: Browser, bus: RecordingBus) -> None:
    bus.answer("affiliates", "affiliate", AFFILIATE)
    bus.answer("affiliates", "commissions", {"items": [], "next_cursor": None})
    answer = member.get("/affiliate")
    assert answer.status_code == 200
    assert "https://members.test/?ref=ADA-7" in answer.text
    assert "<svg" in answer.text


def test_joining_makes_an_affiliate_of_the_caller(member: Browser, bus: RecordingBus) -> None:
    bus.answer("affiliates", "join", {"affiliate_id": ID, "code": "ADA-7"})
    answer = member.post("/affiliate")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/affiliate")
    (asked,) = bus.calls("affiliates", "join")
    assert set(asked.arguments) == {"affiliate_id"}


def test_the_code_to_scan_needs_no_style_and_no_script() -> None:
    drawn = str(qr_code("https://members.test/?ref=ADA"))
    assert drawn.startswith("<svg ")
    assert "style" not in drawn
    assert "script" not in drawn
    assert "viewBox" in drawn
