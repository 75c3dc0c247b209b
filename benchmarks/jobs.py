"""`python -m benchmarks.jobs`: how fast jobs are done, beside the peers, on this machine.

Private servers, real processes, the peers in an environment of their own, everyone durable.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figures, machine
from benchmarks.jobs_parts import parts, standing
from benchmarks.jobs_parts.big import big
from benchmarks.jobs_parts.peers import cache_folder, install
from benchmarks.jobs_parts.world import World

PARTS: dict[str, Callable[[parts.Bench, int], None]] = {
    "drain": parts.drains,
    "brief": parts.briefs,
    "latency": parts.latencies,
    "scale": parts.scale,
    "limits": parts.limits,
    "idle": standing.idle,
    "scheduled": standing.scheduled,
    "big": big,
}


def main() -> None:
    asked = _asked()
    python = install(cache_folder())
    figures = Figures()
    print(machine())
    with _world() as world:
        bench = parts.Bench(world, python, figures, asked.jobs, _say)
        for name in asked.only:
            for number in range(asked.rounds):
                PARTS[name](bench, number)


@contextmanager
def _world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="memberhall-jobs-") as name:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL runs as another user where we run as root
        world = World(folder)
        try:
            world.start()
            yield world
        finally:
            world.stop()


def _say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.jobs", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
