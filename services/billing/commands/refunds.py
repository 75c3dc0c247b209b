"""Money that goes back, and reversals that are undone.

A fully refunded or reversed invoice pays for nothing any more: when it was the current period's,
the membership ends with it. A partial refund leaves the period as it is.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.ids import new_id
from chassis.money import Money
from services.billing import events
from services.billing.commands.finalising import refresh_paid_through
from services.billing.commands.ledger import record
from services.billing.domain import ledger
from services.billing.domain.facts import Fact, FactKind, Standing
from services.billing.domain.matching import Early, Reason, Unmatched
from services.billing.models import Customer, Invoice, MoneyBack, Payment, Subscription
from services.billing.models.invoices import InvoiceState
from services.billing.models.payments import PAYPAL


def move_money_back(session: Session, customer: Customer, fact: Fact, now: datetime) -> UUID | None:
    """Record a refund, a reversal or a reversal undone against the payment it names.

    Raises Early while that payment (or the reversal to undo) has not come, and Unmatched for more
    money than the payment brought.
    """
    payment = _payment_of(session, fact)
    amount = _checked_amount(session, payment, fact)
    back = _money_back(session, customer, payment, fact, now)
    entry = ledger.EntryKind(fact.kind.value)
    record(session, entry, back.refund_id, customer, back.occurred_at, now,
           ledger.money_back(entry, amount, fact.fee))  # fmt: skip
    undone = fact.kind is FactKind.REVERSAL_CANCELLED
    payment.refunded_amount += -amount.amount if undone else amount.amount
    payment.version += 1
    invoice = session.get_one(Invoice, payment.invoice_id)
    _settle_invoice(session, invoice, payment)
    _tell(session, payment, invoice, back, amount, undone=undone)
    return invoice.invoice_id


def _payment_of(session: Session, fact: Fact) -> Payment:
    by_transaction = select(Payment).where(
        Payment.provider == PAYPAL,
        Payment.transaction == fact.parent,
        Payment.standing == Standing.COMPLETED,
    )
    payment = session.scalars(by_transaction.with_for_update()).one_or_none()
    if payment is None:
        raise Early
    return payment


def _checked_amount(session: Session, payment: Payment, fact: Fact) -> Money:
    amount = fact.amount
    if amount is None or amount.amount <= 0:
        raise Unmatched(Reason.INCOMPLETE)
    if amount.currency != payment.currency:
        raise Unmatched(Reason.CURRENCY_DIFFERS)
    if fact.kind is FactKind.REVERSAL_CANCELLED:
        if _reversed(session, payment) < amount.amount:
            raise Early
    elif payment.refunded_amount + amount.amount > payment.amount:
        raise Unmatched(Reason.REFUND_EXCEEDS_PAYMENT)
    return amount


def _reversed(session: Session, payment: Payment) -> int:
    """What is reversed of the payment and not given back to us, in minor units."""
    sums = (
        select(MoneyBack.kind, func.sum(MoneyBack.amount))
        .where(MoneyBack.payment_id == payment.payment_id)
        .group_by(MoneyBack.kind)
    )
    total = {kind: int(amount) for kind, amount in session.execute(sums)}
    return total.get(FactKind.REVERSAL, 0) - total.get(FactKind.REVERSAL_CANCELLED, 0)


def _money_back(
    session: Session, customer: Customer, payment: Payment, fact: Fact, now: datetime
) -> MoneyBack:
    back = MoneyBack(
        refund_id=new_id(),
        site_id=customer.site_id,
        account_id=customer.account_id,
        payment_id=payment.payment_id,
        kind=fact.kind,
        provider=PAYPAL,
        transaction=fact.transaction,
        amount=fact.amount.amount if fact.amount else 0,
        fee_amount=fact.fee.amount if fact.fee else None,
        currency=payment.currency,
        occurred_at=fact.occurred_at or now,
    )
    session.add(back)
    return back


def _settle_invoice(session: Session, invoice: Invoice, payment: Payment) -> None:
    invoice.refunded_amount = payment.refunded_amount
    all_back = invoice.refunded_amount == invoice.amount
    invoice.state = InvoiceState.REFUNDED if all_back else InvoiceState.PAID
    invoice.version += 1
    session.flush()
    if invoice.subscription_id is not None:
        subscription = session.get_one(Subscription, invoice.subscription_id)
        refresh_paid_through(session, subscription)


def _tell(
    session: Session,
    payment: Payment,
    invoice: Invoice,
    back: MoneyBack,
    amount: Money,
    *,
    undone: bool,
) -> None:
    told = events.PaymentRestored if undone else events.PaymentRefunded
    outbox.stage(
        session,
        told(
            payment_id=payment.payment_id,
            refund_id=back.refund_id,
            invoice_id=invoice.invoice_id,
            account_id=payment.account_id,
            amount=amount,
            refunded_total=Money(payment.refunded_amount, payment.currency),
            version=payment.version,
        ),
    )
