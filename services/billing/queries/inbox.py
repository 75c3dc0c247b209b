"""The provider's messages, as operators see them."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from chassis.errors import NotFound
from services.billing.adapters.ipn import legible
from services.billing.models import PaymentMessage


def payments_inbox(
    session: Session, *, site_id: UUID, state: str | None, limit: int, cursor: UUID | None
) -> dict[str, Any]:
    """Messages, newest first, of one state or of all, and where the next page begins."""
    newest = select(PaymentMessage).where(PaymentMessage.site_id == site_id)
    if state is not None:
        newest = newest.where(PaymentMessage.state == state)
    if cursor is not None:
        newest = newest.where(PaymentMessage.message_id < cursor)
    newest = newest.order_by(PaymentMessage.message_id.desc()).limit(limit + 1)
    rows = session.scalars(newest).all()
    more = len(rows) > limit
    next_cursor = str(rows[limit - 1].message_id) if more else None
    return {"items": rows[:limit], "next_cursor": next_cursor}


def payment_message(session: Session, *, site_id: UUID, message_id: UUID) -> dict[str, Any]:
    """One message with its bytes as text and its fields; raises NotFound."""
    kept = select(PaymentMessage).where(
        PaymentMessage.message_id == message_id, PaymentMessage.site_id == site_id
    )
    message = session.scalars(kept.options(undefer(PaymentMessage.raw))).one_or_none()
    if message is None:
        raise NotFound("message_not_found", "There is no such message.")
    columns = {name: getattr(message, name) for name in message.__table__.columns.keys()}  # noqa: SIM118
    raw = message.raw.decode("ascii", errors="backslashreplace")
    return {**columns, "raw": raw, "fields": legible(message.raw)}
