"""Every page with data as the services answer it, for the template tests and for screenshots.

The shapes are those of the services' schemas; the values are the awkward ones of real life: long
names, several currencies, nothing at all, many rows, and text that looks like markup.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gateway import formats

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
FOLDER = Path(formats.__file__).parent / "templates"
MARKUP = "<script>alert('x')</script>\"onmouseover=\"alert(1)"
LONG = (
    "Maximiliane-Theodora Freifrau von Hohenlohe-Waldenburg-Schillingsfürst-Donaudampfschifffahrt"
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Page:
    """One page to render: which template, for whom, at which path, with what."""

    name: str
    template: str
    path: str
    reader: str = "visitor"
    variables: Row = field(default_factory=dict)


def environment() -> Environment:
    """As the gateway's, but a variable that is missing is an error."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    formats.install(made)
    made.globals["asset"] = lambda path: f"/static/{path}"
    return made


def render(page: Page, **changed: Any) -> str:
    """The page as text; `changed` replaces variables of every page."""
    given = {**for_every_page(page), **page.variables, **changed}
    return environment().get_template(page.template).render(given)


def for_every_page(page: Page) -> Row:
    """What the gateway gives to every page, as layout/base.html says."""
    return {
        "brand": {"name": "Linden Hall", "accent": "#146c5c"},
        "sandbox": True,
        "mailbox_url": "http://127.0.0.1:8025/mailbox",
        "me": READERS[page.reader],
        "csp_nonce": "bm9uY2Ugb2YgYSBzYW1wbGU",
        "path": page.path,
        "flashes": [],
        "request_id": str(an_id(900)),
        "now": NOW,
    }


READERS: dict[str, Row | None] = {
    "visitor": None,
    "member": {
        "name": "Ada Moreau",
        "email": "ada.moreau@example.org",
        "roles": ["member"],
        "time_zone": "Europe/Paris",
    },
    "operator": {
        "name": "Olu Adeyemi",
        "email": "olu@lindenhall.example",
        "roles": ["member", "operator"],
        "time_zone": "America/New_York",
    },
}


def an_id(number: int) -> UUID:
    return UUID(f"019aa000-0000-7000-8000-{number:012d}")


def at(**before: float) -> str:
    """An instant before now, as it travels."""
    return (NOW - timedelta(**before)).isoformat().replace("+00:00", "Z")


def euros(amount: int) -> Row:
    return {"amount": amount, "currency": "EUR"}


def yen(amount: int) -> Row:
    return {"amount": amount, "currency": "JPY"}


def plan(code: str, name: str, price: Row, unit: str | None, **changed: Any) -> Row:
    return {
        "plan_id": str(an_id(len(code))),
        "code": code,
        "version": 1,
        "name": name,
        "description": f"{name}, for those who like it here.",
        "features": ["All articles", "The weekly letter", "Evenings in the reading room"],
        "product": {"code": "basic", "name": "Basic", "description": "What a member needs."},
        "price": price,
        "interval": {"unit": unit, "count": 1} if unit else None,
        "trial": None,
        **changed,
    }


TRIAL = {"price": euros(0), "interval": {"unit": "day", "count": 14}}
PLANS = [
    plan("basic", "Basic monthly", euros(1200), "month"),
    plan("yearly", "Basic yearly", euros(12000), "year", trial=TRIAL),
    plan("handbook", "Handbook", yen(4900), None),
]
MEMBERSHIP = {
    "status": "active",
    "has_access": True,
    "subscription_id": str(an_id(3)),
    "plan": PLANS[0],
    "started_at": at(days=80),
    "paid_through": at(days=-11),
    "cancelled_at": None,
    "next_payment": {"at": at(days=-11), "amount": euros(1200)},
}
NO_MEMBERSHIP = {
    **dict.fromkeys(MEMBERSHIP),
    "status": "none",
    "has_access": False,
}


def invoice(number: int, /, **changed: Any) -> Row:
    return {
        "invoice_id": str(an_id(100 + number)),
        "account_id": str(an_id(1)),
        "subscription_id": str(an_id(3)),
        "number": f"2026-{number:05d}",
        "state": "paid",
        "charge": "regular",
        "plan_name": "Basic monthly",
        "amount": euros(1200),
        "refunded": euros(0),
        "issued_at": at(days=30 * number),
        "paid_at": at(days=30 * number),
        "period_from": at(days=30 * number),
        "period_to": at(days=30 * (number - 1)),
        "customer_name": "Ada Moreau",
        "customer_email": "ada.moreau@example.org",
        "has_document": True,
        **changed,
    }


OPEN = {"number": None, "state": "open", "paid_at": None, "has_document": False}
INVOICES = [
    invoice(9, **OPEN),
    invoice(2),
    invoice(1, state="refunded", refunded=euros(1200)),
]
INVOICE = {
    **invoice(2),
    "lines": [
        {
            "description": "Basic monthly, 22 Oct to 21 Nov 2026",
            "quantity": 1,
            "unit_amount": euros(1200),
            "amount": euros(1200),
        }
    ],
}


def page_of(items: list[Row], cursor: str | None = None) -> Row:
    return {"items": items, "next_cursor": cursor}


def commission(number: int, earned: Row, taken: int, status: str) -> Row:
    return {
        "commission_id": str(an_id(200 + number)),
        "earned_at": at(days=9 * number + 1),
        "rate_basis_points": 2050,
        "earned": earned,
        "reversed": {**earned, "amount": taken},
        "balance": {**earned, "amount": earned["amount"] - taken},
        "status": status,
    }


COMMISSIONS = [
    commission(1, euros(246), 0, "earned"),
    commission(2, euros(2460), 1230, "partly_reversed"),
    commission(3, yen(1000), 1000, "reversed"),
]
AFFILIATE = {
    "joined": True,
    "affiliate_id": str(an_id(7)),
    "code": "ADA7K2",
    "joined_at": at(days=60),
    "rate_basis_points": 2050,
    "window_days": 60,
    "visits": 12845,
    "sign_ups": 31,
    "balances": [
        {"earned": euros(2706), "reversed": euros(1230), "balance": euros(1476)},
        {"earned": yen(1000), "reversed": yen(1000), "balance": yen(0)},
    ],
    "commissions": COMMISSIONS,
}
STRANGER = {
    **dict.fromkeys(AFFILIATE),
    "joined": False,
    "rate_basis_points": 2000,
    "window_days": 60,
    "visits": 0,
    "sign_ups": 0,
    "balances": [],
    "commissions": [],
}
QR = Markup(  # noqa: S704 - segno draws it
    segno.make("https://lindenhall.example/?ref=ADA7K2", micro=False).svg_inline(omitsize=True)
)


def delivery(number: int, state: str, **changed: Any) -> Row:
    return {
        "delivery_id": str(an_id(300 + number)),
        "rule": "receipt",
        "recipient": "ada.moreau@example.org",
        "subject": "Your receipt, invoice 2026-00002",
        "state": state,
        "attempts": 1,
        "created_at": at(minutes=7 * number),
        "sent_at": at(minutes=7 * number) if state == "sent" else None,
        "error": None,
        **changed,
    }


REFUSED = {"attempts": 6, "error": "550 5.1.1 <nobody@example.org>: user unknown"}
DELIVERIES = [
    delivery(1, "sent"),
    delivery(2, "queued", rule="welcome", subject=None),
    delivery(3, "failed", recipient=f"{'long-' * 9}address@example.org", **REFUSED),
]
HTML_MAIL = (
    '<body style="font-family:sans-serif;padding:24px"><h1>Thank you</h1>'
    "<p>We received EUR 12.00 for Basic monthly.</p></body>"
)


def message(number: int, state: str, reason: str | None = None, **changed: Any) -> Row:
    return {
        "message_id": str(an_id(400 + number)),
        "state": state,
        "reason": reason,
        "received_at": at(hours=number),
        "deliveries": number,
        "attempts": 1,
        "verified_at": at(hours=number) if state not in ("received", "invalid") else None,
        "settled_at": None if state in ("received", "waiting") else at(hours=number),
        "account_id": str(an_id(1)),
        "invoice_id": str(an_id(102)),
        **changed,
    }


MESSAGES = [
    message(1, "received", account_id=None, invoice_id=None),
    message(2, "unmatched", "underpaid"),
    message(3, "applied"),
    message(4, "invalid"),
]
RAW = "txn_type=subscr_payment&mc_gross=11.00&mc_currency=EUR&payer_email=ada%40example.org"
MESSAGE = {
    **MESSAGES[1],
    "content_type": "application/x-www-form-urlencoded",
    "raw": RAW,
    "fields": [
        {"name": "txn_type", "value": "subscr_payment"},
        {"name": "mc_gross", "value": "11.00"},
        {"name": "mc_currency", "value": "EUR"},
        {"name": "address_name", "value": LONG},
    ],
}


def node(name: str, state: str, running: int) -> Row:
    return {
        "name": name,
        "state": state,
        "slots": 4,
        "running": running,
        "labels": {},
        "version": "0.1.0",
        "host": "worker-7.internal",
        "started_at": at(hours=30),
        "lease_until": at(seconds=-20),
    }


def kind(name: str, **counts: int) -> Row:
    known = dict.fromkeys(("ready", "scheduled", "running", "dead", "nodes"), 0)
    return {"name": name, "timeout": 60, "max_attempts": 5, **known, **counts}


def job(number: int, state: str, **changed: Any) -> Row:
    return {
        "uid": str(an_id(500 + number)),
        "kind": "billing.render_invoice",
        "state": state,
        "priority": 2,
        "attempt": 1,
        "max_attempts": 5,
        "node": "n1" if state == "running" else None,
        "account_id": None,
        "run_at": at(minutes=number),
        "created_at": at(minutes=number),
        "claimed_at": None,
        "finished_at": None,
        "error": None,
        **changed,
    }


JOBS = [
    job(1, "running"),
    job(2, "dead", attempt=5, error="Unavailable: billing does not answer"),
    job(3, "succeeded"),
    job(4, "scheduled"),
]
CLUSTER = {
    "nodes": [node("n1", "live", 3), node("n2", "draining", 0)],
    "kinds": [
        kind("billing.render_invoice", ready=12, scheduled=2, running=3, dead=1, nodes=2),
        kind("affiliates.make_statement", nodes=1),
    ],
}


def letter(number: int, service: str, **changed: Any) -> Row:
    return {
        "service": service,
        "message_id": str(an_id(600 + number)),
        "wire": "billing.invoice_paid",
        "error": "KeyError: 'period_from' in handlers.remember_payment",
        "attempt": 6,
        "first_failed_at": at(minutes=20 + number),
        "failed_at": at(minutes=number),
        "request_id": str(an_id(700)),
        "account_id": str(an_id(1)),
        "body": {"invoice_id": str(an_id(102)), "amount": euros(1200), "customer_name": "Zoë"},
        **changed,
    }


LETTERS = [
    letter(1, "affiliates"),
    letter(2, "notifications"),
    letter(3, "notifications", error="", failed_at=None, request_id=None, attempt=1),
]
REVENUE = {
    "active_members": 1284,
    "mrr": [euros(1843200), yen(245000)],
    "paid_last_30_days": [euros(1912050)],
    "open_invoices": 17,
    "unmatched_messages": 1,
}
ACCOUNTS = {"users": 2310, "confirmed": 2204, "signed_up_recently": 143}
OVERVIEW = {
    "revenue": REVENUE,
    "accounts": ACCOUNTS,
    "payments": page_of([MESSAGES[1]]),
    "deliveries": page_of([DELIVERIES[2]], "more"),
    "jobs": CLUSTER,
    "dead_letters": LETTERS,
    "away": set(),
}
BLANK: Row = {"values": {}, "errors": {}, "problem": None}
CHECKOUT = {
    "invoice_id": str(an_id(109)),
    "number": None,
    "amount": euros(1200),
    "form": {
        "action": "http://127.0.0.1:9999/cgi-bin/webscr",
        "method": "post",
        "fields": {"cmd": "_xclick-subscriptions", "a3": "12.00", "currency_code": "EUR"},
    },
}


def problem(status: int, detail: str, errors: list[Row] | None = None) -> Row:
    return {
        "problem": {
            "status": status,
            "title": "Failed",
            "detail": detail,
            "code": "failed",
            "request_id": str(an_id(900)),
            "errors": errors or [],
        }
    }


def wrong(**errors: str) -> Row:
    """A form that was refused: what was typed, and an error for each field named."""
    typed = {"name": LONG, "email": "ada@", "login": "ada", "time_zone": "Mars/Olympus"}
    return {"values": typed, "errors": {name: [said] for name, said in errors.items()}}


def public_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, reader: str = "visitor", **given: Any) -> Page:
        return Page(name, f"public/{template}.html", path, reader, given)

    token = {"token": "tok.en", "email": None}
    yield page("home", "home", "/")
    yield page("pricing", "pricing", "/pricing", plans=PLANS, membership=None)
    yield page(
        "pricing-member", "pricing", "/pricing", "member", plans=PLANS, membership=MEMBERSHIP
    )
    yield page("pricing-empty", "pricing", "/pricing", plans=[], membership=None)
    yield page("pricing-away", "pricing", "/pricing", plans=None, membership=None)
    yield page("sign-up", "sign_up", "/sign-up", next="/dashboard", **BLANK)
    refused = wrong(
        name="This is too long.", email="This is not an e-mail address.", password="Too short."
    )
    yield page("sign-up-wrong", "sign_up", "/sign-up", next="/", problem=None, **refused)
    done = {**BLANK, "email": "ada.moreau@example.org"}
    yield page("sign-up-done", "sign_up_done", "/sign-up/done", **done)
    yield page("sign-up-done-unknown", "sign_up_done", "/sign-up/done", **{**done, "email": None})
    yield page("confirm", "confirm", "/confirm", **BLANK, **token)
    bad_code = {**wrong(code="This code is not right."), "token": None, "email": None}
    yield page("confirm-wrong", "confirm", "/confirm", problem=None, **bad_code)
    stale = {**BLANK, "problem": "This link was used or is too old."}
    yield page("confirm-stale", "confirm", "/confirm", **stale, **token)
    yield page("log-in", "log_in", "/log-in", next="/dashboard", **BLANK)
    denied = {**BLANK, "problem": "Address and password do not fit.", "values": {"login": "ada"}}
    yield page("log-in-wrong", "log_in", "/log-in", next="/dashboard", **denied)
    yield page("recover", "recover", "/recover", sent=False, **BLANK)
    yield page("recover-sent", "recover", "/recover", sent=True, **BLANK)
    yield page("reset", "reset", "/reset", token="tok.en", **BLANK)
    weak = wrong(password="Too short.", token="Too old.")
    yield page("reset-wrong", "reset", "/reset", token="tok.en", problem=None, **weak)
    yield page("reset-incomplete", "reset", "/reset", token=None, **BLANK)
    yield page("error-404", "error", "/lost", **problem(404, "There is nothing at this address."))
    yield page("error-503", "error", "/dashboard", "member", **problem(503, "It is away."))
    field_errors = [{"pointer": "/limit", "detail": "Not a valid integer."}]
    yield page("error-422", "error", "/invoices", "member", **problem(422, "Wrong.", field_errors))


def member_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, **given: Any) -> Page:
        return Page(name, f"{template}.html", path, "member", given)

    full = {"membership": MEMBERSHIP, "invoices": page_of(INVOICES, "more"), "affiliate": AFFILIATE}
    yield page("dashboard", "member/dashboard", "/dashboard", **full, away=set())
    new = {"membership": NO_MEMBERSHIP, "invoices": page_of([]), "affiliate": STRANGER}
    yield page("dashboard-new", "member/dashboard", "/dashboard", **new, away=set())
    away = dict.fromkeys(full)
    yield page("dashboard-away", "member/dashboard", "/dashboard", **away, away=set(full))
    late = {**MEMBERSHIP, "status": "past_due"}
    yield page(
        "dashboard-late", "member/dashboard", "/dashboard", **{**full, "membership": late}, away=()
    )
    ending = {**MEMBERSHIP, "status": "cancelled", "next_payment": None, "cancelled_at": at(days=2)}
    yield page(
        "dashboard-ending", "member/dashboard", "/", **{**full, "membership": ending}, away=()
    )
    order = {"plan": PLANS[1], "invoice_id": an_id(109)}
    yield page("checkout", "member/checkout", f"/checkout/{an_id(5)}", **order)
    once = {**order, "plan": PLANS[2]}
    yield page("checkout-once", "member/checkout", f"/checkout/{an_id(5)}", **once)
    yield page("checkout-pay", "member/checkout_redirect", "/checkout/5", checkout=CHECKOUT)
    yield from checkout_waiting_pages(page)
    listed = {"page": page_of(INVOICES, "next"), "query": {"cursor": "this"}}
    yield page("invoices", "member/invoices", "/invoices", **listed)
    yield page("invoices-empty", "member/invoices", "/invoices", page=page_of([]), query={})
    many = [invoice(number) for number in range(1, 26)]
    yield page("invoices-many", "member/invoices", "/invoices", page=page_of(many, "n"), query={})
    yield page("invoice", "member/invoice", "/invoices/2", invoice=INVOICE)
    unpaid = {**INVOICE, **OPEN}
    yield page("invoice-open", "member/invoice", "/invoices/9", invoice=unpaid)
    refunded = {**INVOICE, "refunded": euros(500), "has_document": False}
    yield page("invoice-refunded", "member/invoice", "/invoices/1", invoice=refunded)
    settings = {"user": READERS["member"], "time_zones": formats.time_zone_names()}
    zone = {**BLANK, "values": {"time_zone": "Europe/Paris"}}
    yield page("settings", "member/settings", "/settings", **settings, **zone)
    mars = {**wrong(time_zone="There is no such zone."), "problem": None}
    yield page("settings-wrong", "member/settings", "/settings", **settings, **mars)
    joined = {"affiliate": AFFILIATE, "commissions": page_of(COMMISSIONS), "query": {}}
    link = "https://lindenhall.example/?ref=ADA7K2"
    yield page("affiliate", "affiliate/affiliate", "/affiliate", **joined, link=link, qr=QR)
    fresh = {**joined, "affiliate": {**AFFILIATE, "balances": []}, "commissions": page_of([])}
    yield page("affiliate-fresh", "affiliate/affiliate", "/affiliate", **fresh, link=link, qr=QR)
    stranger = {**fresh, "affiliate": STRANGER}
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


def operator_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, **given: Any) -> Page:
        return Page(f"operator-{name}", f"operator/{template}.html", path, "operator", given)

    yield page("overview", "overview", "/operator", **OVERVIEW)
    away = {**dict.fromkeys(OVERVIEW), "dead_letters": [], "away": {"jobs", "revenue"}}
    yield page("overview-away", "overview", "/operator", **away)
    quiet = {
        "payments": page_of([]),
        "deliveries": page_of([]),
        "jobs": {"nodes": [], "kinds": []},
        "dead_letters": [],
    }
    yield page("overview-quiet", "overview", "/operator", **{**OVERVIEW, **quiet})
    mails = {"page": page_of(DELIVERIES, "next"), "query": {"state": "failed"}}
    yield page("deliveries", "deliveries", "/operator/deliveries", **mails)
    none: Row = {"page": page_of([]), "query": {}}
    yield page("deliveries-empty", "deliveries", "/operator/deliveries", **none)
    mail = {**DELIVERIES[2], "html": HTML_MAIL, "text": "Thank you.\n\nWe received EUR 12.00."}
    yield page("delivery", "delivery", "/operator/deliveries/3", delivery=mail)
    secret = {**DELIVERIES[0], "html": None, "text": None}
    yield page("delivery-secret", "delivery", "/operator/deliveries/1", delivery=secret)
    inbox = {"page": page_of(MESSAGES, "next"), "query": {}}
    yield page("payments", "payments", "/operator/payments", **inbox)
    yield page("payments-empty", "payments", "/operator/payments", **none)
    yield page("payment", "payment", "/operator/payments/2", message=MESSAGE)
    for each in (MESSAGES[0], *MESSAGES[2:]):
        shown = {**MESSAGE, **each, "fields": []}
        yield page(f"payment-{each['state']}", "payment", "/operator/payments/1", message=shown)
    work: Row = {"page": page_of(JOBS, "next"), "overview": CLUSTER, "query": {}, "away": set()}
    yield page("jobs", "jobs", "/operator/jobs", **work)
    by_dead = {"sort": "dead", "direction": "down", "kind": "billing.render_invoice"}
    yield page("jobs-sorted", "jobs", "/operator/jobs", **{**work, "query": by_dead})
    idle = {**work, "page": page_of([]), "overview": {"nodes": [], "kinds": []}}
    yield page("jobs-empty", "jobs", "/operator/jobs", **idle)
    yield page("jobs-away", "jobs", "/operator/jobs", **{**work, "page": None, "overview": None})
    yield page(
        "dead-letters", "dead_letters", "/operator/dead-letters", letters=LETTERS, away=set()
    )
    yield page(
        "dead-letters-none", "dead_letters", "/operator/dead-letters", letters=[], away=set()
    )
    yield page("dead-letters-away", "dead_letters", "/operator/d", letters=[], away={"billing"})


PAGES = [*public_pages(), *member_pages(), *operator_pages()]
