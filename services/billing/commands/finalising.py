"""Making an invoice final: its period, its place in the ledger, its number, its events."""

from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from services.billing import events
from services.billing.commands.ledger import record
from services.billing.commands.messages import wake_waiting
from services.billing.domain import ledger
from services.billing.domain.numbering import number_in, series_of
from services.billing.models import Customer, Invoice, NumberSeries, Payment, Subscription
from services.billing.models.invoices import InvoiceState


def finalise(
    session: Session,
    customer: Customer,
    invoice: Invoice,
    subscription: Subscription | None,
    payment: Payment | None,
    paid_at: datetime,
    now: datetime,
) -> None:
    """The invoice is paid, by `payment` or, for a free trial, by nothing.

    The number comes last: its row is the one that all customers of a site share.
    """
    has_begun = subscription is not None and subscription.started_at is None
    if subscription is not None:
        _give_period(subscription, invoice, paid_at)
        wake_waiting(session, subscription.provider_ref)
    if payment is not None:
        _book(session, customer, payment, now)
        wake_waiting(session, payment.transaction)
    session.flush()
    _close(session, customer, invoice, paid_at, now)
    if subscription is not None:
        refresh_paid_through(session, subscription)
        if has_begun:
            outbox.stage(session, _started(subscription))
    if payment is not None:
        outbox.stage(session, _paid(invoice, payment, customer, paid_at))
    outbox.enqueue(
        session,
        "billing.render_invoice",
        {"invoice_id": str(invoice.invoice_id)},
        uid=render_uid(invoice.invoice_id),
    )


def render_uid(invoice_id: UUID) -> UUID:
    """The one job that renders this invoice."""
    return uuid5(invoice_id, "billing.render_invoice")


def refresh_paid_through(session: Session, subscription: Subscription) -> None:
    """Paid through the end of the last period that is paid and not given back."""
    paid = select(func.max(Invoice.period_to)).where(
        Invoice.subscription_id == subscription.subscription_id,
        Invoice.state == InvoiceState.PAID,
    )
    subscription.paid_through = session.scalar(paid)
    subscription.version += 1
    session.flush()


def _give_period(subscription: Subscription, invoice: Invoice, paid_at: datetime) -> None:
    interval = subscription.plan.interval
    if interval is None or invoice.period_index is None:
        raise ValueError("a subscription's invoice has a period")
    anchor = subscription.anchor_at or paid_at
    period = subscription.schedule(anchor, interval).period(invoice.period_index)
    invoice.period_from, invoice.period_to = period.start, period.end
    subscription.anchor_at = anchor
    subscription.started_at = subscription.started_at or anchor


def _book(session: Session, customer: Customer, payment: Payment, now: datetime) -> None:
    transfers = ledger.payment(payment.money, payment.fee)
    kind, source = ledger.EntryKind.PAYMENT, payment.payment_id
    record(session, kind, source, customer, payment.occurred_at, now, transfers)


def _close(
    session: Session, customer: Customer, invoice: Invoice, paid_at: datetime, now: datetime
) -> None:
    invoice.series = series_of(now)
    invoice.series_count = _next_count(session, invoice.site_id, invoice.series)
    invoice.number = number_in(invoice.series, invoice.series_count)
    invoice.state = InvoiceState.PAID
    invoice.paid_at = paid_at
    invoice.customer_name, invoice.customer_email = customer.name, customer.email
    invoice.version += 1
    session.flush()


def _next_count(session: Session, site_id: UUID, series: str) -> int:
    """The next number of the series; whoever comes next waits until this transaction ends."""
    first = insert(NumberSeries).values(site_id=site_id, series=series, last_count=1)
    counted = first.on_conflict_do_update(
        index_elements=["site_id", "series"], set_={"last_count": NumberSeries.last_count + 1}
    ).returning(NumberSeries.last_count)
    with session.no_autoflush:
        return session.scalars(counted).one()


def _started(subscription: Subscription) -> events.SubscriptionStarted:
    return events.SubscriptionStarted(
        subscription_id=subscription.subscription_id,
        account_id=subscription.account_id,
        plan_name=subscription.plan.name,
        paid_through=subscription.paid_through,
        version=subscription.version,
    )


def _paid(
    invoice: Invoice, payment: Payment, customer: Customer, paid_at: datetime
) -> events.InvoicePaid:
    return events.InvoicePaid(
        invoice_id=invoice.invoice_id,
        number=invoice.number or "",
        account_id=invoice.account_id,
        subscription_id=invoice.subscription_id,
        payment_id=payment.payment_id,
        plan_name=invoice.plan.name,
        amount=invoice.total,
        fee=payment.fee,
        period_from=invoice.period_from,
        period_to=invoice.period_to,
        customer_name=invoice.customer_name,
        customer_email=invoice.customer_email,
        time_zone=customer.time_zone,
        paid_at=paid_at,
        version=invoice.version,
    )
