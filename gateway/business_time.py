"""The gateway follows the suite's clock, which only sandbox mode ever moves.

Pages say "in 3 days" by business time. The offset is asked for whenever the bus is connected, and
heard of when it changes.
"""

import threading
from datetime import timedelta
from typing import Any

from chassis import clock
from chassis.context import Caller
from chassis.errors import Failure
from chassis.ids import new_id
from chassis.logs import log
from gateway.aliases import MAIN_SITE
from gateway.asking import Bus

ADVANCED = "jobs.clock_advanced"


def hear(wire: str, body: dict[str, Any]) -> None:
    """Follow what jobs tells about the clock; an older telling never moves it back."""
    if wire == ADVANCED:
        _follow(body["offset_seconds"])


def read_soon(bus: Bus) -> threading.Thread:
    """Ask jobs without holding up whoever connects."""
    reading = threading.Thread(target=_read, args=(bus,), name="clock", daemon=True)
    reading.start()
    return reading


def _read(bus: Bus) -> None:
    asking = Caller(principal="gateway", request_id=str(new_id()), site_id=MAIN_SITE)
    try:
        _follow(bus.begin("jobs", "clock", caller=asking).result()["offset_seconds"])
    except Failure as failure:
        log.warning("clock not read", reason=failure.code)


def _follow(offset_seconds: int) -> None:
    # Business time only ever moves ahead.
    clock.set_offset(max(clock.offset(), timedelta(seconds=offset_seconds)))
