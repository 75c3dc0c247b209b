"""Whether claims got slower than they may."""

from collections.abc import Sequence

TIMES = 3.0  # as long as before at most
FLOOR = 10.0  # milliseconds: what is quicker than this counts as this, times the load of a core


def p99(values: Sequence[float]) -> float:
    """The time that one in a hundred exceeds; 0 of none."""
    return sorted(values)[int(len(values) * 0.99)] if values else 0.0


def slower(before: Sequence[float], meanwhile: Sequence[float], load: float) -> tuple[str, bool]:
    """What to tell of claims before and during a fault, in milliseconds, and whether it is bad.

    `load` is of each core: where it is above 1, the machine's other users make claims slow as well.
    """
    was, now = p99(before), p99(meanwhile)
    most = TIMES * max(was, FLOOR * max(1.0, load))
    told = (
        f"claim p99 {now:.1f} ms of {len(meanwhile)}, before {was:.1f} ms of {len(before)},"
        f" at most {most:.0f} ms"
    )
    if not meanwhile:
        return f"no claim was measured; {told}", True
    return told, now > most
