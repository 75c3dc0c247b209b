"""Keeps a process tree from outliving its head: signals at a parent's death, a steady clock."""

import ctypes
import os
import signal
import time

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


def die_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """Have the kernel send the signal when the parent dies; at once if it is dead already."""
    _prctl(_PR_SET_PDEATHSIG, int(with_signal))
    if os.getppid() != parent:
        os.kill(os.getpid(), with_signal)


def adopt_orphans() -> None:
    """Become the parent of whatever processes one's descendants leave behind."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option})")


def steady() -> float:
    """Seconds that also pass while the machine is suspended, unlike time.monotonic on Linux."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
