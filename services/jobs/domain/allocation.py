"""Which node serves which kind, and with how many workers: weighted max-min fairness, in slots.

Every kind with work gets one slot before any gets two, then the one that has least for its weight
is served next, until slots or wants run out. Slots move only where a kind is short of what is fair
for it by more than a fifth, or has none at all; what nobody else needs stays where it is, so that a
kind whose work comes in drops does not make rows be written for each drop.

The rows of a kind with `max_assigned` are hard limits on its nodes (a claim looks at them); those
of the others are the order in which nodes serve kinds, and idle slots are lent to anybody. A limit
of twice the workers and more does not bind what runs: its kind has its share of slots like others,
but its rows say how much of the limit each node may use, so that nodes can claim ahead. They
change with the limit and the nodes only; see services.jobs.node.shares for what nodes make of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil

from services.jobs.domain.fairness import Classes, Shares, fair_shares

DRAIN_SECONDS = 1.0
"""A kind wants as many slots as would end its backlog within this time."""

TOLERANCE = 0.2

AHEAD = 400
"""No node claims more jobs for each worker ahead (services.jobs.node.dispatch)."""

Row = tuple[int, int]
"""A kind's id and a session's."""

Slots = dict[Row, int]


@dataclass(frozen=True)
class Demand:
    """How much of a kind there is to do. `running` is by session, also of those that ended.

    `mean_seconds` is None until a job of the kind has ended; `max_pending` is the backlog that one
    worker is thought to manage.
    """

    kind_id: int
    backlog: int
    running: Mapping[int, int] = field(default_factory=dict)
    mean_seconds: float | None = None
    weight: float = 1.0
    max_assigned: int | None = None
    max_pending: int | None = None

    @property
    def wanted(self) -> int:
        """The slots it could use, never more than `max_assigned`."""
        work = self.backlog + sum(self.running.values())
        slots = work
        if self.max_pending:
            slots = ceil(work / self.max_pending)
        elif self.mean_seconds is not None and work:
            slots = max(1, min(work, ceil(work * self.mean_seconds / DRAIN_SECONDS)))
        return slots if self.max_assigned is None else min(slots, self.max_assigned)


@dataclass(frozen=True)
class Host:
    """A live node's session, its slots, and the kinds that it may serve."""

    session_id: int
    slots: int
    kinds: frozenset[int]


def allocate(
    demands: Iterable[Demand], hosts: Iterable[Host], previous: Mapping[Row, int], turn: int = 0
) -> Slots:
    """Slots by kind and session for the next moment; rows of none are left out.

    `turn` says whose it is where there are more kinds than slots; let it grow every few seconds.
    A limited kind that moves is lowered first and raised by a later call, once its runs have ended.
    """
    plan = _Plan(sorted(demands, key=lambda each: each.kind_id), list(hosts), previous)
    return plan.made(turn)


class _Plan:
    """One allocation in the making."""

    def __init__(
        self, demands: list[Demand], hosts: list[Host], previous: Mapping[Row, int]
    ) -> None:
        self._demands = {demand.kind_id: demand for demand in demands}
        self._hosts = {host.session_id: host for host in hosts}
        self._told = previous
        self._wide = {
            kind: room for kind, demand in self._demands.items() if (room := self._room(demand))
        }
        self._held = {
            (kind, session): slots
            for (kind, session), slots in previous.items()
            if kind in self._demands and kind in self._may(session) and kind not in self._wide
        }
        self._wanting = {kind for kind, demand in self._demands.items() if demand.wanted}

    def made(self, turn: int) -> Slots:
        wanted = {kind: self._demands[kind].wanted for kind in self._wanting}
        weights = {kind: self._demands[kind].weight for kind in self._wanting}
        classes = Classes.of(self._hosts.values(), self._wanting)
        shares = fair_shares(wanted, weights, classes, self._held, turn)
        is_well = self._is_well(shares) and self._leaves_room(shares, classes)
        rows = self._kept() if is_well else self._placed(shares, classes)
        for kind, demand in self._demands.items():
            if demand.max_assigned is not None:
                if kind in self._wide:
                    self._widen(rows, kind)
                else:
                    self._stand(rows, demand.max_assigned, kind)
                self._hold_back(rows, demand, demand.max_assigned)
        return {row: slots for row, slots in rows.items() if slots > 0}

    def _room(self, demand: Demand) -> dict[int, int]:
        """What each node may use of a limit that does not bind, by session; else nothing."""
        able = [host for host in self._hosts.values() if demand.kind_id in host.kinds]
        workers = sum(max(0, host.slots) for host in able)
        cap = demand.max_assigned
        if cap is None or not 0 < 2 * workers <= cap:
            return {}
        each = min(AHEAD, cap / workers)
        return {host.session_id: int(each * host.slots) for host in able if host.slots > 0}

    def _widen(self, rows: Slots, kind: int) -> None:
        for session in self._hosts:
            rows.pop((kind, session), None)
        for session, room in self._wide[kind].items():
            rows[kind, session] = room

    def _may(self, session: int) -> frozenset[int]:
        host = self._hosts.get(session)
        return host.kinds if host else frozenset()

    def _total(self, rows: Mapping[Row, int], kind: int) -> int:
        return sum(slots for (each, _), slots in rows.items() if each == kind)

    def _is_well(self, shares: Shares) -> bool:
        """Whether all can stay as it is: nobody is short, and no node has promised too much."""
        for kind in shares.keys() - self._wide.keys():
            if self._total(self._held, kind) < sum(shares[kind].values()) * (1 - TOLERANCE):
                return False
        for kind, demand in self._demands.items():
            cap = demand.max_assigned
            if cap is not None and self._total(self._held, kind) > cap:
                return False
        return all(self._promised(host) <= host.slots for host in self._hosts.values())

    def _promised(self, host: Host) -> int:
        return sum(self._held.get((kind, host.session_id), 0) for kind in self._wanting)

    def _leaves_room(self, shares: Shares, classes: Classes) -> bool:
        """Whether what is promised leaves kinds of wide limits the slots that are fair for them."""
        for place, sessions in enumerate(classes.members):
            fair = sum(shares[kind].get(place, 0) for kind in shares.keys() & self._wide.keys())
            promised = sum(self._promised(self._hosts[session]) for session in sessions)
            if promised + fair * (1 - TOLERANCE) > classes.slots[place]:
                return False
        return True

    def _kept(self) -> Slots:
        return dict(self._held)

    def _placed(self, shares: Shares, classes: Classes) -> Slots:
        rows: Slots = {}
        free = {session: host.slots for session, host in self._hosts.items()}
        for place, sessions in enumerate(classes.members):
            need = {kind: by_class.get(place, 0) for kind, by_class in shares.items()}
            self._keep(rows, need, free, sessions)
            _spread(rows, need, free, sessions)
        self._leave(rows, free)
        return rows

    def _keep(
        self, rows: Slots, need: dict[int, int], free: dict[int, int], sessions: list[int]
    ) -> None:
        """What a kind had on a node it keeps, as far as it is fair."""
        for session in sessions:
            for kind, needed in list(need.items()):
                slots = min(self._held.get((kind, session), 0), needed, free[session])
                _give(rows, need, free, kind, session, slots)

    def _leave(self, rows: Slots, free: dict[int, int]) -> None:
        """What nobody needs stays with who had it."""
        for (kind, session), held in self._held.items():
            cap = self._demands[kind].max_assigned
            room = held if cap is None else cap - self._total(rows, kind)
            spare = min(held - rows.get((kind, session), 0), free[session], room)
            if spare > 0:
                rows[kind, session] = rows.get((kind, session), 0) + spare
                free[session] -= spare

    def _stand(self, rows: Slots, cap: int, kind: int) -> None:
        """A limited kind without work has slots all the same, beside those of who works: its first
        job must not wait for the next allocation."""
        if kind not in self._wanting:
            for (each, session), held in self._held.items():
                if each == kind and self._total(rows, kind) < cap:
                    left = cap - self._total(rows, kind) + rows.get((kind, session), 0)
                    rows[kind, session] = min(held, self._hosts[session].slots, left)
        if self._total(rows, kind) == 0 and kind not in self._wanting:
            able = [each for each, host in self._hosts.items() if kind in host.kinds]
            _spread(rows, {kind: cap}, {each: self._hosts[each].slots for each in able}, able)

    def _hold_back(self, rows: Slots, demand: Demand, cap: int) -> None:
        """Raise a limited kind only as far as what others hold or run leaves of the limit.

        A node may have claimed up to its old slots since its runs were counted, so it counts with
        them until a later call finds it lowered and its runs ended.
        """
        kind = demand.kind_id
        told = {session: slots for (each, session), slots in self._told.items() if each == kind}
        used = {
            session: max(told.get(session, 0), demand.running.get(session, 0))
            for session in told.keys() | demand.running.keys()
        }
        for session in self._hosts:
            asked, had = rows.get((kind, session), 0), told.get(session, 0)
            if asked > had:
                room = cap - sum(used.values()) + used.get(session, 0)
                rows[kind, session] = max(had, min(asked, room))
                used[session] = max(used.get(session, 0), rows[kind, session])


def _spread(rows: Slots, need: dict[int, int], free: dict[int, int], sessions: list[int]) -> None:
    """Give each kind the slots it still needs, always on the node with most to spare."""
    for kind in sorted(need, key=lambda each: -need[each]):
        while need[kind] > 0:
            roomiest = max(sessions, key=lambda each: (free[each], -each), default=None)
            if roomiest is None or free[roomiest] <= 0:
                break
            _give(rows, need, free, kind, roomiest, 1)


def _give(
    rows: Slots, need: dict[int, int], free: dict[int, int], kind: int, session: int, slots: int
) -> None:
    if slots > 0:
        rows[kind, session] = rows.get((kind, session), 0) + slots
        need[kind] -= slots
        free[session] -= slots
