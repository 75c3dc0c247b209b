"""A member's pages: choosing, ordering, waiting, invoices, settings."""

from typing import Any
from uuid import uuid4

import pytest

from chassis.errors import NotFound
from tests.gateway.browsing import USER, Browser
from tests.gateway.recording import RecordingBus

PLAN_ID = "018f0000-0000-7000-8000-00000000d001"
INVOICE_ID = "018f0000-0000-7000-8000-00000000d002"
EUROS = {"amount": 1200, "currency": "EUR"}
PLAN = {
    "plan_id": PLAN_ID,
    "code": "basic-monthly",
    "version": 1,
    "name": "Basic monthly",
    "description": "Billed every month.",
    "features": ["All articles"],
    "product": {"code": "basic", "name": "Basic", "description": "Everything."},
    "price": EUROS,
    "interval": {"unit": "month", "count": 1},
    "trial": None,
}
CHECKOUT = {
    "invoice_id": INVOICE_ID,
    "number": None,
    "amount": EUROS,
    "form": {
        "action": "https://www.paypal.test:8443/cgi-bin/webscr",
        "method": "post",
        "fields": {"cmd": "_xclick-subscriptions", "invoice": INVOICE_ID, "item_name": 'A "B" <C>'},
    },
}
NOTHING_BOUGHT: dict[str, Any] = {
    "status": "none",
    "has_access": False,
    "subscription_id": None,
    "plan": None,
    "started_at": None,
    "paid_through": None,
    "cancelled_at": None,
    "next_payment": None,
}


def state(now: str) -> dict[str, Any]:
    return {
        "invoice_id": INVOICE_ID,
        "state": now,
        "number": None,
        "plan_name": "Basic monthly",
        "amount": EUROS,
    }


@pytest.fixture(autouse=True)
def billing(bus: RecordingBus) -> RecordingBus:
    bus.answer("billing", "pricing", {"plans": [PLAN]})
    bus.answer("billing", "membership", NOTHING_BOUGHT)
    bus.answer("billing", "start_checkout", CHECKOUT)
    bus.answer("billing", "invoices", {"items": [], "next_cursor": None})
    return bus


def test_the_plans_are_for_everybody(visitor: Browser, bus: RecordingBus) -> None:
    answer = visitor.get("/pricing")
    assert answer.status_code == 200
    assert "Basic monthly" in answer.text
    assert not bus.calls("billing", "membership")


def test_the_plans_page_stands_without_billing(visitor: Browser, bus: RecordingBus) -> None:
    bus.answers.clear()
    assert visitor.get("/pricing").status_code == 200


def test_an_order_is_looked_at_before_it_is_made(member: Browser, bus: RecordingBus) -> None:
    answer = member.get(f"/checkout/{PLAN_ID}")
    assert answer.status_code == 200
    assert "Basic monthly" in answer.text
    assert 'name="invoice_id"' in answer.text
    assert not bus.calls("billing", "start_checkout")


def test_a_plan_that_is_not_on_sale_is_not_found(member: Browser) -> None:
    assert member.get(f"/checkout/{uuid4()}").status_code == 404


def test_ordering_leads_to_the_provider_and_nowhere_else(
    member: Browser, bus: RecordingBus
) -> None:
    answer = member.post(f"/checkout/{PLAN_ID}", data={"invoice_id": INVOICE_ID})
    assert answer.status_code == 200
    assert 'action="https://www.paypal.test:8443/cgi-bin/webscr"' in answer.text
    assert "A &#34;B&#34; &lt;C&gt;" in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert "form-action 'self' https://www.paypal.test:8443;" in policy
    assert "paypal" not in member.get("/pricing").headers["Content-Security-Policy"]
    (asked,) = bus.calls("billing", "start_checkout")
    assert asked.arguments == {"invoice_id": INVOICE_ID, "plan_id": PLAN_ID}


def test_pressing_twice_is_one_order(member: Browser, bus: RecordingBus) -> None:
    for _ in range(2):
        member.post(f"/checkout/{PLAN_ID}", data={"invoice_id": INVOICE_ID})
    first, second = bus.calls("billing", "start_checkout")
    assert (first.call_id, first.arguments) == (second.call_id, second.arguments)


@pytest.mark.parametrize("typed", [{}, {"invoice_id": "nonsense"}])
def test_an_order_without_an_id_gets_one(
    member: Browser, bus: RecordingBus, typed: dict[str, str]
) -> None:
    member.post(f"/checkout/{PLAN_ID}", data=typed)
    (asked,) = bus.calls("billing", "start_checkout")
    assert str(asked.call_id) == asked.arguments["invoice_id"]


@pytest.mark.parametrize("now", ["open", "pending"])
def test_waiting_reloads_without_javascript_too(
    member: Browser, bus: RecordingBus, now: str
) -> None:
    bus.answer("billing", "checkout_state", state(now))
    answer = member.get(f"/checkout/{INVOICE_ID}/waiting")
    assert answer.status_code == 200
    assert '<meta http-equiv="refresh"' in answer.text


def test_a_paid_order_leads_to_the_dashboard(member: Browser, bus: RecordingBus) -> None:
    bus.answer("billing", "checkout_state", state("paid"))
    answer = member.get(f"/checkout/{INVOICE_ID}/waiting")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/dashboard")
    assert "Basic monthly is yours." in member.get("/dashboard").text


def test_htmx_gets_the_part_that_it_asked_for(member: Browser, bus: RecordingBus) -> None:
    bus.answer("billing", "checkout_state", state("paid"))
    answer = member.get(f"/checkout/{INVOICE_ID}/waiting", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert 'data-go-to="/dashboard"' in answer.text


def test_a_dashboard_asks_for_everything_at_once_and_stands_without_it(
    member: Browser, bus: RecordingBus
) -> None:
    bus.answers.pop(("billing", "membership"))
    bus.answers.pop(("billing", "invoices"))
    assert member.get("/dashboard").status_code == 200
    asked = {(each.service, each.method) for each in bus.asked if each.service != "auth"}
    assert asked == {
        ("billing", "membership"),
        ("billing", "invoices"),
        ("affiliates", "affiliate"),
    }


def test_somebody_else_s_invoice_is_not_found(member: Browser, bus: RecordingBus) -> None:
    unknown = NotFound("invoice_unknown", "There is no such invoice.")
    bus.answer("billing", "invoice", unknown)
    bus.answer("billing", "invoice_document", unknown)
    assert member.get(f"/invoices/{INVOICE_ID}").status_code == 404
    assert member.get(f"/invoices/{INVOICE_ID}.pdf").status_code == 404


def test_the_pdf_is_a_download(member: Browser, bus: RecordingBus) -> None:
    found = {"name": "invoice-R-7.pdf", "content_type": "application/pdf", "content": "JVBERg=="}
    bus.answer("billing", "invoice_document", found)
    answer = member.get(f"/invoices/{INVOICE_ID}.pdf")
    assert (answer.data, answer.content_type) == (b"%PDF", "application/pdf")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="invoice-R-7.pdf"'


@pytest.mark.parametrize(
    ("query", "limit"),
    [("", 25), ("?limit=7", 7), ("?limit=1000", 100), ("?limit=0", 1), ("?limit=x", 25)],
)
def test_a_listing_is_never_longer_than_100(
    member: Browser, bus: RecordingBus, query: str, limit: int
) -> None:
    assert member.get(f"/invoices{query}").status_code == 200
    assert bus.calls("billing", "invoices")[-1].arguments == {"limit": limit}


def test_a_time_zone_is_set_and_seen_at_once(member: Browser, bus: RecordingBus) -> None:
    user = {"user_id": str(USER), "name": "Ada", "email": "ada@example.org", "time_zone": "UTC"}
    bus.answer("auth", "user", user)
    bus.answer("auth", "set_time_zone", None)
    assert member.get("/settings").status_code == 200
    sessions_asked = len(bus.calls("auth", "session"))
    assert member.post("/settings", data={"time_zone": "Asia/Tokyo"}).status_code == 303
    (asked,) = bus.calls("auth", "set_time_zone")
    assert asked.arguments == {"time_zone": "Asia/Tokyo"}
    member.get("/settings")
    assert len(bus.calls("auth", "session")) == sessions_asked + 1


def test_a_time_zone_that_is_none_is_refused_beside_its_field(member: Browser) -> None:
    answer = member.post("/settings", data={"time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert "not a time zone" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/dashboard",
        "/settings",
        "/affiliate",
        "/invoices",
        f"/invoices/{INVOICE_ID}",
        f"/invoices/{INVOICE_ID}.pdf",
        f"/checkout/{PLAN_ID}",
        f"/checkout/{INVOICE_ID}/waiting",
        "/operator",
        "/operator/payments",
        "/operator/deliveries",
        "/operator/jobs",
        "/operator/dead-letters",
    ],
)
def test_visitors_are_sent_to_log_in_and_back(
    visitor: Browser, bus: RecordingBus, path: str
) -> None:
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/log-in?next={path}")
    assert not bus.asked
