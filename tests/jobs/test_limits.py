"""Where and how many: caps, rates, pauses, node filters, labels and versions hold at each claim."""

import pytest

from tests.jobs.core import START, Core, after


def running(core: Core) -> int:
    return int(core.value("SELECT count(*) FROM live WHERE state = 2"))


def test_a_capped_kind_is_claimed_within_the_sessions_slots_alone(core: Core) -> None:
    core.declare(max_assigned=3)
    core.enqueue_many(10)
    anna, bert = core.join("anna"), core.join("bert")
    assert core.claim(anna) == []
    core.allocate(("tests.work", anna, 1), ("tests.work", bert, 2))
    first = core.claim(anna)
    assert len(first) == 1
    assert core.claim(anna) == []
    assert len(core.claim(bert)) == 2
    core.complete(anna, first)
    assert len(core.claim(anna)) == 1


def test_an_allocation_never_adds_up_to_more_than_the_cap(core: Core) -> None:
    core.declare(max_assigned=2)
    core.enqueue_many(10)
    anna, bert = core.join("anna"), core.join("bert")
    core.allocate(("tests.work", anna, 2))
    runs = core.claim(anna)
    core.allocate(("tests.work", bert, 2))
    assert core.claim(bert) == [], "anna still runs two"
    core.complete(anna, runs[:1])
    core.allocate(("tests.work", bert, 2))
    assert len(core.claim(bert)) == 1
    core.complete(anna, runs[1:])
    core.allocate(("tests.work", bert, 2))
    assert len(core.claim(bert)) == 1
    assert running(core) == 2


def test_rows_of_other_kinds_are_written_as_asked_and_the_epoch_grows(core: Core) -> None:
    anna = core.join("anna")
    first = core.allocate(("tests.work", anna, 5))
    assert core.renew(anna).allocation == {str(core.kind_id()): 5}
    second = core.allocate()
    assert second > first
    beat = core.renew(anna)
    assert (beat.allocation, beat.epoch) == ({}, second)


def test_a_rate_lets_a_burst_through_and_then_one_at_its_time(core: Core) -> None:
    core.declare(rate_per_s=2, rate_burst=3)
    core.enqueue_many(20)
    session = core.join()
    assert [len(core.claim(session, now=after(t))) for t in (0, 0.4, 0.5, 0.6, 1, 2)] == [
        *(3, 0, 1, 0, 1, 2)
    ]
    assert core.rows("SELECT rate_waiting(%s)", after(2.1)) == []
    assert len(core.rows("SELECT rate_waiting(%s)", after(2.5))) == 1


def test_a_rate_pays_only_for_what_was_there(core: Core) -> None:
    core.declare(rate_per_s=1, rate_burst=4)
    core.enqueue_many(1)
    session = core.join()
    assert len(core.claim(session)) == 1
    core.enqueue_many(9)
    assert len(core.claim(session)) == 3


def test_a_paused_kind_and_a_paused_node_get_nothing(core: Core) -> None:
    core.enqueue_many(2)
    anna, bert = core.join("anna"), core.join("bert")
    core.rows("UPDATE node SET paused_at = %s WHERE name = 'anna'", START)
    assert core.renew(anna).paused
    assert core.claim(anna) == []
    core.rows("UPDATE kind SET paused_at = %s", START)
    assert core.claim(bert) == []
    core.rows("UPDATE kind SET paused_at = NULL")
    assert len(core.claim(bert)) == 2


@pytest.mark.parametrize(
    ("rule", "name", "labels", "may"),
    [
        ({"node_filter": "a.*"}, "anna", {}, True),
        ({"node_filter": "a"}, "anna", {}, False),
        ({"node_filter": "bert|anna"}, "anna", {}, True),
        ({"node_labels": {"zone": "a"}}, "anna", {"zone": "a", "gpu": "no"}, True),
        ({"node_labels": {"zone": "a"}}, "anna", {"zone": "b"}, False),
        ({"node_labels": {"zone": "a"}}, "anna", {}, False),
    ],
)
def test_a_kind_may_choose_its_nodes(
    core: Core, rule: dict[str, object], name: str, labels: dict[str, str], may: bool
) -> None:
    core.declare(**rule)
    core.enqueue_many(1)
    session = core.join(name, labels=labels)
    assert bool(core.claim(session)) is may
    [host] = core.rows("SELECT * FROM hosts(%s)", START)
    assert (host.kinds == [core.kind_id()]) is may


def test_a_version_is_given_to_a_build_that_can_run_it(core: Core) -> None:
    core.declare(version_low=1, version_high=2)
    core.enqueue({"args": {"n": 1}, "version": 1}, {"args": {"n": 2}}, {"version": 3})
    old = core.join("anna")
    new = core.join("bert", kinds=({"version_low": 1, "version_high": 2},))
    newest = core.join("cleo", kinds=({"version_low": 3, "version_high": 3},))
    assert [run.args["n"] for run in core.claim(old)] == [1]
    assert [run.args["n"] for run in core.claim(new)] == [2]
    assert [run.version for run in core.claim(newest)] == [3]


def test_the_room_of_a_kind_is_shared_by_its_versions(core: Core) -> None:
    core.declare(version_low=1, version_high=2)
    core.enqueue(*({"version": version} for version in (2, 2, 1)))
    session = core.join(kinds=({"version_low": 1, "version_high": 2},))
    assert sorted(run.version for run in core.claim(session, room=2)) == [1, 2]


def test_an_override_counts_above_the_code_until_it_is_taken_back(core: Core) -> None:
    core.declare(max_assigned=5)
    assert core.override(max_assigned=None, timeout_s=7)
    core.declare(max_assigned=6)
    kept = core.rows("SELECT max_assigned, timeout_s FROM kind")[0]
    assert (kept.max_assigned, kept.timeout_s) == (None, 7)
    core.override()
    kept = core.rows("SELECT max_assigned, timeout_s FROM kind")[0]
    assert (kept.max_assigned, kept.timeout_s) == (6, 60)
    assert not core.override("tests.unheard_of", timeout_s=1)


def test_the_demands_name_backlog_and_running_jobs(core: Core) -> None:
    core.enqueue_many(5)
    session = core.join()
    core.claim(session, room=2)
    stats = [{"kind_id": core.kind_id(), "succeeded": 3, "failed": 1, "run_s": 2, "wait_s": 1}]
    core.renew(session, stats=stats)
    [demand] = core.rows("SELECT * FROM demands(%s)", after(1))
    assert (demand.backlog, demand.running, demand.mean_seconds) == (3, {str(session): 2}, 0.5)
