"""Payments: which invoice a payment is for, and what is recorded of it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.ids import new_id
from services.billing import events
from services.billing.commands.checkout import new_invoice
from services.billing.commands.finalising import finalise
from services.billing.commands.subscriptions import (
    checkout_invoice,
    invoice_of_form,
    next_index,
    subscription_for,
)
from services.billing.domain.facts import Fact, FactKind, Standing
from services.billing.domain.matching import (
    Early,
    Reason,
    Unmatched,
    check_amount,
    supersedes,
)
from services.billing.models import Customer, Invoice, Payment, Subscription
from services.billing.models.invoices import Charge, InvoiceState
from services.billing.models.payments import PAYPAL


def receive_payment(session: Session, customer: Customer, fact: Fact, now: datetime) -> UUID | None:
    """Record what the provider says of a payment; a completed one pays its invoice.

    A pending one grants nothing; what comes late about a completed one changes nothing (None).
    """
    known = _known_payment(session, fact)
    if fact.standing is None:
        raise Unmatched(Reason.INCOMPLETE)
    if not supersedes(fact.standing, Standing(known.standing) if known else None):
        return None
    subscription: Subscription | None = None
    if fact.kind is FactKind.SUBSCRIPTION_PAYMENT:
        subscription = subscription_for(session, customer, fact, now)
        invoice = _next_to_pay(session, customer, subscription, now)
    else:
        invoice = _single_to_pay(session, customer, fact)
    check_amount(invoice.total, fact.amount)
    if fact.standing is not Standing.COMPLETED:
        return _note(session, customer, invoice, subscription, fact, fact.standing, known, now)
    return _collect(session, customer, invoice, subscription, fact, known, now)


def _known_payment(session: Session, fact: Fact) -> Payment | None:
    by_transaction = select(Payment).where(
        Payment.provider == PAYPAL, Payment.transaction == fact.transaction
    )
    return session.scalars(by_transaction.with_for_update()).one_or_none()


def _next_to_pay(
    session: Session, customer: Customer, subscription: Subscription, now: datetime
) -> Invoice:
    """The oldest open invoice of the subscription, else one for its next period, not yet added.

    A free trial's invoice is no payment's: the sign-up, which has not come yet, settles it.
    """
    open_ones = (
        select(Invoice)
        .where(
            Invoice.subscription_id == subscription.subscription_id,
            Invoice.state == InvoiceState.OPEN,
        )
        .order_by(Invoice.period_index)
    )
    invoice = session.scalars(open_ones).first()
    if invoice is not None and invoice.amount == 0:
        raise Early
    if invoice is not None:
        return invoice
    plan = subscription.plan
    return new_invoice(customer, plan, new_id(), Charge.REGULAR, plan.price, now)


def _single_to_pay(session: Session, customer: Customer, fact: Fact) -> Invoice:
    invoice = invoice_of_form(session, customer, fact)
    if invoice.charge != Charge.ONCE:
        raise Unmatched(Reason.INVOICE_NOT_FOR_THIS)
    if invoice.state != InvoiceState.OPEN:
        raise Unmatched(Reason.ALREADY_PAID)
    return invoice


def _note(
    session: Session,
    customer: Customer,
    invoice: Invoice,
    subscription: Subscription | None,
    fact: Fact,
    standing: Standing,
    known: Payment | None,
    now: datetime,
) -> UUID:
    """Remember a payment that has not succeeded; a renewal's invoice is made only when paid."""
    payment = known or _new_payment(session, customer, fact, now)
    payment.standing = standing
    payment.version += 1
    if subscription is not None and invoice not in session:
        payment.invoice_id = None
        return checkout_invoice(session, subscription).invoice_id
    payment.invoice_id = invoice.invoice_id
    return invoice.invoice_id


def _collect(
    session: Session,
    customer: Customer,
    invoice: Invoice,
    subscription: Subscription | None,
    fact: Fact,
    known: Payment | None,
    now: datetime,
) -> UUID:
    """Payment, invoice, ledger, period and events, all in this transaction."""
    if subscription is not None and invoice not in session:
        _issue_renewal(session, subscription, invoice)
    payment = known or _new_payment(session, customer, fact, now)
    payment.standing = Standing.COMPLETED
    payment.invoice_id = invoice.invoice_id
    payment.fee_amount = fact.fee.amount if fact.fee else None
    payment.occurred_at = fact.occurred_at or now
    payment.version += 1
    finalise(session, customer, invoice, subscription, payment, payment.occurred_at, now)
    return invoice.invoice_id


def _issue_renewal(session: Session, subscription: Subscription, invoice: Invoice) -> None:
    invoice.subscription_id = subscription.subscription_id
    invoice.period_index = next_index(session, subscription)
    session.add(invoice)
    session.flush()
    outbox.stage(
        session,
        events.InvoiceIssued(
            invoice_id=invoice.invoice_id,
            account_id=invoice.account_id,
            amount=invoice.total,
            version=1,
        ),
    )


def _new_payment(session: Session, customer: Customer, fact: Fact, now: datetime) -> Payment:
    if fact.amount is None:
        raise Unmatched(Reason.INCOMPLETE)
    payment = Payment(
        payment_id=new_id(),
        site_id=customer.site_id,
        account_id=customer.account_id,
        provider=PAYPAL,
        transaction=fact.transaction,
        standing=Standing.PENDING,
        amount=fact.amount.amount,
        fee_amount=fact.fee.amount if fact.fee else None,
        refunded_amount=0,
        currency=fact.amount.currency,
        occurred_at=fact.occurred_at or now,
        version=0,
    )
    session.add(payment)
    return payment
