"""PayPal's instant payment notifications: from the bytes to a Fact (PayPal's IPN guide).

Nothing here trusts a message; it only says what the message says. Field names are case-sensitive.
"""

import codecs
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qsl

from chassis.money import Money
from services.billing.adapters.buttons import interval_of
from services.billing.domain.catalog import Term, Terms
from services.billing.domain.facts import MONEY_BACK, PAYMENTS, Fact, FactKind, Standing

DEFAULT_CHARSET = "windows-1252"
MOST_FIELDS = 400

KINDS = {
    "subscr_signup": FactKind.SUBSCRIPTION_SIGNED,
    "subscr_cancel": FactKind.SUBSCRIPTION_CANCELLED,
    "subscr_failed": FactKind.SUBSCRIPTION_FAILED,
    "subscr_eot": FactKind.TERM_OVER,
    "subscr_payment": FactKind.SUBSCRIPTION_PAYMENT,
    "web_accept": FactKind.SINGLE_PAYMENT,
    "subscr_modify": FactKind.FOR_OPERATORS,
    "new_case": FactKind.FOR_OPERATORS,
    "adjustment": FactKind.FOR_OPERATORS,
}
MONEY_BACK_KINDS = {
    "Refunded": FactKind.REFUND,
    "Reversed": FactKind.REVERSAL,
    "Canceled_Reversal": FactKind.REVERSAL_CANCELLED,
}
STANDINGS = {
    "Completed": Standing.COMPLETED,
    "Pending": Standing.PENDING,
    "Processed": Standing.PENDING,
    "Created": Standing.PENDING,
    "Denied": Standing.FAILED,
    "Failed": Standing.FAILED,
    "Expired": Standing.FAILED,
    "Voided": Standing.FAILED,
}
# PayPal's month names, whatever the locale of this process.
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
PACIFIC = {"PST": timezone(timedelta(hours=-8)), "PDT": timezone(timedelta(hours=-7))}
DATE = re.compile(r"(\d\d):(\d\d):(\d\d) ([A-Z][a-z]{2})\.? (\d{1,2}), (\d{4}) (PST|PDT)", re.ASCII)


class Unreadable(Exception):
    """The body is not a notification that can mean one thing only."""


def digest(raw: bytes) -> bytes:
    """What makes two deliveries the same message."""
    return hashlib.sha256(raw).digest()


def read_fields(raw: bytes) -> dict[str, str]:
    """The fields, decoded by the charset they name; raises Unreadable.

    A name that comes twice is refused: PayPal never sends one, and readers would differ on which
    of the two amounts counts.
    """
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, True, encoding=_charset(text), errors="replace",
                          max_num_fields=MOST_FIELDS)  # fmt: skip
    except (ValueError, LookupError) as error:
        raise Unreadable(str(error)) from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Unreadable("a field comes twice")
    return fields


def legible(raw: bytes) -> list[dict[str, str]]:
    """The fields as a person may look at them, repeated ones too; empty for what is no form."""
    text = raw.decode("ascii", errors="replace")
    try:
        pairs = parse_qsl(text, True, encoding=_charset(text), errors="replace",
                          max_num_fields=MOST_FIELDS)  # fmt: skip
    except (ValueError, LookupError):
        return []
    return [{"name": name, "value": value} for name, value in pairs]


def read(raw: bytes) -> Fact:
    """What the message says; raises Unreadable."""
    fields = read_fields(raw)
    kind = _kind(fields)
    try:
        return Fact(
            kind=kind,
            key=_key(kind, fields, raw),
            is_test=fields.get("test_ipn") == "1",
            receiver_id=fields.get("receiver_id") or None,
            receiver_email=fields.get("business") or fields.get("receiver_email") or None,
            subscription_ref=fields.get("subscr_id") or None,
            invoice=fields.get("invoice") or None,
            token=fields.get("custom") or None,
            transaction=fields.get("txn_id") or None,
            parent=fields.get("parent_txn_id") or None,
            standing=STANDINGS.get(fields.get("payment_status", "")) if kind in PAYMENTS else None,
            amount=_amount(fields, kind),
            fee=_money(fields, "mc_fee"),
            terms=_terms(fields) if kind is FactKind.SUBSCRIPTION_SIGNED else None,
            occurred_at=_moment(fields),
        )
    except ValueError as error:
        raise Unreadable(str(error)) from error


def moment(text: str) -> datetime | None:
    """Read "03:15:00 Jan 31, 2026 PST" as UTC, None for "N/A"; raises ValueError.

    By hand: strptime depends on the locale and knows no PST.
    """
    if text in ("", "N/A"):
        return None
    found = DATE.fullmatch(text)
    if found is None or found[4] not in MONTHS:
        raise ValueError(f"{text!r} is not a date of PayPal's")
    month = MONTHS.index(found[4]) + 1
    clock = (int(found[1]), int(found[2]), int(found[3]))
    local = datetime(int(found[6]), month, int(found[5]), *clock, tzinfo=PACIFIC[found[7]])
    return local.astimezone(UTC)


def _charset(text: str) -> str:
    """The message's charset is itself plain ASCII, so it can be read before the rest."""
    named = [value for name, value in parse_qsl(text, True) if name == "charset"]
    charset = codecs.lookup(named[0] if named and named[0] else DEFAULT_CHARSET)
    if not getattr(charset, "_is_text_encoding", True):
        raise LookupError(f"{charset.name} is no charset")
    return charset.name


def _kind(fields: Mapping[str, str]) -> FactKind:
    txn_type, status = fields.get("txn_type", ""), fields.get("payment_status", "")
    if status in MONEY_BACK_KINDS:
        return MONEY_BACK_KINDS[status]
    if not txn_type and fields.get("case_type"):
        return FactKind.FOR_OPERATORS
    kind = KINDS.get(txn_type, FactKind.UNKNOWN)
    if kind in PAYMENTS and status not in STANDINGS:
        return FactKind.UNKNOWN
    return kind


def _key(kind: FactKind, fields: Mapping[str, str], raw: bytes) -> str:
    """Never ipn_track_id or verify_sign: different facts share them (WooCommerce #13922)."""
    if kind in PAYMENTS | MONEY_BACK:
        return f"{fields.get('txn_id', '')}/{fields.get('payment_status', '')}"
    told_at = fields.get("subscr_date") or fields.get("retry_at") or digest(raw).hex()
    return f"{fields.get('subscr_id', '')}/{fields.get('txn_type', '')}/{told_at}"


def _moment(fields: Mapping[str, str]) -> datetime | None:
    return moment(fields.get("payment_date") or fields.get("subscr_date") or "")


def _amount(fields: Mapping[str, str], kind: FactKind) -> Money | None:
    """Money back is written negative, its undoing positive; a payment has no sign to lose."""
    amount = _money(fields, "mc_gross", signed=kind in PAYMENTS)
    return amount if kind in PAYMENTS | MONEY_BACK else None


def _money(fields: Mapping[str, str], name: str, *, signed: bool = False) -> Money | None:
    if not fields.get(name):
        return None
    amount = Money.parse(fields[name], fields.get("mc_currency", ""))
    return amount if signed or amount.amount >= 0 else -amount


def _terms(fields: Mapping[str, str]) -> Terms:
    if fields.get("period2"):
        raise ValueError("a second trial was never sold")
    trial = _term(fields, "1") if fields.get("period1") else None
    recurring = fields.get("recurring") == "1" and not fields.get("recur_times")
    return Terms(_term(fields, "3"), trial, recurring)


def _term(fields: Mapping[str, str], number: str) -> Term:
    price = _money(fields, f"mc_amount{number}", signed=True)
    if price is None:
        raise ValueError(f"mc_amount{number} is missing")
    return Term(price, interval_of(fields.get(f"period{number}", "")))
