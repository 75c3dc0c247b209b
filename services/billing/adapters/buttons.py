"""PayPal Standard's Subscribe and Buy-now forms (HTML variables for PayPal Payments Standard).

Whatever a form says can be changed in the buyer's browser; only the checks on the messages that
come back decide what was sold.
"""

from dataclasses import dataclass
from typing import Any

from services.billing.domain.catalog import Interval, Term, Terms, Unit
from services.billing.domain.orders import Order

LETTERS = {Unit.DAY: "D", Unit.WEEK: "W", Unit.MONTH: "M", Unit.YEAR: "Y"}
LONGEST_NAME = 127


@dataclass(frozen=True)
class Shop:
    """Where the form goes, who is paid, and where our own pages are."""

    paypal_url: str
    business: str
    public_url: str


def form(shop: Shop, order: Order) -> dict[str, Any]:
    """{action, method, fields} of the form that takes the buyer to PayPal."""
    fields = _subscribe(order.terms) if order.terms else _buy_now(order)
    return {
        "action": shop.paypal_url,
        "method": "post",
        "fields": {**fields, **_common(shop, order)},
    }


def _common(shop: Shop, order: Order) -> dict[str, str]:
    invoice_id = str(order.invoice_id)
    return {
        "business": shop.business,
        "item_name": order.name[:LONGEST_NAME],
        "item_number": invoice_id,
        "invoice": invoice_id,
        "custom": order.token,
        "currency_code": order.total.currency,
        "no_shipping": "1",
        "no_note": "1",
        "charset": "UTF-8",
        "notify_url": f"{shop.public_url}/webhooks/paypal/ipn",
        "return": f"{shop.public_url}/checkout/{invoice_id}/waiting",
        "rm": "1",
        "cancel_return": f"{shop.public_url}/pricing",
    }


def _buy_now(order: Order) -> dict[str, str]:
    return {"cmd": "_xclick", "amount": order.total.text()}


def _subscribe(terms: Terms) -> dict[str, str]:
    trial = _term("1", terms.trial) if terms.trial else {}
    manners = {"cmd": "_xclick-subscriptions", "src": "1", "sra": "1"}
    return {**manners, **trial, **_term("3", terms.regular)}


def _term(number: str, term: Term) -> dict[str, str]:
    return {
        f"a{number}": term.price.text(),
        f"p{number}": str(term.interval.count),
        f"t{number}": LETTERS[term.interval.unit],
    }


def interval_of(text: str) -> Interval:
    """Read PayPal's "3 M"; raises ValueError."""
    count, letter = text.split()
    units = {each: unit for unit, each in LETTERS.items()}
    if letter not in units:
        raise ValueError(f"{letter!r} is no unit of PayPal's")
    return Interval(units[letter], int(count))
