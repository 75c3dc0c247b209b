"""Starting a checkout: an open invoice, and what the provider is to collect for it."""

import secrets
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Conflict, NotFound, Unavailable
from chassis.money import Money
from services.billing import events
from services.billing.commands.customers import lock_customer
from services.billing.domain import membership
from services.billing.domain.orders import Order
from services.billing.models import Customer, Invoice, InvoiceLine, Plan, Subscription
from services.billing.models.invoices import Charge, InvoiceState


def start_checkout(
    session: Session, *, now: datetime, account_id: UUID, invoice_id: UUID, plan_id: UUID
) -> Order:
    """Issue an open invoice for the plan; the same id and plan again give the same order.

    Raises NotFound for a plan that is not the customer's site's, Conflict when the plan is no
    longer offered, is already subscribed to, or the invoice id is used or paid, and Unavailable
    while the customer is not known here yet.
    """
    customer = lock_customer(session, account_id)
    if customer is None:
        raise Unavailable("customer_not_known_yet", "Your account is being set up; try again.")
    invoice = session.get(Invoice, invoice_id)
    if invoice is not None:
        _check_repeat(invoice, account_id, plan_id)
        return order_for(invoice)
    plan = _offered_plan(session, customer, plan_id)
    if is_subscribed(session, account_id, plan, now):
        raise Conflict("already_subscribed", f"You already have {plan.name}.")
    return order_for(_issue(session, customer, plan, invoice_id, now))


def order_for(invoice: Invoice) -> Order:
    """What the buyer is sent to the provider with."""
    with_trial = invoice.charge == Charge.TRIAL
    return Order(
        invoice_id=invoice.invoice_id,
        token=invoice.token,
        name=invoice.plan.name,
        total=invoice.total,
        terms=invoice.plan.terms(with_trial=with_trial),
    )


def is_subscribed(session: Session, account_id: UUID, plan: Plan, now: datetime) -> bool:
    """Whether the account has a live subscription to the plan, in whatever version."""
    same = (
        select(Subscription)
        .join(Plan, Plan.plan_id == Subscription.plan_id)
        .where(
            Subscription.account_id == account_id,
            Subscription.paid_through.is_not(None),
            Plan.site_id == plan.site_id,
            Plan.code == plan.code,
        )
    )
    return any(membership.is_live(each.standing, now) for each in session.scalars(same))


def new_invoice(
    customer: Customer, plan: Plan, invoice_id: UUID, charge: Charge, amount: Money, now: datetime
) -> Invoice:
    """An open invoice of one line."""
    text = f"{plan.name}, trial" if charge is Charge.TRIAL else plan.name
    line = InvoiceLine(
        position=1, description=text, quantity=1, unit_amount=amount.amount, amount=amount.amount
    )
    return Invoice(
        invoice_id=invoice_id,
        site_id=customer.site_id,
        account_id=customer.account_id,
        plan=plan,
        plan_id=plan.plan_id,
        state=InvoiceState.OPEN,
        charge=charge,
        token=secrets.token_urlsafe(24),
        amount=amount.amount,
        refunded_amount=0,
        currency=amount.currency,
        customer_name=customer.name,
        customer_email=customer.email,
        issued_at=now,
        version=1,
        lines=[line],
    )


def _issue(
    session: Session, customer: Customer, plan: Plan, invoice_id: UUID, now: datetime
) -> Invoice:
    charge = _charge(session, customer, plan)
    trial = plan.trial if charge is Charge.TRIAL else None
    amount = trial.price if trial else plan.price
    invoice = new_invoice(customer, plan, invoice_id, charge, amount, now)
    session.add(invoice)
    session.flush()
    outbox.stage(
        session,
        events.InvoiceIssued(
            invoice_id=invoice_id, account_id=customer.account_id, amount=amount, version=1
        ),
    )
    return invoice


def _charge(session: Session, customer: Customer, plan: Plan) -> Charge:
    """A trial is used up when it has begun, not when a checkout was abandoned (mistake 10)."""
    if plan.interval is None:
        return Charge.ONCE
    had_trial = exists().where(
        Invoice.account_id == customer.account_id,
        Invoice.charge == Charge.TRIAL,
        Invoice.state != InvoiceState.OPEN,
        Plan.plan_id == Invoice.plan_id,
        Plan.code == plan.code,
    )
    if plan.trial is None or session.scalar(select(had_trial)):
        return Charge.REGULAR
    return Charge.TRIAL


def _check_repeat(invoice: Invoice, account_id: UUID, plan_id: UUID) -> None:
    if (invoice.account_id, invoice.plan_id) != (account_id, plan_id) or invoice.period_index:
        raise Conflict("invoice_id_used", "This invoice id belongs to another checkout.")
    if invoice.state != InvoiceState.OPEN:
        raise Conflict("invoice_already_paid", "This invoice is already paid.")


def _offered_plan(session: Session, customer: Customer, plan_id: UUID) -> Plan:
    plan = session.get(Plan, plan_id)
    if plan is None or plan.site_id != customer.site_id:
        raise NotFound("plan_not_found", "There is no such plan.")
    if plan.retired_at is not None:
        raise Conflict("plan_not_offered", f"{plan.name} is no longer offered in this version.")
    return plan
