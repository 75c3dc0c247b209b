"""What is accepted is stored, once for each uid."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Thread

from tests.jobs.core import Core, after


def test_an_accepted_job_is_ready_at_once(core: Core) -> None:
    [accepted] = core.enqueue({"args": {"invoice": 7}})
    job = core.live(accepted.job_id)
    assert accepted.verdict == "accepted"
    assert (job.state, job.attempt, job.run_no, job.args) == (1, 0, 0, {"invoice": 7})


def test_the_same_uid_again_is_answered_and_stores_nothing(core: Core) -> None:
    uid = uuid.uuid4()
    [first] = core.enqueue({"uid": uid, "args": {"a": 1}})
    [second] = core.enqueue({"uid": uid, "args": {"a": 1}})
    assert (second.verdict, second.job_id) == ("repeated", first.job_id)
    assert core.value("SELECT count(*) FROM live") == 1


def test_the_same_uid_is_refused_with_other_content_and_after_the_job_is_done(core: Core) -> None:
    uid = uuid.uuid4()
    core.enqueue({"uid": uid, "args": {"a": 1}})
    assert core.enqueue({"uid": uid, "args": {"a": 2}})[0].verdict == "conflict"
    session = core.join()
    core.complete(session, core.claim(session))
    assert core.enqueue({"uid": uid, "args": {"a": 1}})[0].verdict == "repeated"
    assert core.value("SELECT count(*) FROM live") == 0


def test_a_uid_twice_in_one_batch_is_one_job(core: Core) -> None:
    uid = uuid.uuid4()
    core.enqueue({"uid": uid}, {"uid": uid}, {})
    assert core.value("SELECT count(*) FROM live") == 2


def test_an_unknown_kind_is_told_and_does_not_spoil_its_batch(core: Core) -> None:
    answers = core.enqueue({"kind": "tests.unheard_of"}, {})
    assert {answer.kind: answer.verdict for answer in answers} == {
        "tests.unheard_of": "unknown_kind",
        "tests.work": "accepted",
    }


def test_a_job_for_later_waits_until_it_is_due(core: Core) -> None:
    [job] = core.enqueue({"run_at": after(60)})
    session = core.join()
    assert core.promote(after(59)) == 0
    assert core.claim(session) == []
    assert core.promote(after(60)) == 1
    assert [run.id for run in core.claim(session)] == [job.job_id]


def test_jobs_run_by_priority_and_then_in_the_order_they_came(core: Core) -> None:
    core.enqueue(*({"args": {"n": n}, "priority": p} for n, p in enumerate([3, 2, 2, 1])))
    session = core.join()
    order = [core.claim(session, room=1)[0].args["n"] for _ in range(4)]
    assert order == [3, 1, 2, 0]


def test_two_callers_with_one_uid_at_the_same_moment_make_one_job(
    core: Core, connect: Callable[[], Core]
) -> None:
    other, uid, answers = connect(), uuid.uuid4(), []
    with core.open_transaction():
        core.enqueue({"uid": uid})
        waiting = Thread(target=lambda: answers.extend(other.enqueue({"uid": uid})))
        waiting.start()
    waiting.join()
    assert [answer.verdict for answer in answers] == ["repeated"]
    assert core.value("SELECT count(*) FROM live") == 1


def test_a_receipt_outlives_its_job_and_goes_with_old_history(core: Core) -> None:
    core.enqueue({"run_at": after(90 * 86400)}, {})
    session = core.join()
    core.rows("SELECT ensure_partitions(date '2019-01-01', 1)")
    core.complete(session, core.claim(session), now=datetime(2019, 1, 1, tzinfo=UTC))
    core.rows("UPDATE enqueue_receipt SET accepted_at = '2019-01-01'")
    core.rows("SELECT prune_history(date '2019-01-01')")
    assert core.value("SELECT count(*) FROM enqueue_receipt") == 2
    core.rows("SELECT prune_history(date '2019-01-02')")
    kept = core.rows("SELECT j.state FROM enqueue_receipt r JOIN live j ON j.id = r.job_id")
    assert [row.state for row in kept] == [0]
    assert core.value("SELECT count(*) FROM enqueue_receipt") == 1
