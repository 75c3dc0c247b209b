"""Jobs that fall due at random instants, whatever the system under test makes of them."""

import random
import time
from collections.abc import Callable

AHEAD_NS = 500_000_000
WARM = 100  # jobs numbered below 0, before anything counts
WARM_PAUSE = 0.005  # seconds
WARM_SECONDS = 60.0


def at_random(
    send: Callable[[int, int], object],
    ran: Callable[[], int],
    *,
    rate: float,
    seconds: float,
    seed: int,
) -> dict[str, float]:
    """Warm up, then send job after job when each is due: an open loop, as people press buttons.

    `send(number, due_ns)`; `ran` counts the jobs that have run so far. A sender that is late has
    that counted, because latency is counted from when a job was due. Returns how many were sent,
    and how many of them more than 5 ms late.
    """
    for each in range(WARM):
        send(-1 - each, time.monotonic_ns())
        time.sleep(WARM_PAUSE)
    _wait_until_warm(ran)
    chance = random.Random(seed)
    due = time.monotonic_ns() + AHEAD_NS
    end = due + int(seconds * 1e9)
    number = late = 0
    while due < end:
        if (ahead := due - time.monotonic_ns()) > 0:
            time.sleep(ahead / 1e9)
        late += time.monotonic_ns() - due > 5_000_000
        send(number, due)
        number += 1
        due += int(chance.expovariate(rate) * 1e9)
    return {"sent": number, "late": late}


def _wait_until_warm(ran: Callable[[], int]) -> None:
    until = time.monotonic() + WARM_SECONDS
    while ran() < WARM:
        if time.monotonic() > until:
            raise TimeoutError("the jobs to warm up with did not run")
        time.sleep(0.05)
