"""PayPal's messages with made-up values and their real shape (reference 2.11)."""

from typing import Any
from urllib.parse import urlencode

from services.billing.adapters import ipn
from services.billing.domain.matching import Merchant
from services.billing.domain.orders import Order

MERCHANT = Merchant("SHOPSHOPSHOP1", "shop@example.com", is_sandbox=True)
SUBSCR = "I-AAAABBBBCCCC"
TXN = "1AB23456CD789012E"
TXN_2 = "2AB23456CD789012E"


def body(fields: dict[str, str | None], charset: str = "utf-8") -> bytes:
    """The urlencoded bytes; a field that is None is left out."""
    kept = {name: value for name, value in fields.items() if value is not None}
    return urlencode(kept, encoding=charset).encode("ascii")


def common(order: Order | None, **changes: str | None) -> dict[str, str | None]:
    about = {"invoice": str(order.invoice_id), "custom": order.token} if order else {}
    return {
        **about,
        "business": "shop@example.com",
        "receiver_email": "shop@example.com",
        "first_name": "Ann",
        "payer_email": "ann@example.com",
        "charset": "UTF-8",
        "verify_sign": "x" * 56,
        "ipn_track_id": "abcdef0123456",
        "test_ipn": "1",
        **changes,
    }


def sign_up(order: Order, **changes: str | None) -> bytes:
    """subscr_signup as our own form makes it."""
    assert order.terms
    terms: dict[str, str | None] = {}
    for number, term in (("1", order.terms.trial), ("3", order.terms.regular)):
        if term is not None:
            letter = term.interval.unit.value[0].upper()
            terms[f"period{number}"] = f"{term.interval.count} {letter}"
            terms[f"mc_amount{number}"] = term.price.text()
    fields: dict[str, str | None] = {
        "txn_type": "subscr_signup",
        "subscr_id": SUBSCR,
        "subscr_date": "03:15:00 Jan 31, 2026 PST",
        **terms,
        "mc_currency": order.total.currency,
        "recurring": "1",
        "reattempt": "1",
    }
    return body({**common(order), **fields, **changes})


def payment(order: Order, **changes: str | None) -> bytes:
    """A completed subscr_payment of what the order costs."""
    fields: dict[str, str | None] = {
        "txn_type": "subscr_payment",
        "subscr_id": SUBSCR,
        "txn_id": TXN,
        "payment_status": "Completed",
        "payment_type": "instant",
        "payment_date": "03:15:05 Jan 31, 2026 PST",
        "mc_gross": order.total.text(),
        "mc_fee": "0.79",
        "mc_currency": order.total.currency,
        "payment_gross": "",
        "payment_fee": "",
        "receiver_id": MERCHANT.receiver_id,
    }
    return body({**common(order), **fields, **changes})


def renewal(order: Order, day: str, txn_id: str = TXN_2, **changes: str | None) -> bytes:
    """A further subscr_payment on that day, at the minute of the first."""
    return payment(order, txn_id=txn_id, payment_date=f"03:15:05 {day} PST", **changes)


def single_payment(order: Order, **changes: str | None) -> bytes:
    return payment(order, **{"txn_type": "web_accept", "subscr_id": None, **changes})


def cancel(order: Order, **changes: str | None) -> bytes:
    told = {"txn_type": "subscr_cancel", "subscr_date": "10:00:00 Feb 10, 2026 PST"}
    return sign_up(order, **{**told, **changes})


def money_back(order: Order, status: str = "Refunded", **changes: str | None) -> bytes:
    """The whole of the first payment back; PayPal writes what leaves us negative."""
    sign = "" if status == "Canceled_Reversal" else "-"
    fields: dict[str, str | None] = {
        "txn_type": None,
        "payment_status": status,
        "reason_code": "refund",
        "txn_id": "9ZY87654XW321098V",
        "parent_txn_id": TXN,
        "payment_date": "09:00:00 Feb 03, 2026 PST",
        "mc_gross": f"{sign}{order.total.text()}",
        "mc_fee": f"{sign}0.79",
    }
    return payment(order, **{**fields, **changes})


def fact(raw: bytes) -> Any:
    """What is read from it, None for a body that cannot be read."""
    try:
        return ipn.read(raw)
    except ipn.Unreadable:
        return None
