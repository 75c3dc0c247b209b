"""How far a pile of work has come: percent, speed and time left, in one line."""

from collections import deque
from dataclasses import dataclass

from console.tables import duration

WIDTH = 30  # characters of the bar
LOOKS_BACK = 10.0  # seconds over which the speed is measured


@dataclass(frozen=True)
class Reading:
    """What is left at one moment.

    `total` where it is known; `is_counted` False where there is more than services count;
    `may_grow` while more may come although nothing is left; `told_speed` in jobs a second, as the
    cluster measures it.
    """

    left: int
    total: int | None = None
    is_counted: bool = True
    may_grow: bool = False
    told_speed: float | None = None
    remark: str = ""

    @property
    def is_done(self) -> bool:
        return self.left == 0 and not self.may_grow


class Progress:
    """Follows readings; a backlog without a known total is measured by the most it has been."""

    def __init__(self) -> None:
        self._most = 0
        self._seen: deque[tuple[float, int]] = deque()

    def line(self, reading: Reading, at: float) -> str:
        """The line for a reading at `at`, in seconds of a clock that only goes forward."""
        total = self._total(reading)
        speed = self._speed(reading, at)
        parts = [_bar(reading, total), _left(reading)]
        if speed is not None:
            parts.append(f"{speed:,.1f}/s")
            if speed > 0 and reading.left and reading.is_counted:
                parts.append(f"{duration(max(1.0, reading.left / speed))} to go")
        return "  ".join([*parts, *([reading.remark] if reading.remark else [])])

    def _total(self, reading: Reading) -> int:
        self._most = max(self._most, reading.left)
        return self._most if reading.total is None else reading.total

    def _speed(self, reading: Reading, at: float) -> float | None:
        """Jobs a second: how the pile shrank of late, or as the cluster tells."""
        if not reading.is_counted:
            self._seen.clear()
            return reading.told_speed or None  # nothing has been measured yet
        self._seen.append((at, reading.left))
        while self._seen[0][0] < at - LOOKS_BACK and len(self._seen) > 2:
            self._seen.popleft()
        since, left = self._seen[0]
        return max(0.0, (left - reading.left) / (at - since)) if at > since else None


def _bar(reading: Reading, total: int) -> str:
    if not reading.is_counted:
        return f"[{'?' * WIDTH}]   - %"
    done = 1.0 if total == 0 else 1 - reading.left / total
    filled = int(done * WIDTH)
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {int(done * 100):3} %"


def _left(reading: Reading) -> str:
    more = "" if reading.is_counted else "+"
    return f"{reading.left:,}{more} left"
