"""Who keeps house: one holder at a time, fenced by its term."""

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.database import put_off
from services.jobs.commands.core import read_committed
from services.jobs.domain import HOUSE

NOT_LEADING = "MH001"
"""The SQLSTATE with which the database stops a leader that no longer is one."""


@dataclass(frozen=True)
class Term:
    """A holder's time as the leader; the number only grows."""

    holder: str
    number: int


def campaign(session: Session, *, holder: str, seconds: float) -> Term | None:
    """Become or stay the leader for so many seconds; None while another one is."""
    read_committed(session)
    stands = session.execute(
        text("SELECT term, leads FROM campaign(:name, :holder, :seconds)"),
        {"name": HOUSE, "holder": holder, "seconds": seconds},
    ).one()
    return Term(holder, stands.term) if stands.leads else None


def lead(session: Session, *, term: Term) -> None:
    """The first statement of each of a leader's transactions; it travels with the second.

    Fails with the SQLSTATE MH001 when the term is over, and else holds off a successor until the
    transaction ends.
    """
    read_committed(session)
    put_off(session, "SELECT lead(%s, %s, %s)", (HOUSE, term.holder, term.number))


def resign(session: Session, *, term: Term) -> None:
    """Let another one become the leader at once."""
    session.execute(
        text("SELECT resign(:name, :holder, :term)"),
        {"name": HOUSE, "holder": term.holder, "term": term.number},
    )
