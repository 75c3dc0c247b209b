"""Who our customers are, as auth tells it, and the lock that every change of money takes first."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.billing.models import Customer


def meet_customer(
    session: Session, *, now: datetime, site_id: UUID, account_id: UUID, name: str, email: str
) -> None:
    """Know someone who signed up; what a confirmation told before stays."""
    values = {"site_id": site_id, "name": name, "email": email, "time_zone": "UTC"}
    met = insert(Customer).values(account_id=account_id, version=0, known_since=now, **values)
    session.execute(met.on_conflict_do_nothing(index_elements=["account_id"]))


def confirm_customer(
    session: Session,
    *,
    now: datetime,
    site_id: UUID,
    account_id: UUID,
    name: str,
    email: str,
    time_zone: str,
    version: int,
) -> None:
    """Keep the newest confirmed facts; an older version that arrives later changes nothing."""
    facts = {"name": name, "email": email, "time_zone": _known_zone(time_zone), "version": version}
    told = insert(Customer).values(account_id=account_id, site_id=site_id, known_since=now, **facts)
    session.execute(
        told.on_conflict_do_update(
            index_elements=["account_id"], set_=facts, where=Customer.version < version
        )
    )


def lock_customer(session: Session, account_id: UUID) -> Customer | None:
    """The one lock order of this service: the customer's row before anything else of his."""
    locking = select(Customer).where(Customer.account_id == account_id).with_for_update()
    return session.scalars(locking.execution_options(populate_existing=True)).one_or_none()


def _known_zone(name: str) -> str:
    """A zone this machine's tables lack must not stop his payments; his periods then follow UTC."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
