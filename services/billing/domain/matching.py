"""The checks between a genuine message and its effect, in their order (reference 2.6).

A message that fails one has no effect and waits for an operator with the reason given here.
"""

from dataclasses import dataclass
from enum import StrEnum

from chassis.money import Money
from services.billing.domain.catalog import Terms
from services.billing.domain.facts import MONEY_BACK, PAYMENTS, Fact, FactKind, Standing


class Reason(StrEnum):
    """Why a genuine message has no effect yet."""

    UNREADABLE = "unreadable"
    OTHER_RECEIVER = "other_receiver"
    TEST_MESSAGE_IN_PRODUCTION = "test_message_in_production"
    LIVE_MESSAGE_IN_SANDBOX = "live_message_in_sandbox"
    UNKNOWN_TYPE = "unknown_type"
    FOR_OPERATORS = "for_operators"
    INCOMPLETE = "incomplete"
    INVOICE_NOT_FOUND = "invoice_not_found"
    TOKEN_WRONG = "token_wrong"  # noqa: S105 - a reason, no secret
    INVOICE_OF_OTHER_SUBSCRIPTION = "invoice_of_other_subscription"
    INVOICE_NOT_FOR_THIS = "invoice_not_for_this"
    ALREADY_PAID = "already_paid"
    ALREADY_SUBSCRIBED = "already_subscribed"
    CURRENCY_DIFFERS = "currency_differs"
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    TERMS_DIFFER = "terms_differ"
    REFUND_EXCEEDS_PAYMENT = "refund_exceeds_payment"
    PAYMENT_NEVER_CAME = "payment_never_came"


class Unmatched(Exception):
    """A check failed; `reason` goes to the operators' inbox."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class Early(Exception):
    """What this message builds on has not come yet; it is tried again."""


@dataclass(frozen=True)
class Merchant:
    """Who we are at the provider, and whether this is the sandbox."""

    receiver_id: str
    email: str
    is_sandbox: bool


def check_addressed_to(merchant: Merchant, fact: Fact) -> None:
    """Checks 1 to 3: our money, our environment, a message that we understand."""
    if not _is_received_by(merchant, fact):
        raise Unmatched(Reason.OTHER_RECEIVER)
    if fact.is_test and not merchant.is_sandbox:
        raise Unmatched(Reason.TEST_MESSAGE_IN_PRODUCTION)
    if merchant.is_sandbox and not fact.is_test:
        raise Unmatched(Reason.LIVE_MESSAGE_IN_SANDBOX)
    if fact.kind is FactKind.UNKNOWN:
        raise Unmatched(Reason.UNKNOWN_TYPE)
    if fact.kind is FactKind.FOR_OPERATORS:
        raise Unmatched(Reason.FOR_OPERATORS)
    if not _is_complete(fact):
        raise Unmatched(Reason.INCOMPLETE)


def check_amount(expected: Money, paid: Money | None) -> None:
    """Check 6: exactly what this period costs; nothing is "close enough"."""
    if paid is None:
        raise Unmatched(Reason.INCOMPLETE)
    if paid.currency != expected.currency:
        raise Unmatched(Reason.CURRENCY_DIFFERS)
    if paid < expected:
        raise Unmatched(Reason.UNDERPAID)
    if expected < paid:
        raise Unmatched(Reason.OVERPAID)


def check_terms(sold: Terms, signed: Terms | None) -> None:
    """The buyer's form was ours: same prices, same lengths, no trial of his own, recurring."""
    if signed != sold:
        raise Unmatched(Reason.TERMS_DIFFER)


def supersedes(told: Standing, known: Standing | None) -> bool:
    """Whether a payment's new standing counts; late news about a completed payment does not."""
    if known is None:
        return True
    rank = {Standing.PENDING: 0, Standing.FAILED: 1, Standing.COMPLETED: 2}
    return rank[told] > rank[known]


def _is_received_by(merchant: Merchant, fact: Fact) -> bool:
    if fact.receiver_id is not None:
        return fact.receiver_id.upper() == merchant.receiver_id.upper()
    named = (fact.receiver_email or "").lower()
    return named in (merchant.email.lower(), merchant.receiver_id.lower())


def _is_complete(fact: Fact) -> bool:
    if fact.kind in PAYMENTS | MONEY_BACK:
        if not fact.transaction or fact.amount is None or fact.amount.amount <= 0:
            return False
        if fact.kind in PAYMENTS and fact.standing is None:
            return False
    if fact.kind in MONEY_BACK:
        return bool(fact.parent)
    return fact.kind is FactKind.SINGLE_PAYMENT or bool(fact.subscription_ref)
