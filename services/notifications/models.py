"""The tables of the notifications service."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata

WHEN = DateTime(timezone=True)


class Base(DeclarativeBase):
    metadata = service_metadata()


class Recipient(Base):
    """Where an account is mailed, for events that name only the account."""

    __tablename__ = "recipient"

    account_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    email: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int]


class Delivery(Base):
    """One mail to one recipient for one event and rule, which is what makes it go out once (N01).

    `due_at`, `claimed_until` and `tried_since` are real time by the database's clock; the rest is
    business time. `facts` are the event's own values without addresses; a secret is never stored.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("event_id", "rule", "recipient"),
        CheckConstraint(
            "state IN ('due', 'waiting_for_document', 'sending', 'unknown', 'sent', 'failed',"
            " 'skipped')",
            name="state",
        ),
        CheckConstraint("email IS NOT NULL OR state = 'skipped'", name="address"),
        CheckConstraint(
            "(state = 'sending') = (claimed_until IS NOT NULL AND claim_id IS NOT NULL)",
            name="claim",
        ),
        Index("ix_delivery_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "ix_delivery_claimed_until",
            "claimed_until",
            postgresql_where=text("claimed_until IS NOT NULL"),
        ),
        Index("ix_delivery_state", "site_id", "state", "delivery_id"),
        Index(
            "ix_delivery_without_address",
            "account_id",
            postgresql_where=text("email IS NULL"),
        ),
        Index(
            "ix_delivery_invoice_id",
            "invoice_id",
            postgresql_where=text("invoice_id IS NOT NULL"),
        ),
    )

    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    event_id: Mapped[UUID]
    wire: Mapped[str] = mapped_column(Text)
    rule: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None]
    email: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    invoice_id: Mapped[UUID | None]
    document_is_ready: Mapped[bool] = mapped_column(server_default=text("false"))
    message_id: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    resends: Mapped[int] = mapped_column(server_default=text("0"))
    due_at: Mapped[datetime | None] = mapped_column(WHEN)
    claim_id: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None] = mapped_column(WHEN)
    tried_since: Mapped[datetime] = mapped_column(WHEN)
    created_at: Mapped[datetime] = mapped_column(WHEN)
    sent_at: Mapped[datetime | None] = mapped_column(WHEN)
