"""What operators see."""

from collections.abc import Iterator
from typing import Any

from tests.gateway.sample_pages import billing, others, work
from tests.gateway.sample_pages.page import Page
from tests.gateway.sample_pages.values import Row, page_of

OVERVIEW = {
    "revenue": billing.REVENUE,
    "accounts": others.ACCOUNTS,
    "payments": page_of([billing.MESSAGES[1]]),
    "deliveries": page_of([others.DELIVERIES[2]], "more"),
    "jobs": work.OVERVIEW,
    "dead_letters": others.LETTERS,
    "away": set(),
}


def operator_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, **given: Any) -> Page:
        return Page(f"operator-{name}", f"operator/{template}.html", path, "operator", given)

    yield page("overview", "overview", "/operator", **OVERVIEW)
    away: Row = {**dict.fromkeys(OVERVIEW), "dead_letters": [], "away": {"jobs", "revenue"}}
    yield page("overview-away", "overview", "/operator", **away)
    quiet = {
        "payments": page_of([]),
        "deliveries": page_of([]),
        "jobs": work.EMPTY,
        "dead_letters": [],
    }
    yield page("overview-quiet", "overview", "/operator", **{**OVERVIEW, **quiet})
    mails = {"page": page_of(others.DELIVERIES, "next"), "query": {"state": "failed"}}
    yield page("deliveries", "deliveries", "/operator/deliveries", **mails)
    none: Row = {"page": page_of([]), "query": {}}
    yield page("deliveries-empty", "deliveries", "/operator/deliveries", **none)
    path = f"/operator/deliveries/{others.DELIVERY['delivery_id']}"
    yield page("delivery", "delivery", path, delivery=others.DELIVERY)
    unread = {**others.DELIVERY, **others.DELIVERIES[0], "preview": None}
    yield page("delivery-unread", "delivery", path, delivery=unread)
    doubt = {**others.DELIVERY, "state": "unknown"}
    yield page("delivery-doubt", "delivery", path, delivery=doubt)
    inbox = {"page": page_of(billing.MESSAGES, "next"), "query": {}}
    yield page("payments", "payments", "/operator/payments", **inbox)
    yield page("payments-empty", "payments", "/operator/payments", **none)
    yield page("payment", "payment", "/operator/payments/2", message=billing.MESSAGE)
    for each in (billing.MESSAGES[0], *billing.MESSAGES[2:]):
        shown = {**billing.MESSAGE, **each, "fields": []}
        yield page(f"payment-{each['state']}", "payment", "/operator/payments/1", message=shown)
    yield page(
        "dead-letters", "dead_letters", "/operator/dead-letters", letters=others.LETTERS, away=set()
    )
    yield page(
        "dead-letters-none", "dead_letters", "/operator/dead-letters", letters=[], away=set()
    )
    yield page("dead-letters-away", "dead_letters", "/operator/d", letters=[], away={"billing"})
