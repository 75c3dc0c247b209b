"""Asks a peer for jobs, from a process of its own.

`python sending.py PEER prepare`                    its tables, where it has any
`python sending.py PEER preload NUMBER WORK`        as many at once as it can
`python sending.py PEER rate RATE SECONDS SEED`     one by one at random instants, RATE a second

Every mode prints one line of JSON at its end.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from body import ran
from pace import at_random


def preload(peer: Any, number: int, work: str) -> None:
    """In one go where the peer can, else one after another."""
    if hasattr(peer, "preload"):
        peer.preload(number, work)
        return
    send = peer.sender()
    for each in range(number):
        send(work, each, time.monotonic_ns())
    peer.close()  # what was sent without waiting is on its way until then


def rate(peer: Any, rate: float, seconds: float, seed: int) -> dict[str, float]:
    send, folder = peer.sender(), Path(os.environ["BENCH_WITNESS"])
    return at_random(
        lambda number, due: send("nothing", number, due),
        lambda: ran(folder),
        rate=rate,
        seconds=seconds,
        seed=seed,
    )


def main(name: str, mode: str, *rest: str) -> None:
    peer = importlib.import_module(f"{name}_app")
    began, said = time.monotonic(), {}
    if mode == "prepare" and hasattr(peer, "prepare"):
        peer.prepare()
    elif mode == "preload":
        preload(peer, int(rest[0]), rest[1])
    elif mode == "rate":
        said = rate(peer, float(rest[0]), float(rest[1]), int(rest[2]))
    print(json.dumps({"seconds": time.monotonic() - began, **said}), flush=True)
    os._exit(0)  # some peers keep threads that would wait


if __name__ == "__main__":
    main(*sys.argv[1:])
