"""`memberhall demo`: plays a member's journey against the running suite, step by step."""

import time

import requests

from console.journey import Journey
from console.visitor import Disappointed


def play(site: str, sandbox: str) -> int:
    """Print each step with its time; returns 0, or 1 at the first step that fails."""
    journey = Journey(site=site, sandbox=sandbox)
    began = time.monotonic()
    for number, step in enumerate(journey.steps(), start=1):
        name = step.__name__.replace("_", " ")
        started = time.monotonic()
        try:
            outcome = step()
        except (Disappointed, requests.RequestException) as disappointment:
            print(f"{number:2}. {name:28} FAILED after {time.monotonic() - started:.2f} s")
            print(f"    {disappointment}")
            return 1
        print(f"{number:2}. {name:28} {time.monotonic() - started:6.2f} s   {outcome}")
    print(f"The journey took {time.monotonic() - began:.1f} s.")
    return 0
