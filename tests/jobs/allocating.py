"""Allocations as tests look at them."""

from collections.abc import Mapping

from services.jobs.domain.allocation import Demand, Host, Row, Slots, allocate

SOON = 6  # allocations within three seconds


def host(session: int, slots: int, *kinds: int) -> Host:
    return Host(session, slots, frozenset(kinds))


def totals(rows: Mapping[Row, int]) -> dict[int, int]:
    """Slots by kind."""
    counted: dict[int, int] = {}
    for (kind, _), slots in rows.items():
        counted[kind] = counted.get(kind, 0) + slots
    return counted


def settled(demands: list[Demand], hosts: list[Host], previous: Mapping[Row, int] = {}) -> Slots:
    """The allocation after as many rounds as three seconds have."""
    rows = dict(previous)
    for _ in range(SOON):
        rows = allocate(demands, hosts, rows)
    return rows
