"""How many jobs of which kind to ask for: a node's slots, shared among the kinds.

The leader guarantees kinds slots on this node. A kind that lacks some of its own comes first; what
nobody lacks is lent to whoever has work, so that no slot stays idle while a job waits, with or
without a leader. Nothing that runs is interrupted: slots come back when jobs end.
"""

from collections.abc import Collection, Mapping, Sequence

_UNALLOTTED = 0.5  # of a slot: the weight of a quick kind that the leader has not spoken of


def guarantees(
    rows: Mapping[int, int], busy: Collection[int], workers: int, turn: int
) -> dict[int, int]:
    """Slots guaranteed to the busy kinds by the leader's rows, slots by kind.

    More slots than workers are room to claim ahead, of a kind whose limit does not bind. Such kinds
    are guaranteed what the other busy ones leave, as the leader has seen to it that they leave what
    is fair; `turn` says who comes first where there are more of them than slots.
    """
    told = {kind: rows[kind] for kind in sorted(rows) if kind in busy}
    wide = [kind for kind, slots in told.items() if slots > workers]
    left = max(0, workers - sum(told[kind] for kind in told if kind not in wide))
    parts = {
        kind: (left + (place + turn) % len(wide)) // len(wide) for place, kind in enumerate(wide)
    }
    return {**told, **parts}


def slow_shares(
    kinds: Sequence[int],
    guaranteed: Mapping[int, int],
    used: Mapping[int, int],
    idle: int,
    reserved: int,
) -> dict[int, int]:
    """Slots that each slow kind may fill at most, in the order to serve them.

    `kinds` are those that may have work, `idle` the slots without a slow job, `reserved` how many
    of these are guaranteed to quick kinds that have work. Together they may fill `idle` at most.
    """
    lacking = {kind: max(0, guaranteed.get(kind, 0) - used.get(kind, 0)) for kind in kinds}
    spare = max(0, idle - reserved - sum(lacking.values()))
    order = sorted(kinds, key=lambda kind: lacking[kind] == 0)
    shares = {kind: min(idle, lacking[kind] + spare) for kind in order}
    return {kind: share for kind, share in shares.items() if share > 0}


def quick_shares(
    kinds: Sequence[int],
    guaranteed: Mapping[int, int],
    held: Mapping[int, int],
    stock: Mapping[int, int],
    idle: int,
    room: Mapping[int, int],
) -> dict[int, int]:
    """Jobs of each quick kind to ask for, in proportion to their slots.

    `stock` is how many jobs of the kind are wanted here for each slot, `room` how many may be here
    at all, where that is limited. A kind is asked for when half of its stock is gone: many small
    claims cost more than a few large ones.
    """
    weights = {kind: guaranteed.get(kind) or _UNALLOTTED for kind in kinds}
    total = sum(weights.values())
    shares: dict[int, int] = {}
    for kind in kinds:
        most = max(1, int(idle * stock[kind] * weights[kind] / total)) if idle else 0
        most = min(most, room.get(kind, most))
        if held.get(kind, 0) <= most // 2:
            shares[kind] = most - held.get(kind, 0)
    return {kind: share for kind, share in shares.items() if share > 0}
