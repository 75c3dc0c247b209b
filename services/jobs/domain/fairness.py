"""Weighted max-min fair shares of slots that not every kind may use.

Progressive filling: the kind with least for its weight gets the next slot. Where the nodes it may
use are full, a chain of other kinds moves over if that frees a slot for it (an augmenting path, as
in the matching of bipartite graphs); where no chain does, the kind has its share.
"""

import heapq
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol


class _Host(Protocol):
    @property
    def session_id(self) -> int: ...
    @property
    def slots(self) -> int: ...
    @property
    def kinds(self) -> frozenset[int]: ...


@dataclass(frozen=True)
class Classes:
    """Nodes that may serve the same kinds are one class: its kinds, its slots, its sessions."""

    kinds: list[frozenset[int]]
    slots: list[int]
    members: list[list[int]]

    @classmethod
    def of(cls, hosts: Iterable[_Host], wanting: Collection[int]) -> "Classes":
        """The classes, as far as kinds that want something tell nodes apart."""
        found: dict[frozenset[int], list[_Host]] = {}
        for host in sorted(hosts, key=lambda each: each.session_id):
            found.setdefault(host.kinds & frozenset(wanting), []).append(host)
        return cls(
            kinds=list(found),
            slots=[sum(max(0, host.slots) for host in hosts) for hosts in found.values()],
            members=[[host.session_id for host in hosts] for hosts in found.values()],
        )


Shares = dict[int, dict[int, int]]
"""Slots by kind and by the number of a class."""


def fair_shares(
    wanted: Mapping[int, int],
    weights: Mapping[int, float],
    classes: Classes,
    held: Mapping[tuple[int, int], int],
    turn: int,
) -> Shares:
    """Every kind's slots in each class; `held` (by kind and session) decides between equal ones."""
    filling = _Filling(wanted, classes, held)
    kinds = sorted(wanted)
    offset = turn * max(1, sum(classes.slots))
    line = [(0.0, (place - offset) % len(kinds), kind) for place, kind in enumerate(kinds)]
    heapq.heapify(line)
    while line:
        _, place, kind = heapq.heappop(line)
        if filling.total(kind) < wanted[kind] and filling.add(kind):
            heapq.heappush(line, (filling.total(kind) / weights[kind], place, kind))
    return filling.shares


class _Filling:
    def __init__(
        self, wanted: Mapping[int, int], classes: Classes, held: Mapping[tuple[int, int], int]
    ) -> None:
        self.shares: Shares = {kind: {} for kind in wanted}
        self._free = list(classes.slots)
        self._open = {
            kind: [place for place, kinds in enumerate(classes.kinds) if kind in kinds]
            for kind in wanted
        }
        class_of = {
            session: place for place, sessions in enumerate(classes.members) for session in sessions
        }
        self._held: dict[tuple[int, int], int] = {}
        for (kind, session), slots in held.items():
            place = class_of[session]
            self._held[kind, place] = self._held.get((kind, place), 0) + slots
        self._totals = dict.fromkeys(wanted, 0)

    def total(self, kind: int) -> int:
        return self._totals[kind]

    def add(self, kind: int) -> bool:
        """One more slot for the kind; False where none can be freed for it."""
        chain = self._direct(kind) or self._chain(kind)
        if chain is None:
            return False
        self._totals[kind] += 1
        for mover, source, target in chain:
            self._change(mover, target, 1)
            if source is not None:
                self._change(mover, source, -1)
        return True

    def _direct(self, kind: int) -> "list[_Move] | None":
        free = [place for place in self._open[kind] if self._free[place] > 0]
        if not free:
            return None

        def liking(place: int) -> tuple[int, int]:
            kept = self._held.get((kind, place), 0) - self.shares[kind].get(place, 0)
            return (max(0, kept), self._free[place])

        return [(kind, None, max(free, key=liking))]

    def _chain(self, kind: int) -> "list[_Move] | None":
        """Moves that end in a free slot, found by breadth first; None where there are none."""
        came: dict[int, _Move] = {place: (kind, None, place) for place in self._open[kind]}
        line = deque(came)
        while line:
            place = line.popleft()
            if self._free[place] > 0:
                return _back(came, place)
            for mover, by_class in self.shares.items():
                for target in self._open[mover] if by_class.get(place) else ():
                    if target not in came:
                        came[target] = (mover, place, target)
                        line.append(target)
        return None

    def _change(self, kind: int, place: int, by: int) -> None:
        self.shares[kind][place] = self.shares[kind].get(place, 0) + by
        self._free[place] -= by


_Move = tuple[int, int | None, int]
"""A kind's slot goes from a class (None: it is new) to another."""


def _back(came: Mapping[int, _Move], place: int) -> list[_Move]:
    chain = [came[place]]
    while (source := chain[-1][1]) is not None:
        chain.append(came[source])
    return chain
