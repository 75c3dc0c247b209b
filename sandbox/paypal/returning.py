"""How the buyer comes back to the shop: the rules of `rm`, and the variables that come along."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from sandbox.paypal.amounts import written
from sandbox.paypal.book import Payment
from sandbox.paypal.messages import Deal, Fields

BY_GET_WITH_VARIABLES = "0"
BY_GET_ALONE = "1"
BY_POST_WITH_VARIABLES = "2"


def return_fields(deal: Deal, payment: Payment | None) -> Fields:
    """PayPal's short names: transaction, status, amount, currency, custom, item."""
    money = (
        ("tx", payment.txn_id),
        ("st", payment.status),
        ("amt", written(payment.gross, deal.button.currency)),
        ("cc", deal.button.currency),
    ) if payment else ()  # fmt: skip
    return (
        ("PayerID", deal.buyer.payer_id),
        *money,
        ("cm", deal.button.custom),
        ("item_number", deal.button.item_number),
    )


def with_variables(address: str, fields: Fields) -> str:
    """`address` with `fields` behind the query it already has."""
    parts = urlsplit(address)
    query = parse_qsl(parts.query, keep_blank_values=True)
    return urlunsplit(parts._replace(query=urlencode([*query, *fields])))


def origin(address: str) -> str:
    """Scheme, host and port, as a content security policy names them."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""
