"""Leases: a row says who may do a periodic piece of work, in the database's own time.

A row and not an advisory lock, so that it also works on distributed SQL engines and an operator can
read who holds what.
"""

from sqlalchemy import func, or_, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.plumbing import lease


def take(session: Session, name: str, holder: str, seconds: float) -> int | None:
    """Take or renew the lease; returns its term, or None while another holder has it."""
    until = func.clock_timestamp() + text(f"interval '{seconds:.3f} seconds'")
    taken = (
        insert(lease)
        .values(name=name, holder=holder, term=1, expires_at=until)
        .on_conflict_do_update(
            index_elements=["name"],
            set_={"holder": holder, "term": lease.c.term + 1, "expires_at": until},
            where=or_(lease.c.holder == holder, lease.c.expires_at < func.clock_timestamp()),
        )
        .returning(lease.c.term)
    )
    return session.execute(taken).scalar_one_or_none()


def give_back(session: Session, name: str, holder: str) -> None:
    """End the lease now, so that the next holder need not wait for it to expire."""
    session.execute(
        lease.update()
        .where(lease.c.name == name, lease.c.holder == holder)
        .values(expires_at=func.clock_timestamp())
    )
