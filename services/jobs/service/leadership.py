"""Being the leader, as far as one candidate can know."""

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis.database import Database, sqlstate
from chassis.errors import Unavailable
from chassis.logs import log
from services.jobs import commands
from services.jobs.service import measures

T = TypeVar("T")

LEASE_SECONDS = 10.0
TRUST_SECONDS = 8.0
RENEW_SECONDS = 2.0
STAND_SECONDS = 1.0
"""How often a candidate asks whether the leader is gone: one that resigned is followed at once."""


class NotLeading(Exception):
    """This candidate is not the leader, or not any more."""


class Leadership:
    """Stands for election, renews, steps down, resigns.

    `is_trusted` is a promise for a while and measured from before the renewal was asked for; the
    term at the head of each transaction is what nobody can get around.
    """

    def __init__(
        self, database: Database, holder: str, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._database = database
        self._holder = holder
        self._steady = steady
        self._term: commands.Term | None = None
        self._trusted_until = 0.0
        self.won = threading.Event()

    @property
    def is_trusted(self) -> bool:
        return self._term is not None and self._steady() < self._trusted_until

    def stand(self) -> None:
        """Ask to become the leader, or to stay it."""
        asked = self._steady()
        term = self._database.transact(
            commands.campaign, holder=self._holder, seconds=LEASE_SECONDS
        )
        if term is None:
            self.step_down()
            return
        self._trusted_until = asked + TRUST_SECONDS
        if term != self._term:
            self._term = term
            log.info("leads", term=term.number)
            measures.leads.set(1)
            measures.term.set(term.number)
        self.won.set()

    def run(self, work: Callable[..., T], **values: Any) -> T:
        """Do `work(session, …)` as the leader, in one transaction that begins with the term.

        Raises NotLeading, also when the database says so; then nothing was written.
        """
        term = self._term
        if term is None or not self.is_trusted:
            raise NotLeading

        def led(session: Session) -> T:
            commands.lead(session, term=term)
            return work(session, **values)

        try:
            return self._database.transact(led)
        except DBAPIError as error:
            if sqlstate(error) != commands.NOT_LEADING:
                raise
            self.step_down(term)
            raise NotLeading from error

    def step_down(self, term: commands.Term | None = None) -> None:
        """Lead no more; with `term`, only if that is still the one."""
        if self._term is None or (term is not None and term != self._term):
            return
        log.warning("leads no more", term=self._term.number)
        self._term, self._trusted_until = None, 0.0
        self.won.clear()
        measures.forget()

    def resign(self) -> None:
        """Step down and say so, so that another one need not wait for the lease to run out."""
        term = self._term
        self.step_down()
        if term is None:
            return
        try:
            self._database.transact(commands.resign, term=term)
        except Unavailable:
            log.info("leadership left to run out", term=term.number)
