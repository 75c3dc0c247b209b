"""An affiliate, a member who came through the link, a payment and its refunds."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from chassis import clock
from chassis.ids import new_id
from chassis.money import Money
from services.affiliates.models import Commission, CommissionEntry, Referral
from tests.doors import Doors, caller

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EURO = "EUR"


def euros(cents: int) -> dict[str, Any]:
    return Money(cents, EURO).as_json()


@dataclass
class Story:
    """Every step of one referral, each of which may be told at any time and more than once."""

    doors: Doors
    affiliate_account: UUID = field(default_factory=new_id)
    member: UUID = field(default_factory=new_id)
    visit_id: UUID = field(default_factory=new_id)
    payment_id: UUID = field(default_factory=new_id)

    def join(self, affiliate_id: UUID | None = None) -> str:
        answer = self.doors.ask(
            "join", caller(self.affiliate_account), affiliate_id=affiliate_id or new_id()
        )
        return str(answer["code"])

    def visit(self, code: str, **values: Any) -> bool:
        request = {
            "visit_id": self.visit_id,
            "code": code,
            "landing_path": "/",
            "user_agent": FIREFOX,
            "visitor_hash": "abc123",
            **values,
        }
        answer = self.doors.ask("record_visit", caller(), **request)
        return bool(answer["accepted"])

    def sign_up(
        self, account: UUID | None = None, email: str = "m@example.org", **values: Any
    ) -> Any:
        body = {
            "user_id": str(new_id()),
            "account_id": str(account or self.member),
            "email": email,
            "name": "Mia Member",
            "visit_id": str(self.visit_id),
            "version": 1,
            **values.pop("body", {}),
        }
        values.setdefault("occurred_at", clock.now())
        return self.doors.hear(("auth.user_signed_up", body), **values), body

    def sign_up_affiliate(self, email: str = "affiliate@example.org") -> Any:
        return self.sign_up(self.affiliate_account, email, body={"visit_id": None})

    def pay(
        self, cents: int = 1000, fee: int | None = None, payment_id: UUID | None = None, **body: Any
    ) -> Any:
        told = {
            "invoice_id": str(new_id()),
            "number": "2026-0001",
            "account_id": str(self.member),
            "payment_id": str(payment_id or self.payment_id),
            "amount": euros(cents),
            "fee": None if fee is None else euros(fee),
            "paid_at": "2026-02-01T10:00:00Z",
            "version": 1,
            **body,
        }
        return self.doors.hear(("billing.invoice_paid", told)), told

    def refund(
        self, cents: int, refund_id: UUID | None = None, wire: str = "billing.payment_refunded"
    ) -> Any:
        told = {
            "payment_id": str(self.payment_id),
            "refund_id": str(refund_id or new_id()),
            "invoice_id": str(new_id()),
            "account_id": str(self.member),
            "amount": euros(cents),
            "refunded_total": euros(cents),
            "version": 2,
        }
        return self.doors.hear((wire, told)), told

    def restore(self, cents: int, restored_id: UUID | None = None) -> Any:
        """A reversal of so many cents is undone."""
        return self.refund(cents, restored_id, wire="billing.payment_restored")

    def referred(self) -> "Story":
        """Up to a member who came through the link."""
        self.visit(self.join())
        self.sign_up()
        return self

    def referral(self) -> Referral | None:
        return self.doors.session.scalar(select(Referral).where(Referral.account_id == self.member))

    def entries(self) -> list[int]:
        """The affiliate's ledger, in the order it was written."""
        return list(
            self.doors.session.scalars(
                select(CommissionEntry.amount)
                .where(CommissionEntry.account_id == self.affiliate_account)
                .order_by(CommissionEntry.entry_id)
            )
        )

    def commissions(self) -> int:
        counted = select(func.count()).where(Commission.account_id == self.affiliate_account)
        return self.doors.session.scalar(counted) or 0

    def told(self, wire: str) -> list[dict[str, Any]]:
        return [body for name, body in self.doors.told() if name == f"affiliates.{wire}"]


def ago(**delta: float) -> datetime:
    return clock.now() - timedelta(**delta)
