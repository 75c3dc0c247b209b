"""Keeps a process tree from outliving its head: signals at a parent's death, a steady clock."""

import ctypes
import os
import signal
import time

_PR_SET_PDEATHSIG = 1  # prctl(2)


def die_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """Have the kernel send the signal when the parent dies; at once if it is dead already."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os.kill(os.getpid(), with_signal)


def steady() -> float:
    """Seconds that also pass while the machine is suspended, unlike time.monotonic on Linux."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
