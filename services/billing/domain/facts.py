"""What a payment provider told us, in our own words, whoever the provider is."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.money import Money
from services.billing.domain.catalog import Terms


class FactKind(StrEnum):
    """What a message is about."""

    SUBSCRIPTION_SIGNED = "subscription_signed"
    SUBSCRIPTION_CANCELLED = "subscription_cancelled"
    SUBSCRIPTION_FAILED = "subscription_failed"
    TERM_OVER = "term_over"
    SUBSCRIPTION_PAYMENT = "subscription_payment"
    SINGLE_PAYMENT = "single_payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    REVERSAL_CANCELLED = "reversal_cancelled"
    FOR_OPERATORS = "for_operators"  # genuine, but nothing here acts on it by itself
    UNKNOWN = "unknown"


class Standing(StrEnum):
    """How far a payment has come. Completed is final; money back is a fact of its own."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"


PAYMENTS = {FactKind.SUBSCRIPTION_PAYMENT, FactKind.SINGLE_PAYMENT}
MONEY_BACK = {FactKind.REFUND, FactKind.REVERSAL, FactKind.REVERSAL_CANCELLED}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One message of the provider. Amounts are positive whatever sign the provider writes.

    `key` names the fact itself: two messages with the same key tell the same thing.
    `invoice` and `token` came through the buyer's browser and prove nothing alone.
    """

    kind: FactKind
    key: str
    is_test: bool
    receiver_id: str | None = None
    receiver_email: str | None = None
    subscription_ref: str | None = None
    invoice: str | None = None
    token: str | None = None
    transaction: str | None = None
    parent: str | None = None
    standing: Standing | None = None
    amount: Money | None = None
    fee: Money | None = None
    terms: Terms | None = None
    occurred_at: datetime | None = None
