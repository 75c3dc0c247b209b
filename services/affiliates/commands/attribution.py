"""Whose referral a new account is."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.ids import new_id
from chassis.outbox import stage
from services.affiliates import domain, events
from services.affiliates.commands.accounts import lock_account
from services.affiliates.commands.settling import settle
from services.affiliates.domain import ReferralStatus
from services.affiliates.models import Account, Affiliate, Program, Referral, Visit


def attribute(session: Session, account: Account, now: datetime) -> None:
    """Decide, once, whether the account was referred (A12); the terms are those of today (A10)."""
    visit = session.get(Visit, account.visit_id) if account.visit_id else None
    if visit is None:
        return
    affiliate = session.get_one(Affiliate, visit.affiliate_id)
    # Locked as well, so that the two sign-ups cannot miss each other.
    own = lock_account(session, affiliate.account_id)
    terms = session.get(Program, visit.site_id) or domain.DEFAULT_TERMS
    reason = domain.refusal(
        _sign_up(account),
        domain.Arrival(visit.site_id, visit.visited_at, own.account_id, own.email_digest),
        terms.window_days,
    )
    session.add(
        Referral(
            referral_id=new_id(),
            site_id=visit.site_id,
            affiliate_id=affiliate.affiliate_id,
            account_id=account.account_id,
            visit_id=visit.visit_id,
            status=ReferralStatus.REFUSED if reason else ReferralStatus.ATTRIBUTED,
            reason=reason,
            rate_basis_points=terms.rate_basis_points,
            version=1,
            decided_at=now,
        )
    )
    session.flush()
    if reason is None:
        stage(
            session,
            events.ReferralAttributed(
                affiliate_id=affiliate.affiliate_id,
                account_id=affiliate.account_id,
                referred_account_id=account.account_id,
            ),
        )
    settle(session, account.account_id, now)


def _sign_up(account: Account) -> domain.SignUp:
    assert account.signed_up_at is not None
    assert account.email_digest is not None
    return domain.SignUp(
        account_id=account.account_id,
        site_id=account.site_id,
        signed_up_at=account.signed_up_at,
        email_digest=account.email_digest,
    )


def refuse_own_mailbox(session: Session, account: Account, now: datetime) -> None:
    """An affiliate's sign-up, heard late, shows which of its referrals are itself (A15)."""
    own = (
        select(Referral)
        .join(Affiliate, Affiliate.affiliate_id == Referral.affiliate_id)
        .join(Account, Account.account_id == Referral.account_id)
        .where(
            Affiliate.account_id == account.account_id,
            Account.email_digest == account.email_digest,
            Referral.status == ReferralStatus.ATTRIBUTED,
        )
    )
    for referral in session.scalars(own).all():
        lock_account(session, referral.account_id)
        referral.status = ReferralStatus.REFUSED
        referral.reason = domain.Refusal.SAME_EMAIL
        referral.version += 1
        session.flush()
        settle(session, referral.account_id, now)
