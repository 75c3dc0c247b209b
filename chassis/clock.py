"""Business time: UTC plus an offset that only sandbox mode ever moves.

Leases, deadlines, signatures and retries use real time instead and do not come here.
"""

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def now() -> datetime:
    """The business instant, timezone-aware, in UTC."""
    return datetime.now(UTC) + _offset


def offset() -> timedelta:
    """How far business time is ahead of real time."""
    return _offset


def set_offset(offset: timedelta) -> None:
    """Follow the suite's clock; the chassis calls this with the persisted offset."""
    global _offset  # noqa: PLW0603 - one clock a process is the point
    _offset = offset
