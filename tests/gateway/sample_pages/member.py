"""What members and affiliates see."""

from collections.abc import Callable, Iterator
from typing import Any

from gateway import formats
from tests.gateway.sample_pages import billing, others
from tests.gateway.sample_pages.forms import BLANK, wrong
from tests.gateway.sample_pages.page import READERS, Page
from tests.gateway.sample_pages.values import an_id, at, euros, page_of


def member_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, **given: Any) -> Page:
        return Page(name, f"{template}.html", path, "member", given)

    full = {
        "membership": billing.MEMBERSHIP,
        "invoices": page_of(billing.INVOICES, "more"),
        "affiliate": others.AFFILIATE,
    }
    yield page("dashboard", "member/dashboard", "/dashboard", **full, away=set())
    new = {
        "membership": billing.NO_MEMBERSHIP,
        "invoices": page_of([]),
        "affiliate": others.STRANGER,
    }
    yield page("dashboard-new", "member/dashboard", "/dashboard", **new, away=set())
    away = dict.fromkeys(full)
    yield page("dashboard-away", "member/dashboard", "/dashboard", **away, away=set(full))
    late = {**billing.MEMBERSHIP, "status": "past_due"}
    yield page(
        "dashboard-late", "member/dashboard", "/dashboard", **{**full, "membership": late}, away=()
    )
    ending = {
        **billing.MEMBERSHIP,
        "status": "cancelled",
        "next_payment": None,
        "cancelled_at": at(days=2),
    }
    yield page(
        "dashboard-ending", "member/dashboard", "/", **{**full, "membership": ending}, away=()
    )
    order = {"plan": billing.PLANS[1], "invoice_id": an_id(109)}
    yield page("checkout", "member/checkout", f"/checkout/{an_id(5)}", **order)
    once = {**order, "plan": billing.PLANS[2]}
    yield page("checkout-once", "member/checkout", f"/checkout/{an_id(5)}", **once)
    yield page("checkout-pay", "member/checkout_redirect", "/checkout/5", checkout=billing.CHECKOUT)
    yield from checkout_waiting_pages(page)
    listed = {"page": page_of(billing.INVOICES, "next"), "query": {"cursor": "this"}}
    yield page("invoices", "member/invoices", "/invoices", **listed)
    yield page("invoices-empty", "member/invoices", "/invoices", page=page_of([]), query={})
    many = [billing.invoice(number) for number in range(1, 26)]
    yield page("invoices-many", "member/invoices", "/invoices", page=page_of(many, "n"), query={})
    yield page("invoice", "member/invoice", "/invoices/2", invoice=billing.INVOICE)
    unpaid = {**billing.INVOICE, **billing.OPEN}
    yield page("invoice-open", "member/invoice", "/invoices/9", invoice=unpaid)
    refunded = {**billing.INVOICE, "refunded": euros(500), "has_document": False}
    yield page("invoice-refunded", "member/invoice", "/invoices/1", invoice=refunded)
    settings = {"user": READERS["member"], "time_zones": formats.time_zone_names()}
    zone = {**BLANK, "values": {"time_zone": "Europe/Paris"}}
    yield page("settings", "member/settings", "/settings", **settings, **zone)
    mars = {**wrong(time_zone="There is no such zone."), "problem": None}
    yield page("settings-wrong", "member/settings", "/settings", **settings, **mars)
    joined = {
        "affiliate": others.AFFILIATE,
        "commissions": page_of(others.COMMISSIONS),
        "query": {},
    }
    link = "https://lindenhall.example/?ref=ADA7K2"
    yield page("affiliate", "affiliate/affiliate", "/affiliate", **joined, link=link, qr=others.QR)
    fresh = {
        **joined,
        "affiliate": {**others.AFFILIATE, "balances": []},
        "commissions": page_of([]),
    }
    yield page(
        "affiliate-fresh", "affiliate/affiliate", "/affiliate", **fresh, link=link, qr=others.QR
    )
    stranger = {**fresh, "affiliate": others.STRANGER}
    yield page("affiliate-join", "affiliate/affiliate", "/a", **stranger, link=None, qr=None)


def checkout_waiting_pages(page: Callable[..., Page]) -> Iterator[Page]:
    for state in ("open", "pending", "paid"):
        told = {
            "invoice_id": str(an_id(109)),
            "state": state,
            "number": "2026-00009" if state == "paid" else None,
            "plan_name": "Basic monthly",
            "amount": euros(1200),
        }
        path = f"/checkout/{an_id(109)}/waiting"
        given = {"state": told, "invoice_id": an_id(109)}
        yield page(f"waiting-{state}", "member/checkout_waiting", path, **given)
