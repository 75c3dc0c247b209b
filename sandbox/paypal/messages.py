"""Instant payment notifications: their fields, in PayPal's order and spelling, and their bytes.

Pure. Which message carries which field follows PayPal's IPN guide (its matrix of variables):
signup, cancel, failed and eot carry no receiver_id and no money; only payments do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote_plus

from sandbox.paypal.amounts import written
from sandbox.paypal.buttons import Button, Buyer
from sandbox.paypal.schedule import PACIFIC, Terms

Fields = tuple[tuple[str, str], ...]

# Month names are PayPal's, whatever the locale of this process says.
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

RESENT = b"&resend=true"


@dataclass(frozen=True)
class Merchant:
    """Who is paid."""

    email: str
    receiver_id: str


@dataclass(frozen=True)
class Seal:
    """What PayPal adds to each message: a signature and the id that ties messages of one act."""

    verify_sign: str
    track_id: str


@dataclass(frozen=True, kw_only=True)
class Deal:
    """What every message about one purchase repeats."""

    button: Button
    buyer: Buyer
    merchant: Merchant
    subscr_id: str | None


@dataclass(frozen=True, kw_only=True)
class Money:
    """One movement of money. `fee` is None while it is not known (a pending eCheck)."""

    txn_id: str
    gross: Decimal
    fee: Decimal | None
    status: str
    at: datetime
    kind: str = "instant"
    pending_reason: str = ""
    reason_code: str = ""
    parent: str = ""


def pacific(at: datetime) -> str:
    """The way PayPal writes a moment: "03:15:00 Jan 31, 2026 PST"."""
    local = at.astimezone(PACIFIC)
    month = _MONTHS[local.month - 1]
    return f"{local:%H:%M:%S} {month} {local:%d}, {local.year} {local.tzname()}"


def encode(fields: Fields, charset: str) -> bytes:
    """The body: names and values urlencoded in `charset`; letters it lacks become "?"."""
    pairs = (f"{name}={quote_plus(value, encoding=charset, errors='replace')}"
             for name, value in fields)  # fmt: skip
    return "&".join(pairs).encode("ascii")


def changed(fields: Fields, values: Mapping[str, str]) -> Fields:
    """The same fields in the same order, some with other values; none is added."""
    return tuple((name, values.get(name, value)) for name, value in fields)


def subscription_message(deal: Deal, txn_type: str, at: datetime, seal: Seal) -> Fields:
    """subscr_signup or subscr_cancel: the terms agreed, no money."""
    return (
        ("txn_type", txn_type),
        ("subscr_id", deal.subscr_id or ""),
        *_names(deal),
        ("subscr_date", pacific(at)),
        *_terms(_terms_of(deal), deal.button.currency),
        *_item(deal),
        *_options(deal),
        ("receiver_email", deal.merchant.email),
        ("business", deal.merchant.email),
        *_closing(deal, seal),
    )


def failed_message(deal: Deal, amount: Decimal, retry_at: datetime | None, seal: Seal) -> Fields:
    """subscr_failed; `retry_at` is when PayPal tries again, None when it does not."""
    currency = deal.button.currency
    return (
        ("txn_type", "subscr_failed"),
        ("subscr_id", deal.subscr_id or ""),
        *_names(deal),
        ("mc_gross", written(amount, currency)),
        ("mc_currency", currency),
        *((("retry_at", pacific(retry_at)),) if retry_at else ()),
        *_item(deal),
        *_options(deal),
        ("receiver_email", deal.merchant.email),
        ("business", deal.merchant.email),
        *_closing(deal, seal),
    )


def term_over_message(deal: Deal, seal: Seal) -> Fields:
    """subscr_eot, the sparsest of all: no dates, no amounts, no invoice."""
    return (
        ("txn_type", "subscr_eot"),
        ("subscr_id", deal.subscr_id or ""),
        *_names(deal),
        ("mc_currency", deal.button.currency),
        ("item_name", deal.button.item_name),
        ("custom", deal.button.custom),
        ("receiver_email", deal.merchant.email),
        ("business", deal.merchant.email),
        *_closing(deal, seal),
    )


def money_message(deal: Deal, txn_type: str, money: Money, seal: Seal) -> Fields:
    """subscr_payment or web_accept; with txn_type "" a refund, a reversal or its undoing."""
    currency = deal.button.currency
    return (
        *((("txn_type", txn_type),) if txn_type else ()),
        *((("subscr_id", deal.subscr_id),) if deal.subscr_id else ()),
        ("txn_id", money.txn_id),
        *((("parent_txn_id", money.parent),) if money.parent else ()),
        ("payment_status", money.status),
        *((("pending_reason", money.pending_reason),) if money.pending_reason else ()),
        *((("reason_code", money.reason_code),) if money.reason_code else ()),
        ("payment_type", money.kind),
        ("payment_date", pacific(money.at)),
        *_sums(money, currency),
        *_price_parts(deal),
        *_names(deal),
        *_item(deal),
        *_options(deal),
        ("transaction_subject", deal.button.item_name),
        ("protection_eligibility", "Ineligible"),
        ("receiver_id", deal.merchant.receiver_id),
        ("receiver_email", deal.merchant.email),
        ("business", deal.merchant.email),
        *_closing(deal, seal),
    )


def _terms_of(deal: Deal) -> Terms:
    if deal.button.terms is None:
        raise ValueError("a Buy-now button has no terms")
    return deal.button.terms


def _terms(terms: Terms, currency: str) -> Fields:
    periods = [*enumerate(terms.trials, 1), (3, terms.regular)]
    amounts = [(n, written(period.amount, currency)) for n, period in periods]
    return (
        *((f"period{n}", period.text()) for n, period in periods),
        # PayPal writes amountN beside mc_amountN for US dollars only.
        *((f"amount{n}", amount) for n, amount in amounts if currency == "USD"),
        *((f"mc_amount{n}", amount) for n, amount in amounts),
        ("mc_currency", currency),
        ("recurring", "1" if terms.recurring else "0"),
        *((("recur_times", str(terms.times)),) if terms.recurring and terms.times else ()),
        ("reattempt", "1" if terms.reattempt else "0"),
    )


def _sums(money: Money, currency: str) -> Fields:
    gross = written(money.gross, currency)
    fee = None if money.fee is None else written(money.fee, currency)
    dollars = currency == "USD"
    return (
        ("mc_gross", gross),
        *((("mc_fee", fee),) if fee is not None else ()),
        ("mc_currency", currency),
        ("payment_gross", gross if dollars else ""),
        *((("payment_fee", fee if dollars else ""),) if fee is not None else ()),
    )


def _price_parts(deal: Deal) -> Fields:
    price, currency = deal.button.price, deal.button.currency
    if price is None:
        return ()
    return (
        ("quantity", str(price.quantity)),
        ("tax", written(price.tax, currency)),
        ("shipping", written(price.shipping, currency)),
        ("handling_amount", written(price.handling, currency)),
        *((("discount", written(price.discount, currency)),) if price.discount else ()),
    )


def _names(deal: Deal) -> Fields:
    return (
        ("first_name", deal.buyer.first_name),
        ("last_name", deal.buyer.last_name),
        ("payer_email", deal.buyer.email),
        ("payer_id", deal.buyer.payer_id),
        ("payer_status", "verified"),
        ("residence_country", deal.buyer.country),
    )


def _item(deal: Deal) -> Fields:
    button = deal.button
    named = (
        ("item_name", button.item_name),
        ("item_number", button.item_number),
        ("invoice", button.invoice),
    )
    # PayPal repeats `custom` even when it is empty, the others only when the button had them.
    return (*(field for field in named if field[1]), ("custom", button.custom))


def _options(deal: Deal) -> Fields:
    return tuple(
        field
        for number, (name, chosen) in enumerate(deal.button.options, 1)
        for field in ((f"option_name{number}", name), (f"option_selection{number}", chosen))
    )


def _closing(deal: Deal, seal: Seal) -> Fields:
    return (
        ("charset", deal.button.charset),
        ("notify_version", "3.9"),
        ("verify_sign", seal.verify_sign),
        ("test_ipn", "1"),
        ("ipn_track_id", seal.track_id),
    )
