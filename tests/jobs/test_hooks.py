"""What the leader asks services about their kinds, and what becomes of the answers."""

import threading
import uuid
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from chassis.database import Database
from chassis.errors import Unavailable
from services.jobs.adapters import NodeBell
from services.jobs.service.hooks import HookRounds
from services.jobs.service.leadership import Leadership
from tests.jobs.core import Core
from tests.jobs.leading import SETTINGS, HeardBell, Services, wait_until


class House:
    """A leader's rounds of questions, one at a time."""

    def __init__(self, database: Database, core: Core) -> None:
        self.core = core
        self.services = Services()
        self.bell = HeardBell()
        self.leadership = Leadership(database, "ann")
        self.leadership.stand()
        self.new_leader()

    def new_leader(self) -> None:
        """One that remembers nothing of earlier rounds."""
        bell = cast(NodeBell, self.bell)
        self.rounds = HookRounds(self.leadership, bell, self.services, SETTINGS)

    def declare(self, *hooks: str, kind: str = "tests.work", **changes: Any) -> None:
        self.core.declare(name=kind, hooks={hook: f"{hook}_work" for hook in hooks}, **changes)

    def ask(self, times: int = 1) -> None:
        """So many whole rounds."""
        for _ in range(times):
            self.rounds.begin()
            self.rounds.wait()

    def select(self, *keys: str) -> None:
        self.services.answers["selecting_work"] = {
            "items": [{"key": key, "args": {"row": key}} for key in keys]
        }

    def live(self) -> list[str]:
        rows = self.core.rows("SELECT args->>'row' AS row FROM live ORDER BY seq")
        return [row.row for row in rows]

    def finish(self, room: int = 100) -> None:
        node = self.core.join(now=datetime.now(UTC))
        self.core.complete(node, self.core.claim(node, room=room, now=datetime.now(UTC)))


@pytest.fixture
def house(database: Database, core: Core) -> House:
    return House(database, core)


def test_what_a_service_selects_becomes_jobs_in_its_order(house: House) -> None:
    house.declare("selecting")
    house.select("c", "a", "b")
    house.ask(times=2)
    assert house.live() == ["c", "a", "b"]
    assert ("tests.work",) in house.bell.rung


def test_the_same_row_is_never_two_jobs_at_once(house: House) -> None:
    house.declare("selecting")
    house.select("a", "b")
    house.ask(times=3)
    house.new_leader()
    house.ask(times=3)
    assert house.live() == ["a", "b"]


def test_a_row_may_be_selected_again_after_its_job_ended(house: House) -> None:
    house.declare("selecting")
    house.select("a")
    house.ask(times=2)
    house.finish()
    house.ask(times=2)
    assert house.live() == ["a"]


def test_a_row_whose_job_ended_while_the_service_was_answering_is_not_done_twice(
    house: House,
) -> None:
    """The service has read its table before the job's effect and answers after its end."""
    house.declare("selecting")
    house.select("a")
    house.ask(times=2)
    stale = house.services.answers["selecting_work"]

    def slow(limit: int) -> Any:
        house.finish()
        return stale

    house.services.answers["selecting_work"] = slow
    house.ask()
    assert house.live() == []


def test_a_new_leader_looks_first_and_selects_then(house: House) -> None:
    house.declare("selecting")
    house.select("a")
    house.ask()
    assert house.live() == []
    house.ask()
    assert house.live() == ["a"]


def test_only_what_there_is_room_for_is_asked_for(house: House) -> None:
    house.declare("selecting", "occupied", max_pending=5)
    house.services.answers["occupied_work"] = {"number": 2}
    house.select(*"abcdefgh")
    house.ask(times=2)
    assert house.live() == ["a", "b", "c"]
    assert [asked[2] for asked in house.services.asked if asked[1] == "selecting_work"] == [
        {"limit": 3},
        {"limit": 3},
    ]
    house.ask()
    assert house.services.number_of("selecting_work") == 2


def test_what_waits_for_its_next_attempt_takes_room_too(house: House) -> None:
    house.declare("selecting", max_pending=2)
    house.select("a", "b")
    house.ask(times=2)
    house.core.rows("UPDATE live SET state = 0, run_at = clock_timestamp() + interval '1 h'")
    asked = house.services.number_of("selecting_work")
    house.select("c")
    house.ask()
    assert house.live() == ["a", "b"]
    assert house.services.number_of("selecting_work") == asked


def test_without_permission_no_job_starts(house: House) -> None:
    """No credits, no job; the account that has some is not held up by the one that has none."""
    house.declare("allowing")
    rich, poor = uuid.UUID(int=1), uuid.UUID(int=2)
    [first, second] = house.core.enqueue({"account_id": rich}, {"account_id": poor})
    house.services.answers["allowing_work"] = lambda jobs: {
        "allowed": [job["uid"] for job in jobs if job["account_id"] == str(rich)]
    }
    house.ask()
    assert house.core.live(first.job_id).state == 1
    waits = house.core.live(second.job_id)
    assert (waits.state, waits.blocked_by) == (3, 2)
    assert 25 < (waits.run_at - datetime.now(UTC)).total_seconds() <= 30


def test_whoever_was_not_allowed_is_asked_for_again_later(house: House) -> None:
    house.declare("allowing")
    [job] = house.core.enqueue({})
    house.services.answers["allowing_work"] = {"allowed": []}
    house.ask(times=3)
    assert house.services.number_of("allowing_work") == 1
    house.core.rows("UPDATE live SET run_at = clock_timestamp() - interval '1 s'")
    house.services.answers["allowing_work"] = {"allowed": [str(job.uid)]}
    house.ask()
    assert house.core.live(job.job_id).state == 1


def test_permission_is_asked_for_two_hundred_at_a_time(house: House) -> None:
    house.declare("allowing")
    for _ in range(3):
        house.core.enqueue_many(150)
    house.services.answers["allowing_work"] = lambda jobs: {"allowed": [job["uid"] for job in jobs]}
    house.ask()
    assert house.core.value("SELECT count(*) FROM live WHERE state = 1") == 450
    assert [len(asked[2]["jobs"]) for asked in house.services.asked] == [200, 200, 50]


def test_a_kind_that_does_not_ask_any_more_lets_its_jobs_go(house: House) -> None:
    house.declare("allowing")
    house.core.enqueue_many(2)
    house.declare()
    house.ask()
    assert house.core.value("SELECT count(*) FROM live WHERE state = 1") == 2


def test_dead_jobs_that_a_service_names_are_tried_again(house: House) -> None:
    house.declare("relaunching", max_attempts=1)
    house.declare(kind="tests.other", max_attempts=1)
    [dead, other] = house.core.enqueue({}, {"kind": "tests.other"})
    kinds = ("tests.work", "tests.other")
    node = house.core.join(kinds=kinds, now=datetime.now(UTC))
    now = datetime.now(UTC)
    house.core.fail(node, house.core.claim(node, kinds=kinds, now=now), now=now)
    uids = [str(dead.uid), str(other.uid), str(uuid.uuid4())]
    house.services.answers["relaunching_work"] = {"uids": uids}
    house.ask(times=2)
    assert house.core.live(dead.job_id).state == 1
    assert house.core.live(other.job_id) is None, "it is another kind's"


def test_a_report_is_kept_and_asked_for_now_and_then(house: House) -> None:
    house.declare("reporting")
    counts = {"total": 9, "completed": 5, "pending": 3, "failed": 1}
    house.services.answers["reporting_work"] = counts
    house.ask(times=3)
    assert house.core.value("SELECT counts FROM kind_report") == counts
    assert house.services.number_of("reporting_work") == 1


@pytest.mark.parametrize(
    "answer",
    [Unavailable("away", "It is away."), RuntimeError("a defect"), {"items": "many"}, None,
     {"items": [{"key": "a", "args": {"a": "\x00"}}]}],
)  # fmt: skip
def test_a_hook_that_fails_harms_no_other(house: House, answer: Any) -> None:
    house.declare("selecting", "reporting")
    house.declare("reporting", kind="tests.other")
    counts = {"total": 1, "completed": 0, "pending": 1, "failed": 0}
    house.services.answers.update(selecting_work=answer, reporting_work=counts)
    house.ask(times=2)
    assert house.core.value("SELECT count(*) FROM kind_report") == 2
    assert house.live() == []
    house.select("a")
    house.ask(times=2)
    assert house.live() == ["a"]


def test_a_service_that_does_not_answer_holds_up_only_its_own_kind(house: House) -> None:
    house.declare("selecting")
    house.core.declare(name="tests.other", hooks={"reporting": "report"})
    asked, answered = threading.Event(), threading.Event()
    house.services.answers["report"] = {"total": 1, "completed": 1, "pending": 0, "failed": 0}

    def silent(limit: int) -> Any:
        asked.set()
        answered.wait(20)
        return {"items": []}

    house.services.answers["selecting_work"] = silent
    house.rounds.begin()
    assert asked.wait(20)
    wait_until(lambda: house.core.value("SELECT count(*) FROM kind_report") == 1)
    house.rounds.begin()
    assert house.services.number_of("selecting_work") == 1
    answered.set()
    house.rounds.wait()


def test_a_paused_kind_is_not_asked(house: House) -> None:
    house.declare("selecting", "allowing")
    house.core.enqueue_many(1)
    house.core.rows("UPDATE kind SET paused_at = clock_timestamp()")
    house.ask(times=2)
    assert house.services.asked == []


def test_what_is_asked_goes_to_the_kinds_own_service(house: House) -> None:
    house.declare("reporting", kind="billing.render")
    house.services.answers["reporting_work"] = {
        "total": 0, "completed": 0, "pending": 0, "failed": 0,
    }  # fmt: skip
    house.ask()
    assert [(service, request) for service, request, _ in house.services.asked] == [
        ("billing", "reporting_work")
    ]
