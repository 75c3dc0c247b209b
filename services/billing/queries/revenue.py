"""The figures of the operator's overview."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, lazyload

from chassis.money import Money
from services.billing.domain.catalog import monthly
from services.billing.domain.facts import Standing
from services.billing.domain.membership import GRACE
from services.billing.models import Invoice, Payment, PaymentMessage, Plan, Subscription
from services.billing.models.invoices import InvoiceState
from services.billing.models.payments import MessageState


def revenue(session: Session, *, now: datetime, site_id: UUID) -> dict[str, Any]:
    """Members with access, MRR of those who renew, what came in within 30 days (less what went
    back of it), open invoices and unmatched messages. Sums are one Money a currency.
    """
    return {
        "active_members": _members(session, now, site_id),
        "mrr": _mrr(session, now, site_id),
        "paid_last_30_days": _paid(session, now - timedelta(days=30), site_id),
        "open_invoices": _count(
            session, Invoice, Invoice.site_id == site_id, Invoice.state == InvoiceState.OPEN
        ),
        "unmatched_messages": _count(
            session,
            PaymentMessage,
            PaymentMessage.site_id == site_id,
            PaymentMessage.state == MessageState.UNMATCHED,
        ),
    }


def _renews(now: datetime) -> ColumnElement[bool]:
    return and_(Subscription.cancelled_at.is_(None), Subscription.paid_through > now - GRACE)


def _members(session: Session, now: datetime, site_id: UUID) -> int:
    """As domain.membership.has_access says, for all at once."""
    has_access = or_(Subscription.paid_through > now, _renews(now))
    accounts = select(func.count(Subscription.account_id.distinct()))
    return session.scalar(accounts.where(Subscription.site_id == site_id, has_access)) or 0


def _mrr(session: Session, now: datetime, site_id: UUID) -> list[Money]:
    by_plan = (
        select(Plan, func.count(Subscription.subscription_id))
        .join(Subscription, Subscription.plan_id == Plan.plan_id)
        .where(Subscription.site_id == site_id, _renews(now))
        .group_by(Plan.plan_id)
    )
    counted = session.execute(by_plan.options(lazyload(Plan.product))).all()
    return _summed(
        monthly(plan.price, plan.interval, members)
        for plan, members in counted
        if plan.interval is not None
    )


def _paid(session: Session, since: datetime, site_id: UUID) -> list[Money]:
    kept = func.sum(Payment.amount - Payment.refunded_amount)
    sums = (
        select(Payment.currency, kept)
        .where(
            Payment.site_id == site_id,
            Payment.occurred_at >= since,
            Payment.standing == Standing.COMPLETED,
        )
        .group_by(Payment.currency)
    )
    return _summed(Money(int(amount), currency) for currency, amount in session.execute(sums))


def _summed(amounts: Iterable[Money]) -> list[Money]:
    totals: Counter[str] = Counter()
    for money in amounts:
        totals[money.currency] += money.amount
    return [Money(amount, currency) for currency, amount in sorted(totals.items())]


def _count(session: Session, table: type[Any], *where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*where)) or 0
