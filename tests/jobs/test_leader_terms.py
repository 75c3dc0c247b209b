"""Who leads, how another one takes over, and that a leader of yesterday changes nothing."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.database import Database
from services.jobs import commands
from services.jobs.service.leader import Leader
from services.jobs.service.leadership import LEASE_SECONDS, TRUST_SECONDS, Leadership, NotLeading
from tests.jobs.core import Core, after
from tests.jobs.leading import (
    SteadyClock,
    bell_of,
    run_out,
    wait_until,
)


@pytest.fixture
def candidates(database: Database) -> tuple[Leadership, Leadership]:
    """Two replicas that want to lead; the first one does."""
    ann, bob = Leadership(database, "ann", SteadyClock()), Leadership(database, "bob")
    ann.stand()
    bob.stand()
    return ann, bob


def write(session: Session) -> None:
    session.execute(text("UPDATE kind SET timeout_s = timeout_s + 1"))


def test_one_candidate_leads_and_the_other_waits(
    candidates: tuple[Leadership, Leadership],
) -> None:
    ann, bob = candidates
    assert (ann.is_trusted, bob.is_trusted) == (True, False)
    with pytest.raises(NotLeading):
        bob.run(write)


def test_a_leader_stays_while_it_renews(candidates: tuple[Leadership, Leadership]) -> None:
    ann, bob = candidates
    for _ in range(3):
        ann.stand()
        bob.stand()
    assert (ann.is_trusted, bob.is_trusted) == (True, False)


def test_after_the_lease_another_one_leads_under_a_higher_term(
    candidates: tuple[Leadership, Leadership], core: Core
) -> None:
    _, bob = candidates
    before = core.value("SELECT term FROM leader WHERE name = 'house'")
    run_out(core)
    bob.stand()
    assert bob.is_trusted
    [(holder, term)] = core.rows("SELECT holder, term FROM leader WHERE name = 'house'")
    assert (holder, term) == ("bob", before + 1)


def test_what_a_paused_leader_writes_is_refused_and_it_steps_down(
    candidates: tuple[Leadership, Leadership], core: Core
) -> None:
    """It was stopped for long, believes that it leads, and goes on with what it was doing."""
    ann, bob = candidates
    run_out(core)
    bob.stand()
    before = core.value("SELECT timeout_s FROM kind")
    assert ann.is_trusted, "it does not know yet"

    with pytest.raises(NotLeading):
        ann.run(write)

    assert core.value("SELECT timeout_s FROM kind") == before
    assert not ann.is_trusted
    bob.run(write)
    assert core.value("SELECT timeout_s FROM kind") == before + 1


def test_a_leader_of_the_same_name_under_an_older_term_is_refused(
    database: Database, core: Core
) -> None:
    old, new = Leadership(database, "ann"), Leadership(database, "ann")
    old.stand()
    run_out(core)
    new.stand()
    with pytest.raises(NotLeading):
        old.run(write)


def test_trust_is_measured_from_before_the_renewal_and_ends_before_the_lease(
    database: Database,
) -> None:
    steady = SteadyClock()

    class Slow(Leadership):
        """Its answer takes five seconds."""

    slow = Slow(database, "ann", steady)
    transact = database.transact

    def takes_long(*args: Any, **kwargs: Any) -> Any:
        answer = transact(*args, **kwargs)
        steady.seconds += 5
        return answer

    database.transact = takes_long  # type: ignore[method-assign]
    slow.stand()
    database.transact = transact  # type: ignore[method-assign]
    assert slow.is_trusted
    steady.seconds += TRUST_SECONDS - 5
    assert not slow.is_trusted
    assert TRUST_SECONDS < LEASE_SECONDS


def test_without_trust_nothing_is_even_tried(
    candidates: tuple[Leadership, Leadership], database: Database
) -> None:
    ann, _ = candidates
    cast(SteadyClock, ann._steady).seconds += TRUST_SECONDS
    database.close()
    with pytest.raises(NotLeading):
        ann.run(write)


def test_a_leader_works_also_where_transactions_are_serializable(
    core: Core, migrated_url: str
) -> None:
    """What skips rows that others have locked must not be told that they were changed."""
    option = "options=-c%20default_transaction_isolation%3Dserializable"
    database = Database(f"{migrated_url}?{option}")
    ann = Leadership(database, "ann")
    ann.stand()
    shown = ann.run(lambda session: session.execute(text("SHOW transaction_isolation")).scalar())
    assert shown == "read committed"
    core.claim(core.join(now=after(-3600)), now=after(-3600))
    for work in (commands.ready_due_jobs, commands.rescue, commands.announce_deaths):
        ann.run(work)
    assert core.value("SELECT state FROM node_session") == "dead"
    database.close()


def test_a_leader_that_resigns_is_followed_at_once(
    candidates: tuple[Leadership, Leadership],
) -> None:
    ann, bob = candidates
    ann.resign()
    bob.stand()
    assert (ann.is_trusted, bob.is_trusted) == (False, True)


def test_another_candidate_takes_the_house_over_when_the_leader_stops(
    candidate: Callable[[str], Leader],
) -> None:
    ann, bob = candidate("ann"), candidate("bob")
    ann.start()
    wait_until(lambda: ann.leadership.is_trusted)
    bob.start()
    ann.stop()
    wait_until(lambda: bob.leadership.is_trusted, seconds=5)
    wait_until(lambda: bell_of(bob).pings > 0)


def test_another_candidate_takes_over_from_one_that_is_gone_without_a_word(
    database: Database, candidate: Callable[[str], Leader], core: Core
) -> None:
    Leadership(database, "gone").stand()
    bob = candidate("bob")
    bob.start()
    run_out(core)
    wait_until(lambda: bob.leadership.is_trusted, seconds=5)
