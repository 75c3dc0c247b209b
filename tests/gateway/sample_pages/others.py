"""What affiliates, notifications and auth answer, and dead letters."""

from typing import Any

import segno
from markupsafe import Markup

from tests.gateway.sample_pages.values import LONG, Row, an_id, at, euros, yen


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
STRANGER: Row = {
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
        "wire": "billing.invoice_paid",
        "account_id": str(an_id(1)),
        "email": "ada.moreau@example.org",
        "name": "Ada Moreau",
        "state": state,
        "reason": None,
        "attempts": 1,
        "created_at": at(minutes=7 * number),
        "due_at": None if state == "sent" else at(minutes=-5),
        "sent_at": at(minutes=7 * number) if state == "sent" else None,
        **changed,
    }


REFUSED = {"attempts": 6, "reason": "550 5.1.1 <nobody@example.org>: user unknown", "name": LONG}
DELIVERIES = [
    delivery(1, "sent"),
    delivery(2, "due", rule="already_registered", wire="auth.sign_up_repeated", email=None),
    delivery(3, "failed", email=f"{'long-' * 9}address@example.org", **REFUSED),
]
DELIVERY = {
    **DELIVERIES[2],
    "message_id": "<019aa000@lindenhall.example>",
    "request_id": str(an_id(700)),
    "time_zone": None,
    "because": "A payment arrived.",
    "preview": {
        "subject": "Your receipt, invoice 2026-00002",
        "text": "Thank you.\n\nWe received EUR 12.00 for Basic monthly.",
        "html": "<p>Thank you.</p>",
    },
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
ACCOUNTS = {"users": 2310, "confirmed": 2204, "signed_up_recently": 143}
