"""The rules of attribution and commission. Ids such as A05 are those of the affiliate rules."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

BASIS_POINTS = 10_000  # one whole
REPEAT_WITHIN = timedelta(hours=1)

# No 0 O 1 I L: a code is read from screens and spoken on the telephone.
CODE_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 8

# Readers that are not people: crawlers, link previews and command line clients. A missing user
# agent counts as one of them. It errs towards counting: a bot never signs up, so never pays out.
_BOT = re.compile(
    r"(?<!cu)bot\b|crawl|spider|slurp|preview|facebookexternalhit|whatsapp|telegram|embedly|"
    r"monitor|lighthouse|^curl|^wget|^python-|^go-http-client|^java/|^okhttp|^libwww|^axios|^node",
    re.IGNORECASE,
)
# Mailboxes of these hosts ignore dots in the local part, and both names lead to one mailbox.
_DOTLESS = {"gmail.com": "gmail.com", "googlemail.com": "gmail.com"}


class ReferralStatus(StrEnum):
    """What was decided about a sign-up that came through an affiliate's link."""

    ATTRIBUTED = "attributed"
    REFUSED = "refused"


class Refusal(StrEnum):
    """Why a referral earns nothing."""

    OTHER_SITE = "other_site"
    WINDOW_OVER = "window_over"
    SAME_ACCOUNT = "same_account"
    SAME_EMAIL = "same_email"


class EntryKind(StrEnum):
    """Entries are added and never changed: a reversal is a row of its own (A06)."""

    EARNED = "earned"
    REVERSED = "reversed"
    REINSTATED = "reinstated"  # what was reversed is earned again: a dispute was won (A08)


@dataclass(frozen=True)
class Terms:
    """A programme's terms: a rate in basis points, and how long a visit may lead to a sign-up."""

    rate_basis_points: int
    window_days: int


# What holds for a site that has set no terms of its own.
DEFAULT_TERMS = Terms(rate_basis_points=2000, window_days=60)


@dataclass(frozen=True)
class Arrival:
    """A visit through an affiliate's link; `visited_at` is the server's own time (A13)."""

    site_id: UUID
    visited_at: datetime
    affiliate_account_id: UUID
    affiliate_email_digest: str | None


@dataclass(frozen=True)
class SignUp:
    """A new account, as far as attribution needs to know it."""

    account_id: UUID
    site_id: UUID | None
    signed_up_at: datetime
    email_digest: str


def refusal(sign_up: SignUp, arrival: Arrival, window_days: int) -> Refusal | None:
    """Why the visit's affiliate gets no credit for the sign-up, None when it does (A13, A15)."""
    if arrival.site_id != sign_up.site_id:
        return Refusal.OTHER_SITE
    if arrival.affiliate_account_id == sign_up.account_id:
        return Refusal.SAME_ACCOUNT
    if arrival.affiliate_email_digest == sign_up.email_digest:
        return Refusal.SAME_EMAIL
    if sign_up.signed_up_at - arrival.visited_at > timedelta(days=window_days):
        return Refusal.WINDOW_OVER
    return None


@dataclass(frozen=True)
class Kept:
    """What is left of a payment, in minor units: paid, less the provider's fee, less refunds.

    Providers keep their fee when they refund, so the fee comes off what is left as well (A02).
    `refunded` is below zero while a reversal undone is heard of before the reversal.
    """

    amount: int
    fee: int
    refunded: int = 0

    @property
    def base(self) -> int:
        """What commission is reckoned on; never negative."""
        return max(0, self.amount - self.fee - max(0, self.refunded))

    @property
    def before_refunds(self) -> int:
        return max(0, self.amount - self.fee)


def commission_on(base: int, rate_basis_points: int) -> int:
    """Minor units earned on `base`, rounded down in favour of the shop (A04)."""
    return base * rate_basis_points // BASIS_POINTS


def entries_due(
    kept: Kept, rate_basis_points: int, *, booked: int | None, refused: bool
) -> list[int]:
    """The signed entries missing from a commission's ledger, in minor units.

    `booked` is the sum of the entries so far, None before the first. Afterwards the sum is exactly
    the commission on what is left, however the refunds were split or ordered (A05, A09).
    """
    if booked is None and refused:
        return []
    earned = [] if booked is not None else [commission_on(kept.before_refunds, rate_basis_points)]
    target = 0 if refused else commission_on(kept.base, rate_basis_points)
    correction = target - (booked or 0) - sum(earned)
    return [entry for entry in (*earned, correction) if entry]


def is_bot(user_agent: str) -> bool:
    """Whether a visit with this user agent is not a person's (A14)."""
    return not user_agent.strip() or bool(_BOT.search(user_agent))


def normal_code(text: str) -> str | None:
    """A code as stored, from whatever was typed; None when it cannot be a code."""
    code = text.strip().upper()
    is_code = len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET)
    return code if is_code else None


def email_digest(email: str) -> str:
    """Names a mailbox without telling it: equal for every spelling that reaches it (A15).

    Plus-tags are dropped everywhere, dots where the host ignores them. Members' addresses are not
    this service's business (A23), so the digest is all that it keeps.
    """
    local, _, host = email.strip().lower().rpartition("@")
    local = local.split("+", 1)[0]
    if host in _DOTLESS:
        local, host = local.replace(".", ""), _DOTLESS[host]
    return hashlib.sha256(f"{local}@{host}".encode()).hexdigest()
