"""The ledger: entries are only ever added; a correction is another entry."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.billing.domain.ledger import Account, EntryKind
from services.billing.models.base import Base, one_of


class LedgerEntry(Base):
    """One movement of money of one customer. `source_id` is the payment's or the refund's id."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        UniqueConstraint("kind", "source_id"),
        Index("ix_ledger_entry_account_id", "account_id"),
        one_of("kind", EntryKind),
    )

    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    site_id: Mapped[UUID]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("customer.account_id"))
    kind: Mapped[str]
    source_id: Mapped[UUID]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    transfers: Mapped[list["LedgerTransfer"]] = relationship(order_by="LedgerTransfer.position")


class LedgerTransfer(Base):
    """Debits one account and credits another by the same amount, so it cannot be out of balance."""

    __tablename__ = "ledger_transfer"
    __table_args__ = (
        one_of("debit", Account),
        one_of("credit", Account),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("debit <> credit", name="two_accounts"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_entry.entry_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    debit: Mapped[str]
    credit: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
