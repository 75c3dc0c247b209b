"""Business time seen from the console: moved for the whole suite, the sandbox's PayPal included."""

import time
from collections.abc import Mapping
from typing import Any

import requests

from chassis import registry
from chassis.errors import Unavailable
from console.bus import Operator

FOLLOW_SECONDS = 20.0
SETTLE_SECONDS = 10  # what falls due at PayPal in the meantime is let happen


def advance(operator: Operator, environ: Mapping[str, str], seconds: int) -> dict[str, Any]:
    """Move business time on; returns the new reading once every service follows it."""
    reading: dict[str, Any] = operator.ask("jobs", "advance_clock", seconds=seconds)
    until = time.monotonic() + FOLLOW_SECONDS
    for entry in registry.services():
        while _offset(operator, entry.name) < reading["offset_seconds"]:
            if time.monotonic() > until:
                raise Unavailable("clock_behind", f"{entry.name} does not follow the clock.")
            time.sleep(0.1)
    show_sandbox(environ, reading["offset_seconds"], settle=SETTLE_SECONDS)
    return reading


def show_sandbox(environ: Mapping[str, str], offset: int, settle: int = 0) -> None:
    """Tell the sandbox how far business time is ahead, where there is a sandbox."""
    port = environ.get("MEMBERHALL_SANDBOX_PORT")
    if not port:
        return
    asked = {"offset_seconds": offset, "settle_seconds": settle}
    try:
        answer = requests.post(
            f"http://127.0.0.1:{port}/_sim/clock", json=asked, timeout=settle + 10
        )
        answer.raise_for_status()
    except requests.RequestException as error:
        raise Unavailable(
            "sandbox_away", f"The sandbox cannot be told the time: {error}"
        ) from error


def _offset(operator: Operator, service: str) -> int:
    return int(operator.ask(service, "clock_reading")["offset_seconds"])
