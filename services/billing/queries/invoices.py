"""Invoices as their owner, an operator or the renderer sees them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, selectinload, undefer

from chassis.errors import NotFound
from chassis.money import Money
from services.billing.domain.facts import Standing
from services.billing.models import Customer, Document, Invoice, Payment
from services.billing.models.invoices import InvoiceState


def invoices(
    session: Session, *, account_id: UUID, limit: int, cursor: UUID | None
) -> dict[str, Any]:
    """An account's invoices, newest first, and where the next page begins."""
    newest = select(Invoice).where(Invoice.account_id == account_id)
    if cursor is not None:
        newest = newest.where(Invoice.invoice_id < cursor)
    newest = newest.order_by(Invoice.invoice_id.desc()).limit(limit + 1)
    rows = session.scalars(newest).all()
    has_document = _documented(session, rows[:limit])
    items = [_view(row, row.invoice_id in has_document) for row in rows[:limit]]
    more = len(rows) > limit
    return {"items": items, "next_cursor": str(items[-1]["invoice_id"]) if more else None}


def invoice(
    session: Session, *, owner: UUID | None, site_id: UUID, invoice_id: UUID
) -> dict[str, Any]:
    """One invoice with its lines. `owner` None reads for the site; raises NotFound otherwise."""
    row = _invoice(session, owner, site_id, invoice_id)
    return {**_view(row, bool(_documented(session, [row]))), "lines": _lines(row)}


def checkout_state(session: Session, *, account_id: UUID, invoice_id: UUID) -> dict[str, Any]:
    """Whether a checkout is paid: "open", "pending" (the provider is still collecting), "paid"."""
    row = _invoice(session, account_id, None, invoice_id)
    state = "open" if row.state == InvoiceState.OPEN else "paid"
    if state == "open" and _has_pending_payment(session, row):
        state = "pending"
    return {
        "invoice_id": row.invoice_id,
        "state": state,
        "number": row.number,
        "plan_name": row.plan.name,
        "amount": row.total,
    }


def invoice_document(
    session: Session, *, owner: UUID | None, site_id: UUID, invoice_id: UUID
) -> Document:
    """The stored file, with its content; raises NotFound while there is none."""
    stored = (
        select(Document)
        .where(Document.invoice_id == invoice_id, _seen_by(Document, owner, site_id))
        .options(undefer(Document.content))
    )
    document = session.scalars(stored).one_or_none()
    if document is None:
        raise NotFound("document_not_found", "There is no such document.")
    return document


def invoice_print(session: Session, *, invoice_id: UUID) -> dict[str, Any]:
    """All that stands on a final invoice; raises NotFound for an open one."""
    final = (
        select(Invoice, Customer.time_zone)
        .join(Customer, Customer.account_id == Invoice.account_id)
        .where(Invoice.invoice_id == invoice_id, Invoice.state != InvoiceState.OPEN)
    )
    found = session.execute(final).one_or_none()
    if found is None:
        raise NotFound("invoice_not_found", "There is no such final invoice.")
    row, time_zone = found
    return {
        "invoice_id": row.invoice_id,
        "number": row.number,
        "issued_at": row.issued_at,
        "paid_at": row.paid_at,
        "period_from": row.period_from,
        "period_to": row.period_to,
        "time_zone": time_zone,
        "buyer": {"name": row.customer_name, "email": row.customer_email},
        "lines": _lines(row),
        "total": row.total,
    }


def _invoice(
    session: Session, owner: UUID | None, site_id: UUID | None, invoice_id: UUID
) -> Invoice:
    mine = select(Invoice).where(
        Invoice.invoice_id == invoice_id, _seen_by(Invoice, owner, site_id)
    )
    row = session.scalars(mine.options(selectinload(Invoice.lines))).one_or_none()
    if row is None:
        raise NotFound("invoice_not_found", "There is no such invoice.")
    return row


def _seen_by(
    table: type[Invoice] | type[Document], owner: UUID | None, site_id: UUID | None
) -> ColumnElement[bool]:
    """Owners see what is theirs, operators what is their site's."""
    return table.account_id == owner if owner else table.site_id == site_id


def _documented(session: Session, rows: Sequence[Invoice]) -> set[UUID]:
    ids = [row.invoice_id for row in rows]
    stored = select(Document.invoice_id).where(Document.invoice_id.in_(ids))
    return set(session.scalars(stored)) if ids else set()


def _has_pending_payment(session: Session, row: Invoice) -> bool:
    pending = exists().where(
        Payment.invoice_id == row.invoice_id, Payment.standing == Standing.PENDING
    )
    return bool(session.scalar(select(pending)))


def _view(row: Invoice, has_document: bool) -> dict[str, Any]:
    return {
        "invoice_id": row.invoice_id,
        "account_id": row.account_id,
        "subscription_id": row.subscription_id,
        "number": row.number,
        "state": row.state,
        "charge": row.charge,
        "plan_name": row.plan.name,
        "amount": row.total,
        "refunded": row.refunded,
        "issued_at": row.issued_at,
        "paid_at": row.paid_at,
        "period_from": row.period_from,
        "period_to": row.period_to,
        "customer_name": row.customer_name,
        "customer_email": row.customer_email,
        "has_document": has_document,
    }


def _lines(row: Invoice) -> list[dict[str, Any]]:
    return [
        {
            "description": line.description,
            "quantity": line.quantity,
            "unit_amount": Money(line.unit_amount, row.currency),
            "amount": Money(line.amount, row.currency),
        }
        for line in row.lines
    ]
