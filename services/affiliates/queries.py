"""What the affiliates service can tell. Nothing here names a referred person (A23)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func, select
from sqlalchemy.orm import Session

from chassis.money import Money
from services.affiliates.domain import DEFAULT_TERMS, EntryKind, ReferralStatus
from services.affiliates.models import (
    Affiliate,
    Commission,
    CommissionEntry,
    Program,
    Referral,
    Visit,
)

RECENT = 10  # commissions shown with the affiliate itself


@dataclass(frozen=True)
class Balance:
    """The sums of one currency; `reversed` is positive and net of what was reinstated."""

    earned: Money
    reversed: Money

    @property
    def balance(self) -> Money:
        return self.earned - self.reversed


@dataclass(frozen=True)
class CommissionLine:
    """A commission and the sums of its entries."""

    commission_id: UUID
    earned_at: datetime
    rate_basis_points: int
    earned: Money
    reversed: Money

    @property
    def balance(self) -> Money:
        return self.earned - self.reversed

    @property
    def status(self) -> str:
        """earned, partly_reversed or reversed."""
        if not self.reversed.amount:
            return "earned"
        return "partly_reversed" if self.balance.amount else "reversed"


@dataclass(frozen=True)
class CommissionPage:
    """Commissions, newest first; `next_cursor` is the last one's id where more follow."""

    items: Sequence[CommissionLine]
    next_cursor: UUID | None


@dataclass(frozen=True)
class AffiliateView:
    """How an affiliate is doing; the terms shown are those that a new referral would get."""

    rate_basis_points: int
    window_days: int
    joined: bool = False
    affiliate_id: UUID | None = None
    code: str | None = None
    joined_at: datetime | None = None
    visits: int = 0
    sign_ups: int = 0
    balances: Sequence[Balance] = ()
    commissions: Sequence[CommissionLine] = ()


def affiliate(session: Session, *, site_id: UUID, account_id: UUID) -> AffiliateView:
    """The account's affiliate, with `joined` false where there is none."""
    offered = session.get(Program, site_id) or DEFAULT_TERMS
    found = session.scalar(select(Affiliate).where(Affiliate.account_id == account_id))
    if found is None:
        return AffiliateView(offered.rate_basis_points, offered.window_days)
    return AffiliateView(
        offered.rate_basis_points,
        offered.window_days,
        joined=True,
        affiliate_id=found.affiliate_id,
        code=found.code,
        joined_at=found.joined_at,
        visits=_count(session, Visit.affiliate_id == found.affiliate_id, Visit.counted),
        sign_ups=_count(
            session,
            Referral.affiliate_id == found.affiliate_id,
            Referral.status == ReferralStatus.ATTRIBUTED,
        ),
        balances=_balances(session, found.affiliate_id),
        commissions=commissions(session, account_id=account_id, limit=RECENT).items,
    )


def commissions(
    session: Session, *, account_id: UUID, limit: int, cursor: UUID | None = None
) -> CommissionPage:
    """A page of the account's commissions; empty for an account that is no affiliate."""
    page = (
        select(Commission, _earned(), _reversed())
        .join(CommissionEntry, CommissionEntry.commission_id == Commission.commission_id)
        .where(Commission.account_id == account_id)
        .group_by(Commission.commission_id)
        .order_by(Commission.commission_id.desc())
        .limit(limit + 1)
    )
    if cursor:
        page = page.where(Commission.commission_id < cursor)
    rows = session.execute(page).all()
    items = [_line(*row) for row in rows[:limit]]
    return CommissionPage(items, items[-1].commission_id if len(rows) > limit else None)


def _count(session: Session, *conditions: SQLColumnExpression[bool]) -> int:
    return session.scalar(select(func.count()).where(*conditions)) or 0


def _balances(session: Session, affiliate_id: UUID) -> list[Balance]:
    sums = (
        select(CommissionEntry.currency, _earned(), _reversed())
        .where(CommissionEntry.affiliate_id == affiliate_id)
        .group_by(CommissionEntry.currency)
        .order_by(CommissionEntry.currency)
    )
    return [
        Balance(Money(int(earned), currency), Money(int(taken), currency))
        for currency, earned, taken in session.execute(sums)
    ]


def _line(commission: Commission, earned: int, taken: int) -> CommissionLine:
    return CommissionLine(
        commission_id=commission.commission_id,
        earned_at=commission.earned_at,
        rate_basis_points=commission.rate_basis_points,
        earned=Money(int(earned), commission.currency),
        reversed=Money(int(taken), commission.currency),
    )


def _earned() -> ColumnElement[int]:
    is_earned = CommissionEntry.kind == EntryKind.EARNED
    return func.sum(case((is_earned, CommissionEntry.amount), else_=0))


def _reversed() -> ColumnElement[int]:
    """What is taken back for good, positive: reversals less what was reinstated."""
    is_earned = CommissionEntry.kind == EntryKind.EARNED
    return func.sum(case((is_earned, 0), else_=-CommissionEntry.amount))
