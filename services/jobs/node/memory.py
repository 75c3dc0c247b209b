"""How much memory a worker may use, and how much it does."""

import os
import resource
from pathlib import Path

_MEGABYTE = 1024 * 1024
_PAGE = os.sysconf("SC_PAGE_SIZE")


def limit_memory(megabytes: int) -> None:
    """Have this process fail to allocate more; 0 for no limit.

    RLIMIT_DATA counts what can be written to and belongs to the process alone (setrlimit(2)), which
    is what a handler allocates. RLIMIT_AS would also count reserved addresses: a few threads
    reserve hundreds of megabytes that nobody uses.
    """
    if megabytes:
        most = megabytes * _MEGABYTE
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def resident(pid: int) -> int:
    """Megabytes of a process in memory; 0 when there is no such process any more."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE // _MEGABYTE
    except (FileNotFoundError, ProcessLookupError):
        return 0


def children_of(pid: int) -> list[int]:
    """Processes that a process, or what adopted them, is the parent of."""
    children: list[int] = []
    try:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            children += [int(each) for each in (thread / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return children
    return children
