"""From a genuine message to its effect: all of it in one transaction, or none of it."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.commands.customers import lock_customer
from services.billing.commands.messages import lock_open, settle
from services.billing.commands.payments import receive_payment
from services.billing.commands.refunds import move_money_back
from services.billing.commands.subscriptions import (
    cancel_subscription,
    fail_subscription,
    sign_subscription,
)
from services.billing.domain.facts import Fact, FactKind
from services.billing.domain.matching import (
    Early,
    Merchant,
    Reason,
    Unmatched,
    check_addressed_to,
)
from services.billing.domain.verifying import MOST_WAITS, pause_after
from services.billing.models import (
    Customer,
    Invoice,
    Payment,
    PaymentMessage,
    ProviderFact,
    Subscription,
)
from services.billing.models.payments import PAYPAL, MessageState

# What a fact does to a customer; the answer is the invoice it is about, None where nothing changed.
Effect = Callable[[Session, Customer, Fact, datetime], UUID | None]

EFFECTS: dict[FactKind, Effect] = {
    FactKind.SUBSCRIPTION_SIGNED: sign_subscription,
    FactKind.SUBSCRIPTION_CANCELLED: cancel_subscription,
    FactKind.SUBSCRIPTION_FAILED: fail_subscription,
    FactKind.SUBSCRIPTION_PAYMENT: receive_payment,
    FactKind.SINGLE_PAYMENT: receive_payment,
    FactKind.REFUND: move_money_back,
    FactKind.REVERSAL: move_money_back,
    FactKind.REVERSAL_CANCELLED: move_money_back,
}


def apply_message(
    session: Session,
    *,
    now: datetime,
    real_now: datetime,
    message_id: UUID,
    fact: Fact | None,
    merchant: Merchant,
) -> MessageState | None:
    """Check a verified message and give it its effect; returns its new state.

    `fact` is None for a body that cannot be read. A message that is settled already stays as it is
    (None). A failed check leaves the message to operators with its reason, and nothing else.
    """
    account_id = _account_of(session, fact) if fact else None
    customer = lock_customer(session, account_id) if account_id else None
    message = lock_open(session, message_id)
    if message is None:
        return None
    message.verified_at = message.verified_at or now
    message.account_id = account_id
    try:
        # The savepoint undoes the first half of an effect whose second half fails a check.
        with session.begin_nested():
            _give_effect(session, customer, message, fact, merchant, now)
    except Unmatched as unmatched:
        settle(message, MessageState.UNMATCHED, now, unmatched.reason.value)
    except Early:
        _wait(message, fact, now, real_now)
    return MessageState(message.state)


def _give_effect(
    session: Session,
    customer: Customer | None,
    message: PaymentMessage,
    fact: Fact | None,
    merchant: Merchant,
    now: datetime,
) -> None:
    if fact is None:
        raise Unmatched(Reason.UNREADABLE)
    check_addressed_to(merchant, fact)
    if fact.kind is FactKind.TERM_OVER:
        # PayPal may send it at the very start (reference 2.4); access ends with what is paid.
        return settle(message, MessageState.IGNORED, now, "changes_nothing")
    if customer is None:
        raise Early if fact.parent else Unmatched(Reason.INVOICE_NOT_FOUND)
    if not _first_told(session, fact, message.message_id):
        return settle(message, MessageState.IGNORED, now, "told_before")
    message.invoice_id = EFFECTS[fact.kind](session, customer, fact, now)
    if message.invoice_id is None:
        return settle(message, MessageState.IGNORED, now, "changes_nothing")
    return settle(message, MessageState.APPLIED, now)


def _first_told(session: Session, fact: Fact, message_id: UUID) -> bool:
    told = insert(ProviderFact).values(provider=PAYPAL, key=fact.key, message_id=message_id)
    first = told.on_conflict_do_nothing().returning(ProviderFact.key)
    return session.scalar(first) is not None


def _wait(message: PaymentMessage, fact: Fact | None, now: datetime, real_now: datetime) -> None:
    if message.attempts > MOST_WAITS:
        return settle(message, MessageState.UNMATCHED, now, Reason.PAYMENT_NEVER_CAME.value)
    message.state = MessageState.WAITING
    message.waits_for = (fact.parent or fact.subscription_ref) if fact else None
    message.next_try_at = real_now + pause_after(max(1, message.attempts))
    return None


def _account_of(session: Session, fact: Fact) -> UUID | None:
    """Whom a message is about: by the provider's ids first, which no buyer can write."""
    by_payment = select(Payment.account_id).where(
        Payment.provider == PAYPAL, Payment.transaction == fact.parent
    )
    by_subscription = select(Subscription.account_id).where(
        Subscription.provider == PAYPAL, Subscription.provider_ref == fact.subscription_ref
    )
    found = session.scalar(by_payment) if fact.parent else None
    if found is None and fact.subscription_ref:
        found = session.scalar(by_subscription)
    invoice_id = invoice_id_in(fact)
    if found is None and invoice_id:
        found = session.scalar(select(Invoice.account_id).where(Invoice.invoice_id == invoice_id))
    return found


def invoice_id_in(fact: Fact) -> UUID | None:
    """The invoice a message names, None for text that is not one of our ids."""
    try:
        return UUID(fact.invoice or "")
    except ValueError:
        return None
