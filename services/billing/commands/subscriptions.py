"""Subscriptions as the provider tells of them. Any message may be the first that comes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.ids import new_id
from services.billing import events
from services.billing.commands.checkout import is_subscribed
from services.billing.commands.finalising import finalise
from services.billing.domain.facts import Fact
from services.billing.domain.matching import Early, Reason, Unmatched, check_terms
from services.billing.models import Customer, Invoice, Subscription
from services.billing.models.invoices import InvoiceState
from services.billing.models.payments import PAYPAL


def sign_subscription(
    session: Session, customer: Customer, fact: Fact, now: datetime
) -> UUID | None:
    """The buyer agreed. Grants nothing by itself, except a free trial where one was sold."""
    subscription = subscription_for(session, customer, fact, now)
    terms = subscription.plan.terms(with_trial=subscription.with_trial)
    if terms is None:
        raise Unmatched(Reason.INVOICE_NOT_FOR_THIS)
    check_terms(terms, fact.terms)
    subscription.signed_at = fact.occurred_at or now
    subscription.version += 1
    invoice = checkout_invoice(session, subscription)
    if invoice.state == InvoiceState.OPEN and invoice.amount == 0:
        finalise(session, customer, invoice, subscription, None, fact.occurred_at or now, now)
    return invoice.invoice_id


def cancel_subscription(
    session: Session, customer: Customer, fact: Fact, now: datetime
) -> UUID | None:
    """No more renewals; what is paid stays."""
    subscription = subscription_for(session, customer, fact, now)
    if subscription.cancelled_at is not None:
        return None
    subscription.cancelled_at = fact.occurred_at or now
    subscription.version += 1
    session.flush()
    outbox.stage(
        session,
        events.SubscriptionCancelled(
            subscription_id=subscription.subscription_id,
            account_id=subscription.account_id,
            plan_name=subscription.plan.name,
            paid_through=subscription.paid_through,
            version=subscription.version,
        ),
    )
    return checkout_invoice(session, subscription).invoice_id


def fail_subscription(
    session: Session, customer: Customer, fact: Fact, now: datetime
) -> UUID | None:
    """A payment was not collected; the provider tries again by itself."""
    subscription = _known(session, fact)
    if subscription is None or subscription.account_id != customer.account_id:
        raise Early
    subscription.failed_at = max(subscription.failed_at or now, now)
    subscription.version += 1
    return checkout_invoice(session, subscription).invoice_id


def subscription_for(
    session: Session, customer: Customer, fact: Fact, now: datetime
) -> Subscription:
    """The subscription a message is about, made of its invoice when this is its first message.

    Raises Unmatched when the invoice is somebody else's, another subscription's, or unknown.
    """
    subscription = _known(session, fact)
    if subscription is None:
        return _adopt(session, customer, fact, now)
    if fact.invoice is not None or fact.token is not None:
        _check_form(checkout_invoice(session, subscription), fact)
    return subscription


def invoice_of_form(session: Session, customer: Customer, fact: Fact) -> Invoice:
    """The invoice whose own form a message came from; raises Unmatched."""
    try:
        invoice = session.get(Invoice, UUID(fact.invoice or ""))
    except ValueError:
        invoice = None
    if invoice is None or invoice.account_id != customer.account_id:
        raise Unmatched(Reason.INVOICE_NOT_FOUND)
    _check_form(invoice, fact)
    return invoice


def checkout_invoice(session: Session, subscription: Subscription) -> Invoice:
    """The invoice that the subscription was sold with: its period 0."""
    first = select(Invoice).where(
        Invoice.subscription_id == subscription.subscription_id, Invoice.period_index == 0
    )
    return session.scalars(first).one()


def next_index(session: Session, subscription: Subscription) -> int:
    """The first period that has no invoice yet."""
    of_it = Invoice.subscription_id == subscription.subscription_id
    newest = session.scalar(select(func.max(Invoice.period_index)).where(of_it))
    return 0 if newest is None else newest + 1


def _known(session: Session, fact: Fact) -> Subscription | None:
    by_ref = select(Subscription).where(
        Subscription.provider == PAYPAL, Subscription.provider_ref == fact.subscription_ref
    )
    return session.scalars(by_ref.with_for_update(of=Subscription)).one_or_none()


def _adopt(session: Session, customer: Customer, fact: Fact, now: datetime) -> Subscription:
    invoice = invoice_of_form(session, customer, fact)
    if invoice.plan.interval is None:
        raise Unmatched(Reason.INVOICE_NOT_FOR_THIS)
    if invoice.subscription_id is not None:
        raise Unmatched(Reason.INVOICE_OF_OTHER_SUBSCRIPTION)
    if is_subscribed(session, customer.account_id, invoice.plan, now):
        raise Unmatched(Reason.ALREADY_SUBSCRIBED)
    subscription = Subscription(
        subscription_id=new_id(),
        site_id=customer.site_id,
        account_id=customer.account_id,
        plan=invoice.plan,
        plan_id=invoice.plan_id,
        provider=PAYPAL,
        provider_ref=fact.subscription_ref,
        with_trial=invoice.charge == "trial",
        time_zone=customer.time_zone,
        version=0,
    )
    session.add(subscription)
    session.flush()
    invoice.subscription_id = subscription.subscription_id
    invoice.period_index = 0
    session.flush()
    return subscription


def _check_form(invoice: Invoice, fact: Fact) -> None:
    """Both values came through the buyer's browser; only our own form had them together."""
    if fact.invoice is not None and fact.invoice.lower() != str(invoice.invoice_id):
        raise Unmatched(Reason.INVOICE_OF_OTHER_SUBSCRIPTION)
    if fact.token != invoice.token:
        raise Unmatched(Reason.TOKEN_WRONG)
