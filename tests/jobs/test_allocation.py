"""Which node serves which kind: fair by weight, steady, within limits, and settled soon."""

import itertools
from dataclasses import replace

import pytest

from services.jobs.domain.allocation import AHEAD, Demand, allocate
from tests.jobs.allocating import host, settled, totals


def test_kinds_of_equal_weight_share_equally_what_both_want() -> None:
    rows = allocate([Demand(1, 1000), Demand(2, 1000)], [host(1, 8, 1, 2)], {})
    assert rows == {(1, 1): 4, (2, 1): 4}


def test_a_kind_of_thrice_the_weight_has_thrice_the_slots() -> None:
    rows = allocate([Demand(1, 1000), Demand(2, 1000, weight=3)], [host(1, 8, 1, 2)], {})
    assert rows == {(1, 1): 2, (2, 1): 6}


def test_what_a_kind_does_not_want_goes_to_the_others() -> None:
    rows = allocate([Demand(1, 1), Demand(2, 1000)], [host(1, 8, 1, 2)], {})
    assert rows == {(1, 1): 1, (2, 1): 7}


def test_every_kind_with_work_has_a_slot_before_any_has_two() -> None:
    rows = allocate(
        [Demand(1, 9000, weight=1000), Demand(2, 1, weight=0.01)], [host(1, 2, 1, 2)], {}
    )
    assert rows == {(1, 1): 1, (2, 1): 1}


def test_a_kind_with_few_nodes_gets_them_where_others_can_go_elsewhere() -> None:
    demands = [Demand(1, 4), Demand(2, 4)]
    rows = allocate(demands, [host(1, 4, 1, 2), host(2, 4, 1)], {})
    assert totals(rows) == {1: 4, 2: 4}
    assert rows[2, 1] == 4


def test_a_new_kind_finds_slots_where_all_are_taken() -> None:
    """The original only looked at its allocation while some worker had no kind (P2)."""
    hosts = [host(1, 4, 1, 2), host(2, 4, 1, 2)]
    full = settled([Demand(1, 1000)], hosts)
    assert totals(full) == {1: 8}
    assert totals(settled([Demand(1, 1000), Demand(2, 1000)], hosts, full)) == {1: 4, 2: 4}


@pytest.mark.parametrize("pending", [0, 1, 8, 9, 100, 1000])
def test_a_steady_backlog_makes_a_steady_allocation(pending: int) -> None:
    """The original cut a kind to one worker and grew it again, in turn (P1)."""
    demands = [Demand(1, pending, max_pending=9), Demand(2, 500)]
    rows, seen = settled(demands, [host(1, 20, 1, 2)]), []
    for _ in range(20):
        rows = allocate(demands, [host(1, 20, 1, 2)], rows)
        seen.append(dict(rows))
    assert all(each == seen[0] for each in seen)
    assert totals(rows).get(1, 0) == min(10, -(-pending // 9))


def test_without_work_slots_go_to_who_has_some() -> None:
    """Also the original's: a kind without pending work never gave its workers back (P1)."""
    hosts = [host(1, 4, 1, 2)]
    before = settled([Demand(1, 100)], hosts)
    assert settled([Demand(1, 0), Demand(2, 100)], hosts, before) == {(2, 1): 4}


def test_the_backlog_that_a_worker_manages_decides_how_many_are_wanted() -> None:
    assert Demand(1, 101, max_pending=50).wanted == 3
    assert Demand(1, 0, max_pending=50).wanted == 0


def test_short_jobs_want_fewer_slots_than_there_are_jobs() -> None:
    assert Demand(1, 1000, mean_seconds=0.001).wanted == 1
    assert Demand(1, 1000, mean_seconds=0.01).wanted == 10
    assert Demand(1, 3, mean_seconds=60).wanted == 3
    assert Demand(1, 3, {7: 2}).wanted == 5


def test_work_that_comes_in_drops_moves_nothing_while_slots_are_free() -> None:
    hosts = [host(1, 8, 1, 2)]
    rows = allocate([Demand(1, 2), Demand(2, 1)], hosts, {})
    for backlog in (0, 1, 2, 0, 1):
        assert allocate([Demand(1, backlog), Demand(2, 1)], hosts, rows) == rows


def test_slots_do_not_move_for_a_fifth() -> None:
    held = {(1, 1): 6, (2, 1): 4}
    assert allocate([Demand(1, 900), Demand(2, 900)], [host(1, 10, 1, 2)], held) == held
    held = {(1, 1): 7, (2, 1): 3}
    moved = allocate([Demand(1, 900), Demand(2, 900)], [host(1, 10, 1, 2)], held)
    assert moved == {(1, 1): 5, (2, 1): 5}


def test_what_may_stay_on_its_node_does() -> None:
    hosts = [host(1, 4, 1, 2), host(2, 4, 1, 2)]
    held = {(1, 1): 4, (1, 2): 4}
    moved = allocate([Demand(1, 900), Demand(2, 2)], hosts, held)
    assert totals(moved) == {1: 6, 2: 2}
    assert all(slots <= held[row] for row, slots in moved.items() if row[0] == 1)


def test_more_kinds_than_slots_take_turns() -> None:
    demands = [Demand(kind, 10) for kind in range(1, 6)]
    hosts, rows, served = [host(1, 2, 1, 2, 3, 4, 5)], {}, set()
    for turn in range(5):
        rows = allocate(demands, hosts, rows, turn)
        assert sum(rows.values()) == 2
        served |= {kind for kind, _ in rows}
    assert served == {1, 2, 3, 4, 5}


def test_a_limited_kind_has_its_slots_before_it_has_work() -> None:
    hosts = [host(1, 2, 1), host(2, 2, 1)]
    assert totals(allocate([Demand(1, 0, max_assigned=3)], hosts, {})) == {1: 3}
    assert totals(allocate([Demand(1, 0, max_assigned=7)], hosts, {})) == {1: 4}


def test_a_limit_that_does_not_bind_is_spread_over_the_nodes_by_their_workers() -> None:
    hosts = [host(1, 2, 1), host(2, 6, 1), host(3, 4, 2)]
    assert allocate([Demand(1, 0, max_assigned=30)], hosts, {}) == {(1, 1): 7, (1, 2): 22}
    endless = allocate([Demand(1, 5, max_assigned=1_000_000)], hosts, {})
    assert endless == {(1, 1): 2 * AHEAD, (1, 2): 6 * AHEAD}


def test_what_is_spread_does_not_change_with_the_work_nor_what_others_have() -> None:
    hosts, rows = [host(1, 4, 1, 2), host(2, 4, 1, 2)], {}
    for backlog in (0, 3, 1, 3, 0):
        asked = [Demand(1, 5_000 * backlog, max_assigned=100), Demand(2, 4)]
        before, rows = rows, allocate(asked, hosts, rows)
        assert not before or rows == before
    assert rows == {(1, 1): 50, (1, 2): 50, (2, 1): 2, (2, 2): 2}


def test_kinds_of_wide_limits_are_left_their_fair_share() -> None:
    hosts = [host(1, 8, 1, 2)]
    alone = settled([Demand(1, 0, max_assigned=100), Demand(2, 900)], hosts)
    assert alone == {(1, 1): 100, (2, 1): 8}
    both = [Demand(1, 900, max_assigned=100, weight=3), Demand(2, 900)]
    assert settled(both, hosts, alone) == {(1, 1): 100, (2, 1): 2}


def test_a_new_node_has_its_part_of_a_wide_limit_once_the_others_gave_it_up() -> None:
    one, two = [host(1, 2, 1)], [host(1, 2, 1), host(2, 2, 1)]
    demand = Demand(1, 900, max_assigned=40)
    rows = settled([demand], one)
    assert rows == {(1, 1): 40}
    rows = allocate([demand], two, rows)
    assert rows == {(1, 1): 20}
    assert allocate([replace(demand, running={1: 35})], two, rows) == {(1, 1): 20, (1, 2): 5}
    assert allocate([demand], two, rows) == {(1, 1): 20, (1, 2): 20}


def test_a_limited_kind_moves_by_being_lowered_first_and_raised_when_its_runs_ended() -> None:
    moving = [host(2, 4, 1)]
    demand, held = Demand(1, 9, {1: 2}, max_assigned=2), {(1, 1): 2}
    assert allocate([demand], moving, held) == {}
    assert allocate([demand], moving, {}) == {}
    one_ended = replace(demand, running={1: 1})
    assert allocate([one_ended], moving, {}) == {(1, 2): 1}
    assert allocate([replace(demand, running={2: 1})], moving, {(1, 2): 1}) == {(1, 2): 2}


def test_a_lowered_limit_holds_from_the_next_allocation() -> None:
    hosts = [host(1, 4, 1), host(2, 4, 1)]
    rows = settled([Demand(1, 99, max_assigned=8)], hosts)
    assert totals(rows) == {1: 8}
    assert totals(allocate([Demand(1, 99, max_assigned=3)], hosts, rows)) == {1: 3}


def test_rows_of_nodes_and_kinds_that_are_gone_go() -> None:
    held = {(1, 1): 2, (1, 9): 2, (8, 1): 2}
    assert allocate([Demand(1, 5)], [host(1, 2, 1)], held) == {(1, 1): 2}


def test_nothing_to_do_and_nobody_to_do_it() -> None:
    assert allocate([], [], {}) == {}
    assert allocate([Demand(1, 5)], [], {}) == {}
    assert allocate([Demand(1, 5)], [host(1, 3)], {}) == {}


def test_the_same_question_has_the_same_answer_whatever_its_order() -> None:
    demands = [Demand(kind, 7) for kind in (1, 2, 3)]
    hosts = [host(1, 3, 1, 2), host(2, 3, 2, 3), host(3, 3, 1, 3)]
    answers = {
        frozenset(allocate(asked, able, {}).items())
        for asked in map(list, itertools.permutations(demands))
        for able in map(list, itertools.permutations(hosts))
    }
    assert len(answers) == 1
