"""What only one may do at a time: lead, also where a leader sleeps, and make partitions."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import psycopg2
import pytest

from tests.jobs.core import Core, after
from tests.jobs.node_process import until

WAITING = "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s"
FAR = date(2031, 5, 1)  # no other test makes room for it


def test_a_leader_that_sleeps_in_its_transaction_does_not_keep_the_lead(
    core: Core, connect: Callable[[], Core]
) -> None:
    sleeper, other = connect(), connect()
    term = sleeper.rows("SELECT * FROM campaign('house', 'sleeper', 10, %s)", after(0))[0].term
    sleeper.connection.autocommit = False
    sleeper.rows("SELECT lead('house', 'sleeper', %s, %s)", term, after(1))
    [elected] = other.rows("SELECT * FROM campaign('house', 'other', 10, %s)", after(11))
    assert (elected.leads, elected.term) == (True, term + 1)
    with pytest.raises(psycopg2.OperationalError):
        sleeper.rows("SELECT 1")


def test_services_that_start_together_make_room_for_history_once(
    core: Core, connect: Callable[[], Core]
) -> None:
    first, second = connect(), connect()
    make = "SELECT ensure_partitions(%s, 2)"
    with ThreadPoolExecutor(1) as pool:
        with first.open_transaction():
            made = first.value(make, FAR)
            waiting = pool.submit(second.value, make, FAR)
            until(lambda: core.value(WAITING, second.connection.info.backend_pid))
        assert (made, waiting.result(20)) == (6, 0)
    for parent in ("done", "attempt", "job_log"):
        core.rows(f"DROP TABLE {parent}_20310501, {parent}_20310502")
