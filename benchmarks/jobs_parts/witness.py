"""What the jobs themselves wrote down, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.figures import percentile
from benchmarks.jobs_peers.body import RECORD, ran


class Record(NamedTuple):
    """One run of a body; instants are nanoseconds of CLOCK_MONOTONIC."""

    number: int
    due: int
    start: int
    end: int


@dataclass(frozen=True)
class Seen:
    """What became of `sent` jobs; rates are jobs a second, latencies seconds from the due time.

    `steady` is the rate of the middle 80 % of completions, without start and tail; `overall` counts
    from the first body's start to the last one's end.
    """

    sent: int
    lost: int
    repeated: int
    steady: float
    overall: float
    latencies: Sequence[float]

    def latency(self, share: float) -> float:
        """Milliseconds that this share (0 to 1) of the jobs did not exceed."""
        return 1000 * percentile(self.latencies, share)


class Witness:
    """The folder that the bodies of one run write into; jobs numbered below 0 warm up only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)

    def clear(self) -> None:
        for file in self._files():
            file.unlink()

    @property
    def count(self) -> int:
        """Records of any kind so far."""
        return ran(self.folder)

    def records(self) -> list[Record]:
        """Those that count, in the order of their end."""
        found: list[Record] = []
        for file in self._files():
            raw = file.read_bytes()
            whole = raw[: len(raw) // RECORD.size * RECORD.size]
            found += (Record._make(each) for each in RECORD.iter_unpack(whole))
        return sorted((each for each in found if each.number >= 0), key=lambda each: each.end)

    def seen(self, sent: int) -> Seen:
        """What became of the jobs 0 to `sent` - 1."""
        records = self.records()
        first = {each.number: each for each in reversed(records)}
        ends = sorted(each.end for each in first.values())
        if len(ends) < 20:
            raise AssertionError(f"only {len(ends)} of {sent} jobs ran")
        low, high = len(ends) // 10, len(ends) * 9 // 10
        start = min(each.start for each in first.values())
        return Seen(
            sent=sent,
            lost=sent - len(first),
            repeated=len(records) - len(first),
            steady=(high - low) / ((ends[high] - ends[low]) / 1e9),
            overall=len(ends) / ((ends[-1] - start) / 1e9),
            latencies=[(each.start - each.due) / 1e9 for each in first.values()],
        )

    def _files(self) -> list[Path]:
        return list(self.folder.glob("*.records"))
