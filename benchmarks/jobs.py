"""`python -m benchmarks.jobs`: how fast jobs are done, beside the peers, on this machine.

Private servers, real processes, the peers in an environment of their own, everyone durable. Prints
a line for each measurement as it goes, and Markdown tables at the end.
"""

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figures import Figures, machine
from benchmarks.jobs_parts import parts, standing
from benchmarks.jobs_parts.big import big
from benchmarks.jobs_parts.peers import SCRIPTS, cache_folder, install
from benchmarks.jobs_parts.report import Report
from benchmarks.jobs_parts.soak import soak
from benchmarks.jobs_parts.world import World

QUIET = 0.5  # of the machine's load, before anything is measured

PARTS: dict[str, Callable[[parts.Bench, int], None]] = {
    "drain": parts.drains,
    "latency": parts.latencies,
    "brief": parts.briefs,
    "scale": parts.scale,
    "limits": parts.limits,
    "idle": standing.idle,
    "scheduled": standing.scheduled,
    "soak": soak,
    "big": big,
}
USUAL = ("drain", "latency", "brief", "scale", "limits", "idle", "scheduled")
ONCE = ("idle", "scheduled", "soak", "big")
"""Long ones are measured once, however many rounds the others have."""


def main() -> None:
    asked = _asked()
    # Ended from outside, it removes what it started all the same.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    python = install(cache_folder())
    figures, began = Figures(), time.monotonic()
    print(machine())
    if os.getloadavg()[0] > QUIET:
        _say(
            f"the machine is busy (load {os.getloadavg()[0]:.1f}): rates and latencies will suffer"
        )
    with _world() as world:
        bench = parts.Bench(world, python, figures, asked.jobs, asked.contenders, _say)
        try:
            for name in asked.only:
                for number in range(1 if name in ONCE else asked.rounds):
                    PARTS[name](bench, number)
        finally:
            _print(figures, world, time.monotonic() - began)


def _print(figures: Figures, world: World, seconds: float) -> None:
    """Also after a failure or Ctrl-C: what was measured until then."""
    [(postgres,)] = world.execute("SHOW server_version")
    peers = ", ".join((SCRIPTS / "requirements.txt").read_text().split())
    print(f"\n## Jobs, {time.strftime('%Y-%m-%d %H:%M')}, {seconds / 60:.0f} minutes\n")
    print(f"{machine()}; PostgreSQL {postgres.split()[0]}; {platform.platform()}; {peers}")
    for line in Report(figures).lines():
        print(line)


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
    parser.add_argument("--jobs", type=int, default=100_000, help="of a no-op drain")
    parser.add_argument(
        "--only", type=_parts, default=list(USUAL), help=f"some of {','.join(PARTS)}"
    )
    parser.add_argument(
        "--contenders", default="", help="only those whose name begins so, such as Memberhall"
    )
    return parser.parse_args()


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if wrong := [name for name in names if name not in PARTS]:
        raise argparse.ArgumentTypeError(f"no such part: {', '.join(wrong)}")
    return names


if __name__ == "__main__":
    main()
