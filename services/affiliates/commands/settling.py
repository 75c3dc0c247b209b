"""Commissions, brought to what the facts so far say."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.money import Money
from chassis.outbox import stage
from services.affiliates import domain, events
from services.affiliates.domain import EntryKind, ReferralStatus
from services.affiliates.models import (
    Affiliate,
    Commission,
    CommissionEntry,
    Payment,
    Referral,
    Refund,
)

TOLD = {
    EntryKind.EARNED: events.CommissionEarned,
    EntryKind.REVERSED: events.CommissionReversed,
    EntryKind.REINSTATED: events.CommissionReinstated,
}


def settle(session: Session, account_id: UUID, now: datetime) -> None:
    """Bring every commission on the account's payments to what the facts so far say."""
    referral = session.scalar(select(Referral).where(Referral.account_id == account_id))
    if referral is None:
        return
    for payment in session.scalars(select(Payment).where(Payment.account_id == account_id)).all():
        _settle_payment(session, referral, payment, now)


def _settle_payment(session: Session, referral: Referral, payment: Payment, now: datetime) -> None:
    commission = session.scalar(
        select(Commission).where(
            Commission.payment_id == payment.payment_id,
            Commission.affiliate_id == referral.affiliate_id,
        )
    )
    due = domain.entries_due(
        domain.Kept(payment.amount, payment.fee, _refunded(session, payment)),
        referral.rate_basis_points,
        booked=_booked(session, commission) if commission else None,
        refused=referral.status == ReferralStatus.REFUSED,
    )
    if due and commission is None:
        commission = _open_commission(session, referral, payment)
    for amount in due:
        assert commission is not None
        _enter(session, commission, amount, now)


def _refunded(session: Session, payment: Payment) -> int:
    """Minor units; raises ValueError when a refund is in another currency than its payment."""
    total = Money(0, payment.currency)
    refunds = select(Refund).where(Refund.payment_id == payment.payment_id)
    for refund in session.scalars(refunds):
        total += Money(refund.amount, refund.currency)
    return total.amount


def _booked(session: Session, commission: Commission) -> int:
    entries = select(func.coalesce(func.sum(CommissionEntry.amount), 0)).where(
        CommissionEntry.commission_id == commission.commission_id
    )
    return int(session.scalar(entries) or 0)


def _open_commission(session: Session, referral: Referral, payment: Payment) -> Commission:
    affiliate = session.get_one(Affiliate, referral.affiliate_id)
    commission = Commission(
        commission_id=new_id(),
        affiliate_id=affiliate.affiliate_id,
        account_id=affiliate.account_id,
        referral_id=referral.referral_id,
        payment_id=payment.payment_id,
        rate_basis_points=referral.rate_basis_points,
        currency=payment.currency,
        version=0,
        earned_at=payment.paid_at,
    )
    session.add(commission)
    session.flush()
    return commission


def _kind_of(commission: Commission, amount: int) -> EntryKind:
    if amount < 0:
        return EntryKind.REVERSED
    return EntryKind.EARNED if commission.version == 1 else EntryKind.REINSTATED


def _enter(session: Session, commission: Commission, amount: int, now: datetime) -> None:
    """Add one line to the ledger and tell of it."""
    commission.version += 1
    kind = _kind_of(commission, amount)
    session.add(
        CommissionEntry(
            entry_id=new_id(),
            commission_id=commission.commission_id,
            affiliate_id=commission.affiliate_id,
            account_id=commission.account_id,
            kind=kind,
            amount=amount,
            currency=commission.currency,
            entered_at=now,
        )
    )
    session.flush()
    stage(
        session,
        TOLD[kind](
            commission_id=commission.commission_id,
            affiliate_id=commission.affiliate_id,
            account_id=commission.account_id,
            payment_id=commission.payment_id,
            amount=Money(abs(amount), commission.currency),
            version=commission.version,
        ),
    )
