"""Who used how much of the machine, processor and memory, as the kernel counts them (Linux)."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

_TICK = os.sysconf("SC_CLK_TCK")


class _Stat(NamedTuple):
    parent: int
    ticks: int  # its own
    reaped: int  # of its children that have ended


class Usage(NamedTuple):
    """Seconds of processor used so far by each named group, and by the whole machine."""

    groups: Mapping[str, float]
    machine: float

    def since(self, before: "Usage") -> "Usage":
        groups = {name: self.groups[name] - before.groups.get(name, 0.0) for name in self.groups}
        return Usage(groups, self.machine - before.machine)


def usage(groups: Mapping[str, Iterable[int]]) -> Usage:
    """Each group is the process trees under some pids, with what their dead children had used."""
    stats = _stats()
    return Usage(
        {
            name: sum(_ticks(stats, pid) for pid in _tree(stats, pids)) / _TICK
            for name, pids in groups.items()
        },
        _machine_ticks() / _TICK,
    )


def memory_mb(pid: int) -> float:
    """A process' memory in MiB, shared pages counted by its share (PSS; RSS where closed)."""
    for file, field in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
        except OSError:
            continue
        return int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024
    return 0.0


def resident_mb(pid: int) -> float:
    """Resident memory in MiB, shared pages counted whole."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) / 1024


def children(pid: int) -> list[int]:
    return [each for each, stat in _stats().items() if stat.parent == pid]


def _tree(stats: Mapping[int, _Stat], pids: Iterable[int]) -> set[int]:
    tree = {pid for pid in pids if pid in stats}
    while more := {pid for pid, stat in stats.items() if stat.parent in tree} - tree:
        tree |= more
    return tree


def _ticks(stats: Mapping[int, _Stat], pid: int) -> int:
    return stats[pid].ticks + stats[pid].reaped


def _stats() -> dict[int, _Stat]:
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            own, reaped = sum(map(int, fields[11:13])), sum(map(int, fields[13:15]))
            found[int(folder.name)] = _Stat(int(fields[1]), own, reaped)
    return found


def _machine_ticks() -> int:
    """Everything but idling and waiting for the disk."""
    fields = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4]
