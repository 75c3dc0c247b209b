"""What was heard from auth and billing.

The facts that make a commission come in any order: a sign-up, a payment, its refunds, and the
affiliate's own sign-up. Each is kept under the lock of the account it is about, and then whatever
is there is put together; so the last one to come finds everything.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.money import Money
from services.affiliates import domain
from services.affiliates.commands.accounts import lock_account
from services.affiliates.commands.attribution import attribute, refuse_own_mailbox
from services.affiliates.commands.settling import settle
from services.affiliates.models import Payment, Refund


def remember_sign_up(
    session: Session,
    *,
    now: datetime,
    signed_up_at: datetime,
    site_id: UUID | None,
    account_id: UUID,
    email: str,
    visit_id: UUID | None,
) -> None:
    """Keep a sign-up and decide its referral; an affiliate's own may refuse others (A15)."""
    account = lock_account(session, account_id)
    if account.signed_up_at is not None:
        return
    account.site_id = site_id
    account.email_digest = domain.email_digest(email)
    account.visit_id = visit_id
    account.signed_up_at = signed_up_at
    session.flush()
    attribute(session, account, now)
    refuse_own_mailbox(session, account, now)


def remember_payment(
    session: Session,
    *,
    now: datetime,
    payment_id: UUID,
    account_id: UUID,
    amount: Money,
    fee: Money | None,
    paid_at: datetime,
) -> None:
    """Keep a payment and reckon its commission; a fee in another currency raises ValueError."""
    lock_account(session, account_id)
    net = amount - fee if fee else amount
    session.execute(
        insert(Payment)
        .values(
            payment_id=payment_id,
            account_id=account_id,
            amount=amount.amount,
            fee=(amount - net).amount,
            currency=amount.currency,
            paid_at=paid_at,
        )
        .on_conflict_do_nothing(index_elements=["payment_id"])
    )
    settle(session, account_id, now)


def remember_refund(
    session: Session,
    *,
    now: datetime,
    payment_id: UUID,
    refund_id: UUID,
    account_id: UUID,
    amount: Money,
) -> None:
    """Keep a refund, or a reversal undone with its amount below zero, and correct the commission.

    Either may come before the payment, and the undoing before the reversal (A05, A08, A09).
    """
    lock_account(session, account_id)
    session.execute(
        insert(Refund)
        .values(
            refund_id=refund_id,
            payment_id=payment_id,
            account_id=account_id,
            amount=amount.amount,
            currency=amount.currency,
        )
        .on_conflict_do_nothing(index_elements=["refund_id"])
    )
    settle(session, account_id, now)
