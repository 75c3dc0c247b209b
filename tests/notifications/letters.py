"""Events that are mailed, as their services tell them."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.notifications.models import Delivery

LONG_PAST = "2020-01-01T00:00:00Z"


def user(**values: Any) -> dict[str, Any]:
    return {
        "user_id": str(new_id()),
        "account_id": str(new_id()),
        "email": "ann@example.org",
        "name": "Ann Lee",
        "version": 1,
        **values,
    }


def confirmation(**values: Any) -> tuple[str, dict[str, Any]]:
    body = user(token_id=str(new_id()), expires_at="2026-03-05T13:05:00Z", **values)
    return "auth.confirmation_requested", body


def reset(**values: Any) -> tuple[str, dict[str, Any]]:
    return "auth.password_reset_requested", confirmation(**values)[1]


def signed_up(**values: Any) -> tuple[str, dict[str, Any]]:
    return "auth.user_signed_up", user(visit_id=None, **values)


def confirmed(**values: Any) -> tuple[str, dict[str, Any]]:
    return "auth.user_confirmed", user(time_zone="Europe/Berlin", **{"version": 2, **values})


def password_changed(**values: Any) -> tuple[str, dict[str, Any]]:
    return "auth.password_changed", user(**values)


def sign_up_repeated(**values: Any) -> tuple[str, dict[str, Any]]:
    return "auth.sign_up_repeated", user(**values)


def paid(invoice_id: UUID, **values: Any) -> tuple[str, dict[str, Any]]:
    body = {
        "invoice_id": str(invoice_id),
        "number": "2026-0001",
        "account_id": str(new_id()),
        "subscription_id": None,
        "payment_id": str(new_id()),
        "plan_name": "Pro, monthly",
        "amount": {"amount": 1500, "currency": "EUR"},
        "fee": None,
        "period_from": "2026-03-05T13:05:00Z",
        "period_to": None,
        "customer_name": "Ann Lee",
        "customer_email": "ann@example.org",
        "time_zone": "Europe/Berlin",
        "paid_at": "2026-03-05T13:05:00Z",
        "version": 1,
        **values,
    }
    return "billing.invoice_paid", body


def document_ready(invoice_id: UUID) -> tuple[str, dict[str, Any]]:
    body = {
        "invoice_id": str(invoice_id),
        "account_id": str(new_id()),
        "number": "2026-0001",
        "version": 2,
    }
    return "billing.invoice_document_ready", body


def cancelled(account_id: UUID, **values: Any) -> tuple[str, dict[str, Any]]:
    body = {
        "subscription_id": str(new_id()),
        "account_id": str(account_id),
        "plan_name": "Pro, monthly",
        "paid_through": "2026-03-31T22:30:00Z",
        "version": 3,
        **values,
    }
    return "billing.subscription_cancelled", body


def refunded(account_id: UUID) -> tuple[str, dict[str, Any]]:
    body = {
        "payment_id": str(new_id()),
        "refund_id": str(new_id()),
        "invoice_id": str(new_id()),
        "account_id": str(account_id),
        "amount": {"amount": 500, "currency": "EUR"},
        "refunded_total": {"amount": 1500, "currency": "EUR"},
        "version": 3,
    }
    return "billing.payment_refunded", body


def earned(account_id: UUID) -> tuple[str, dict[str, Any]]:
    body = {
        "commission_id": str(new_id()),
        "affiliate_id": str(new_id()),
        "account_id": str(account_id),
        "payment_id": str(new_id()),
        "amount": {"amount": 300, "currency": "EUR"},
        "version": 1,
    }
    return "affiliates.commission_earned", body


def make_due(session: Session) -> None:
    """What waits for its pause to pass is due."""
    session.execute(update(Delivery).where(Delivery.due_at.is_not(None)).values(due_at=LONG_PAST))


def make_cut_off(session: Session) -> None:
    """What is being sent was claimed by a process that is gone."""
    session.execute(
        update(Delivery).where(Delivery.claimed_until.is_not(None)).values(claimed_until=LONG_PAST)
    )
