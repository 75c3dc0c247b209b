"""What holds of every allocation, whatever is asked for and whoever is there."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.domain.allocation import Demand, Host, Slots, allocate
from tests.jobs.allocating import settled, totals

KINDS = range(1, 6)
SESSIONS = range(1, 5)
CAP = st.none() | st.integers(1, 12) | st.integers(13, 60)
DEMANDS = st.tuples(
    *(
        st.builds(
            Demand,
            st.just(kind),
            st.integers(0, 40),
            st.just({}),
            st.none() | st.floats(0.001, 5),
            st.sampled_from([0.5, 1.0, 2.0]),
            CAP,
            st.none() | st.integers(1, 20),
        )
        for kind in KINDS
    )
).map(list)
HOSTS = st.lists(
    st.builds(
        Host,
        st.sampled_from(SESSIONS),
        st.integers(1, 8),
        st.frozensets(st.sampled_from(KINDS), min_size=1),
    ),
    max_size=4,
    unique_by=lambda each: each.session_id,
)
HELD = st.dictionaries(
    st.tuples(st.sampled_from([*KINDS, 9]), st.sampled_from([*SESSIONS, 9])),
    st.integers(1, 8),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@given(DEMANDS, HOSTS, HELD, st.integers(0, 3))
def test_slots_are_given_where_the_kind_may_run_and_never_too_many_for_who_works(
    demands: list[Demand], hosts: list[Host], held: Slots, turn: int
) -> None:
    rows = allocate(demands, hosts, held, turn)
    by_session = {each.session_id: each for each in hosts}
    wanting = {each.kind_id for each in demands if each.wanted}
    assert all(kind in by_session[session].kinds for kind, session in rows)
    assert all(slots > 0 for slots in rows.values())
    for session, each in by_session.items():
        busy = {row: n for row, n in rows.items() if row[1] == session and row[0] in wanting}
        unlimited = {kind for kind in wanting if _demand(demands, kind).max_assigned is None}
        assert sum(n for (kind, _), n in busy.items() if kind in unlimited) <= each.slots


@settings(max_examples=300, deadline=None)
@given(DEMANDS, HOSTS, HELD)
def test_every_kind_with_work_has_a_slot_unless_all_its_nodes_are_full_of_single_ones(
    demands: list[Demand], hosts: list[Host], held: Slots
) -> None:
    rows = settled(demands, hosts, held)
    given_to = totals(rows)
    for demand in demands:
        able = [each.session_id for each in hosts if demand.kind_id in each.kinds]
        if demand.wanted and able and not given_to.get(demand.kind_id):
            neighbours = {kind for kind, session in rows if session in able}
            single = neighbours & _wanting(demands) - _wide(demands, hosts)
            assert all(given_to[kind] == 1 for kind in single)


@settings(max_examples=300, deadline=None)
@given(DEMANDS, HOSTS, HELD)
def test_an_allocation_settles_within_three_seconds_and_then_stays(
    demands: list[Demand], hosts: list[Host], held: Slots
) -> None:
    rows = settled(demands, hosts, held)
    assert allocate(demands, hosts, rows) == rows


@settings(max_examples=200, deadline=None)
@given(DEMANDS, st.integers(1, 30))
def test_on_nodes_that_may_run_everything_no_kind_is_a_fifth_short_of_its_fair_share(
    demands: list[Demand], slots: int
) -> None:
    everything = [Host(1, slots, frozenset(KINDS))]
    wanted = {each.kind_id: each.wanted for each in demands if each.wanted}
    weights = {each.kind_id: each.weight for each in demands}
    fair: dict[int, int] = dict.fromkeys(wanted, 0)
    for _ in range(slots):
        hungry = [kind for kind in fair if fair[kind] < wanted[kind]]
        if hungry:
            least = min(hungry, key=lambda kind: (fair[kind] / weights[kind], kind))
            fair[least] += 1
    got, wide = totals(settled(demands, everything)), _wide(demands, everything)
    assert all(got.get(kind, 0) >= 0.8 * share for kind, share in fair.items())
    left = slots - sum(got.get(kind, 0) for kind in wanted.keys() - wide)
    assert left >= 0.8 * sum(fair[kind] for kind in wanted.keys() & wide)


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 6) | st.integers(7, 60), st.data())
def test_a_limit_holds_whatever_nodes_claim_between_two_allocations(
    cap: int, data: st.DataObject
) -> None:
    """Nodes claim up to their rows at any time, runs end at any time, nodes come and go."""
    running: dict[int, int] = {}
    rows: Slots = {}
    for _ in range(8):
        hosts = [
            Host(s, 4, frozenset({1, 2})) for s in data.draw(st.sets(st.sampled_from(SESSIONS)))
        ]
        counted = {session: n for session, n in running.items() if n}
        backlog = data.draw(st.integers(0, 9))
        demands = [
            Demand(1, backlog, counted, max_assigned=cap),
            Demand(2, data.draw(st.integers(0, 20))),
        ]
        new = allocate(demands, hosts, rows)
        # Claims by the old rows, after runs were counted and before the new rows are written.
        _claim(running, rows, data)
        rows = new
        for session, runs in list(running.items()):
            running[session] -= data.draw(st.integers(0, runs))
        _claim(running, rows, data)
        assert sum(running.values()) <= cap


def _claim(running: dict[int, int], rows: Slots, data: st.DataObject) -> None:
    for (kind, session), slots in rows.items():
        if kind == 1 and running.get(session, 0) < slots:
            running[session] = data.draw(st.integers(running.get(session, 0), slots))


def _wide(demands: list[Demand], hosts: list[Host]) -> set[int]:
    """The kinds whose limits are twice the workers and more."""
    return {
        each.kind_id
        for each in demands
        if (each.max_assigned or 0)
        >= 2 * max(1, sum(host.slots for host in hosts if each.kind_id in host.kinds))
    }


def _demand(demands: list[Demand], kind: int) -> Demand:
    return next(each for each in demands if each.kind_id == kind)


def _wanting(demands: list[Demand]) -> set[int]:
    return {each.kind_id for each in demands if each.wanted}
