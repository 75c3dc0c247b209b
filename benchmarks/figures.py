"""Rounds of measurements, their medians, and how they are printed."""

import os
import platform
import statistics
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; nearest rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


class Figures:
    """Named figures, one value a round; the median of the rounds stands for them."""

    def __init__(self) -> None:
        self._rounds: dict[str, list[float]] = {}

    def note(self, name: str, value: float) -> None:
        self._rounds.setdefault(name, []).append(value)

    def note_latency(self, name: str, seconds: Sequence[float]) -> None:
        """p50 and p99 in milliseconds."""
        self.note(f"{name} p50", 1000 * percentile(seconds, 0.50))
        self.note(f"{name} p99", 1000 * percentile(seconds, 0.99))

    def median(self, name: str) -> float:
        return statistics.median(self._rounds[name])

    @property
    def names(self) -> list[str]:
        """In the order they were first noted."""
        return list(self._rounds)

    def spread(self, name: str) -> tuple[float, float, float]:
        """The median of the rounds, the least and the most."""
        values = self._rounds[name]
        return self.median(name), min(values), max(values)

    def ratio(self, name: str, to: str) -> float:
        """The median of the rounds' own ratios: a busy moment of the machine meets both sides."""
        pairs = zip(self._rounds[name], self._rounds[to], strict=True)
        return statistics.median(mine / theirs for mine, theirs in pairs)

    def line(self, name: str, unit: str, said: str = "") -> None:
        """Print a figure with the least and the most of its rounds."""
        values = self._rounds[name]
        spread = f"({min(values):,.5g} to {max(values):,.5g})"
        print(f"  {name:<44}{self.median(name):>11,.5g} {unit:<6}{spread:<22} {said}".rstrip())


def verdict(value: float, *, at_most: float | None = None, at_least: float | None = None) -> str:
    """How a figure stands to its target."""
    if at_most is not None:
        return f"target <= {at_most:g}: {'met' if value <= at_most else 'MISSED'}"
    if at_least is not None:
        return f"target >= {at_least:g}: {'met' if value >= at_least else 'MISSED'}"
    return ""


def machine() -> str:
    """What it was measured on, for the head of a report."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, Python {python}, load before {load:.1f}"


def timed(act: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of so many runs, one after another."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return taken


def per_second(act: Callable[[], object], threads: int, seconds: float) -> float:
    """How often a second `threads` threads get `act` done, all at once for so many seconds."""
    counts = [0] * threads
    end = time.perf_counter() + seconds

    def run(number: int) -> None:
        while time.perf_counter() < end:
            act()
            counts[number] += 1

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    began = time.perf_counter()
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return sum(counts) / (time.perf_counter() - began)


def cpu_seconds(pids: Sequence[int]) -> float:
    """Processor time that these processes and those they started have used so far (Linux)."""
    tick = os.sysconf("SC_CLK_TCK")
    folders = (each for each in Path("/proc").iterdir() if each.name.isdigit())
    fields = {int(folder.name): _stat(folder) for folder in folders}
    counted = set(pids)
    while more := {pid for pid, each in fields.items() if each and each[0] in counted} - counted:
        counted |= more
    return sum(each[1] for pid, each in fields.items() if each and pid in counted) / tick


def _stat(process: Path) -> tuple[int, int] | None:
    """The parent of a process and the ticks it used; None when it is gone by now."""
    try:
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[1]), int(fields[11]) + int(fields[12])


@contextmanager
def saying(what: str) -> Iterator[None]:
    """Say on one line what is being measured and how long it took."""
    print(f"… {what}", end=" ", flush=True)
    began = time.monotonic()
    yield
    print(f"({time.monotonic() - began:.0f} s)", flush=True)
