"""What the affiliates service tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event
from chassis.money import Money


@dataclass(frozen=True, kw_only=True)
class ReferralAttributed(Event):
    """A sign-up is credited to an affiliate; told once for each referred account."""

    wire: ClassVar[str] = "affiliates.referral_attributed"

    affiliate_id: UUID
    account_id: UUID
    referred_account_id: UUID


@dataclass(frozen=True, kw_only=True)
class CommissionEarned(Event):
    """A referred payment has earned a commission; told once for each payment.

    `account_id` is the affiliate's account, `amount` is positive.
    """

    wire: ClassVar[str] = "affiliates.commission_earned"

    commission_id: UUID
    affiliate_id: UUID
    account_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class CommissionReinstated(Event):
    """What was taken back is earned again; told once for each entry, `amount` is positive."""

    wire: ClassVar[str] = "affiliates.commission_reinstated"

    commission_id: UUID
    affiliate_id: UUID
    account_id: UUID
    payment_id: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class CommissionReversed(Event):
    """Part or all of a commission is taken back; told once for each entry, `amount` is positive."""

    wire: ClassVar[str] = "affiliates.commission_reversed"

    commission_id: UUID
    affiliate_id: UUID
    account_id: UUID
    payment_id: UUID
    amount: Money
