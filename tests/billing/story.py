"""A shop to tell tests with: customers, checkouts, and what PayPal says of them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import plumbing
from chassis.ids import new_id
from chassis.money import Money
from services.billing import commands, queries
from services.billing.adapters import ipn
from services.billing.domain.catalog import MAIN_SITE, Interval, Term, Unit
from services.billing.domain.matching import Merchant
from services.billing.domain.orders import Order
from services.billing.models import (
    Invoice,
    LedgerTransfer,
    Payment,
    PaymentMessage,
    Plan,
    Subscription,
)
from tests.billing import paypal

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
MONTH = Interval(Unit.MONTH, 1)


def described(code: str, price: Money, interval: Interval | None = MONTH, **more: Any) -> Any:
    """A product of one plan, both of that code, as the catalog file's reader gives it."""
    texts = {"code": code, "name": code.title(), "description": "", "features": []}
    plan = {**texts, "price": price, "interval": interval, "trial": None, **more}
    return {**texts, "plans": [plan]}


def eur(amount: int) -> Money:
    return Money(amount, "EUR")


CATALOG = [
    described("basic", eur(1200)),
    described("pro", eur(2900)),
    described("handbook", eur(4900), None),
    described("tried", eur(1500), trial=Term(eur(100), Interval(Unit.DAY, 7))),
    described("free", eur(1500), trial=Term(eur(0), Interval(Unit.DAY, 14))),
]


class Shop:
    """Acts on one session at the business instant `now`, which tests move."""

    def __init__(self, session: Session, now: datetime = NOON) -> None:
        self.session = session
        self.now = now
        self.ann = new_id()

    def opened(self) -> "Shop":
        self.load()
        self.meet(self.ann)
        return self

    def load(self, catalog: Any = CATALOG) -> dict[str, int]:
        return commands.load_catalog(
            self.session, now=self.now, site_id=MAIN_SITE, products=catalog
        )

    def meet(self, account_id: UUID, zone: str = "UTC", site_id: UUID = MAIN_SITE) -> UUID:
        commands.confirm_customer(
            self.session,
            now=self.now,
            site_id=site_id,
            account_id=account_id,
            name="Ann Lee",
            email="ann@example.com",
            time_zone=zone,
            version=1,
        )
        return account_id

    def plan(self, code: str) -> Plan:
        offered = select(Plan).where(Plan.code == code, Plan.retired_at.is_(None))
        return self.session.scalars(offered).one()

    def checkout(self, code: str = "basic", account_id: UUID | None = None) -> Order:
        return commands.start_checkout(
            self.session,
            now=self.now,
            account_id=account_id or self.ann,
            invoice_id=new_id(),
            plan_id=self.plan(code).plan_id,
        )

    def receive(self, raw: bytes) -> UUID:
        return commands.receive_ipn(
            self.session,
            now=self.now,
            due=self.now,
            site_id=MAIN_SITE,
            message_id=new_id(),
            raw=raw,
            digest=ipn.digest(raw),
            content_type="application/x-www-form-urlencoded",
        )

    def apply(self, message_id: UUID, merchant: Merchant = paypal.MERCHANT) -> PaymentMessage:
        """Run the checks on a message that PayPal has verified."""
        message = self.session.get_one(PaymentMessage, message_id)
        message.attempts += 1
        commands.apply_message(
            self.session,
            now=self.now,
            real_now=self.now,
            message_id=message_id,
            fact=paypal.fact(message.raw),
            merchant=merchant,
        )
        self.session.flush()
        return message

    def deliver(self, raw: bytes, merchant: Merchant = paypal.MERCHANT) -> PaymentMessage:
        """A genuine message arrives and is applied."""
        return self.apply(self.receive(raw), merchant)

    def outcome(self, raw: bytes, merchant: Merchant = paypal.MERCHANT) -> tuple[str, str | None]:
        message = self.deliver(raw, merchant)
        return message.state, message.reason

    def subscribed(self, code: str = "basic") -> Order:
        """Ann has signed up and paid."""
        order = self.checkout(code)
        self.deliver(paypal.sign_up(order))
        self.deliver(paypal.payment(order))
        return order

    def membership(self, account_id: UUID | None = None) -> dict[str, Any]:
        return queries.membership(self.session, now=self.now, account_id=account_id or self.ann)

    def later(self, **length: float) -> None:
        self.now += timedelta(**length)

    def rows(self, table: type[Any]) -> list[Any]:
        return list(self.session.scalars(select(table)).unique())

    def invoice(self, order: Order) -> Invoice:
        return self.session.get_one(Invoice, order.invoice_id)

    def told(self) -> list[str]:
        """The wire names of what was staged, in order."""
        staged = select(plumbing.outbox.c.wire).order_by(plumbing.outbox.c.message_id)
        return list(self.session.scalars(staged))

    def balances(self) -> dict[str, int]:
        totals: dict[str, int] = {}
        for each in self.rows(LedgerTransfer):
            totals[each.debit] = totals.get(each.debit, 0) + each.amount
            totals[each.credit] = totals.get(each.credit, 0) - each.amount
        return totals

    def granted_nothing(self) -> bool:
        """No payment collected, no ledger, no final invoice, no membership."""
        collected = [each for each in self.rows(Payment) if each.standing == "completed"]
        final = [each for each in self.rows(Invoice) if each.state != "open"]
        paid = [each for each in self.rows(Subscription) if each.paid_through]
        return not (collected or final or paid or self.rows(LedgerTransfer))
