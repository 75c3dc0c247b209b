"""Writing the ledger: entries are added, never changed."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chassis.ids import new_id
from services.billing.domain.ledger import EntryKind, Transfer
from services.billing.models import Customer, LedgerEntry, LedgerTransfer


def record(
    session: Session,
    kind: EntryKind,
    source_id: UUID,
    customer: Customer,
    occurred_at: datetime,
    now: datetime,
    transfers: Sequence[Transfer],
) -> None:
    """Add one entry; the database refuses a second of the same kind for the same source."""
    rows = [
        LedgerTransfer(
            position=position,
            debit=transfer.debit,
            credit=transfer.credit,
            amount=transfer.amount.amount,
            currency=transfer.amount.currency,
        )
        for position, transfer in enumerate(transfers, 1)
    ]
    session.add(
        LedgerEntry(
            entry_id=new_id(),
            site_id=customer.site_id,
            account_id=customer.account_id,
            kind=kind,
            source_id=source_id,
            occurred_at=occurred_at,
            recorded_at=now,
            transfers=rows,
        )
    )
