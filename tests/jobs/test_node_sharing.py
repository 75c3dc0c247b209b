"""What a node asks for: its slots shared among the kinds, and the kinds worth asking for."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.jobs.node import hopes
from services.jobs.node.hopes import DEAF_AFTER, LONGEST, SAFETY, SHORTEST, Hopes
from services.jobs.node.shares import guarantees, quick_shares, slow_shares

A, B, C = 1, 2, 3
NAMES = {A: "tests.a", B: "tests.b", C: "tests.c"}


def test_without_a_leader_whoever_has_work_may_fill_every_slot() -> None:
    assert slow_shares([A, B], {}, {}, idle=4, reserved=0) == {A: 4, B: 4}


def test_a_kind_below_its_slots_comes_first_and_others_get_what_it_leaves() -> None:
    shares = slow_shares([A, B], {A: 1, B: 3}, {A: 1, B: 1}, idle=3, reserved=0)
    assert list(shares.items()) == [(B, 3), (A, 1)]


def test_slots_of_quick_kinds_with_work_are_not_lent() -> None:
    assert slow_shares([A], {}, {}, idle=2, reserved=2) == {}
    assert slow_shares([A], {A: 1}, {}, idle=2, reserved=1) == {A: 1}


@given(
    idle=st.integers(0, 8),
    guaranteed=st.dictionaries(st.sampled_from([A, B, C]), st.integers(0, 4)),
    used=st.dictionaries(st.sampled_from([A, B, C]), st.integers(0, 4)),
    work=st.dictionaries(st.sampled_from([A, B, C]), st.integers(1, 9)),
)
def test_no_slot_stays_idle_while_a_slow_job_waits(
    idle: int, guaranteed: dict[int, int], used: dict[int, int], work: dict[int, int]
) -> None:
    claimed, left = 0, dict(work)
    while left and claimed < idle:
        shares = slow_shares(list(left), guaranteed, used, idle - claimed, reserved=0)
        took = serve(shares, left, idle - claimed)
        used = {kind: used.get(kind, 0) + took.get(kind, 0) for kind in (A, B, C)}
        # What the database could not give is known to be empty, as the node learns it.
        left = {kind: n for kind, n in left.items() if n and kind in took} or {
            kind: n for kind, n in left.items() if n and kind not in shares
        }
        claimed += sum(took.values())
    assert claimed == min(idle, sum(work.values()))


def serve(shares: dict[int, int], work: dict[int, int], room: int) -> dict[int, int]:
    """What the database gives for shares, in their order."""
    took: dict[int, int] = {}
    for kind, share in shares.items():
        took[kind] = min(share, work[kind], room - sum(took.values()))
        work[kind] -= took[kind]
    return took


def test_quick_kinds_share_by_their_slots() -> None:
    shares = quick_shares([A, B], {A: 3, B: 1}, {}, {A: 40, B: 40}, idle=4, room={})
    assert shares == {A: 120, B: 40}


def test_a_quick_kind_is_asked_for_when_half_of_its_stock_is_gone() -> None:
    assert quick_shares([A], {}, {A: 41}, {A: 40}, idle=2, room={}) == {}
    assert quick_shares([A], {}, {A: 40}, {A: 40}, idle=2, room={}) == {A: 40}


def test_of_a_quick_kind_no_more_is_asked_for_than_there_is_room() -> None:
    assert quick_shares([A], {}, {}, {A: 40}, idle=2, room={A: 30}) == {A: 30}
    assert quick_shares([A], {}, {A: 15}, {A: 40}, idle=2, room={A: 30}) == {A: 15}
    assert quick_shares([A], {}, {A: 16}, {A: 40}, idle=2, room={A: 30}) == {}


def test_a_kind_of_a_wide_limit_is_guaranteed_what_the_others_that_work_leave() -> None:
    rows = {A: 300, B: 2, C: 1}
    assert guarantees(rows, {A, B, C}, workers=4, turn=0) == {A: 1, B: 2, C: 1}
    assert guarantees(rows, {A, C}, workers=4, turn=0) == {A: 3, C: 1}
    assert guarantees(rows, {A, B}, workers=2, turn=0) == {A: 0, B: 2}


def test_kinds_of_wide_limits_take_turns_where_there_are_more_of_them_than_slots() -> None:
    turns = [guarantees({A: 9, B: 9, C: 9}, NAMES, workers=2, turn=turn) for turn in range(3)]
    assert [sum(slots.values()) for slots in turns] == [2, 2, 2]
    assert {kind: sum(slots[kind] for slots in turns) for kind in NAMES} == {A: 2, B: 2, C: 2}


def test_nothing_is_asked_for_without_a_free_slot() -> None:
    assert quick_shares([A], {A: 1}, {}, {A: 40}, idle=0, room={}) == {}
    assert slow_shares([A], {A: 1}, {}, idle=0, reserved=0) == {}


class Time:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    stopped = Time()
    monkeypatch.setattr(hopes, "time", stopped)
    return stopped


@pytest.fixture
def known(time: Time) -> Hopes:
    """Hopes of a node that has looked once, in vain, and hears the leader."""
    known = Hopes()
    known.begin(NAMES)
    known.hear()
    look(known, got=[])
    return known


def look(hopes: Hopes, got: Sequence[int], room: int = 10) -> None:
    """Ask for four of each kind that is worth it; `got` has the kind of each job that came."""
    asked = dict.fromkeys(hopes.kinds(), 4)
    hopes.looked(asked, {kind: got.count(kind) for kind in got}, room)


def test_a_new_node_looks_for_every_kind() -> None:
    new = Hopes()
    new.begin(NAMES)
    assert new.kinds() == [A, B, C]


def test_a_kind_that_had_nothing_is_not_asked_for_until_it_is_told_of(known: Hopes) -> None:
    assert known.kinds() == []
    known.hope_for(["tests.b", "tests.unknown"])
    assert known.kinds() == [B]
    known.hope_for(["tests.unknown"])
    assert known.kinds() == [B]
    known.hope_for([])
    assert known.kinds() == [A, B, C]


def test_a_kind_that_gave_all_it_was_asked_for_is_asked_again_and_last(known: Hopes) -> None:
    known.hope_for([])
    look(known, got=[A] * 4 + [B])
    assert known.kinds() == [A]
    known.hope_for([])
    assert known.kinds() == [B, C, A]


def test_kinds_that_a_full_room_kept_from_their_turn_keep_their_hope(known: Hopes) -> None:
    known.hope_for([])
    look(known, got=[B, B, B], room=3)
    assert known.kinds() == [C, B]


def test_a_node_that_hears_the_leader_looks_by_itself_now_and_then(
    known: Hopes, time: Time
) -> None:
    assert known.due_in() == SAFETY
    time.now += SAFETY
    assert known.kinds() == [A, B, C]


def test_a_deaf_node_looks_often_while_it_finds_something(known: Hopes, time: Time) -> None:
    time.now += DEAF_AFTER + 1
    assert known.is_deaf
    look(known, got=[A])
    assert known.due_in() == pytest.approx(SHORTEST)
    pauses = []
    for _ in range(5):
        time.now += known.due_in()
        look(known, got=[])
        pauses.append(round(known.due_in(), 3))
    assert pauses == [0.2, 0.4, 0.8, LONGEST, LONGEST]


def test_ends_that_may_free_others_bring_the_next_look_forward(known: Hopes) -> None:
    known.look_in(0.25)
    assert known.due_in() == pytest.approx(0.25)
    known.look_in(3.0)
    assert known.due_in() == pytest.approx(0.25)
