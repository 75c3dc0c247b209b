"""What billing answers."""

from typing import Any

from tests.gateway.sample_pages.values import LONG, Row, an_id, at, euros, yen


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


REVENUE = {
    "active_members": 1284,
    "mrr": [euros(1843200), yen(245000)],
    "paid_last_30_days": [euros(1912050)],
    "open_invoices": 17,
    "unmatched_messages": 1,
}
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
