"""What a member has at the moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.billing.domain import membership as rules
from services.billing.models import Subscription
from services.billing.queries.pricing import plan_view

NO_MEMBERSHIP: dict[str, Any] = {
    "status": rules.Status.NONE.value,
    "has_access": False,
    "subscription_id": None,
    "plan": None,
    "started_at": None,
    "paid_through": None,
    "cancelled_at": None,
    "next_payment": None,
}
# Of several, the one that gives most is the membership.
ORDER = (rules.Status.ACTIVE, rules.Status.PAST_DUE, rules.Status.CANCELLED)


def membership(session: Session, *, now: datetime, account_id: UUID) -> dict[str, Any]:
    """Plan, status, paid_through and the next payment {at, amount}; status "none" without one.

    `next_payment` is None for a membership that does not renew.
    """
    paid = select(Subscription).where(
        Subscription.account_id == account_id, Subscription.paid_through.is_not(None)
    )
    standing = [(rules.status(each.standing, now), each) for each in session.scalars(paid)]
    current = [(status, each) for status, each in standing if status is not rules.Status.NONE]
    if not current:
        return NO_MEMBERSHIP
    status, subscription = min(current, key=lambda pair: (ORDER.index(pair[0]), _newest(pair[1])))
    return _view(subscription, status, now)


def _newest(subscription: Subscription) -> float:
    return -(subscription.started_at.timestamp() if subscription.started_at else 0.0)


def _view(subscription: Subscription, status: rules.Status, now: datetime) -> dict[str, Any]:
    renews = status is not rules.Status.CANCELLED
    price = subscription.plan.price
    next_payment = {"at": subscription.paid_through, "amount": price} if renews else None
    return {
        "status": status.value,
        "has_access": rules.has_access(subscription.standing, now),
        "subscription_id": subscription.subscription_id,
        "plan": plan_view(subscription.plan),
        "started_at": subscription.started_at,
        "paid_through": subscription.paid_through,
        "cancelled_at": subscription.cancelled_at,
        "next_payment": next_payment,
    }
