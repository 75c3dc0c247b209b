"""How long the jobs of each kind take here, and so how many a worker may be given at once.

Quick jobs travel in batches, because a message for each would cost more than the job; slow ones one
by one and only to an idle worker, so that nothing waits behind them.
"""

from collections.abc import Mapping, Set

QUICK = 0.005  # seconds; what takes longer is given out singly
BATCH_SECONDS = 0.02  # of work in one message
AHEAD_SECONDS = 0.04  # of work given to a worker in all
MOST_IN_BATCH = 50
MOST_AHEAD = 200
_WEIGHT = 0.1  # of the newest job in the running mean


class Pace:
    """Running means of seconds a job, by kind id. A kind nobody has run yet counts as slow.

    `most` are the kinds' queue sizes by kind id: how many jobs of it a worker may hold.
    """

    def __init__(self) -> None:
        self._mean: dict[int, float] = {}
        self._quick: set[int] = set()
        self._most: dict[int, int] = {}

    def limit(self, most: Mapping[int, int]) -> None:
        """Take over the kinds' queue sizes, by kind id."""
        self._most = dict(most)

    def learn(self, kind_id: int, seconds: float) -> None:
        known = self._mean.get(kind_id)
        mean = seconds if known is None else known + _WEIGHT * (seconds - known)
        self._mean[kind_id] = mean
        if mean < QUICK:
            self._quick.add(kind_id)
        else:
            self._quick.discard(kind_id)

    @property
    def quick(self) -> Set[int]:
        """The quick kinds; looked into many times a job."""
        return self._quick

    def is_quick(self, kind_id: int) -> bool:
        return kind_id in self._quick

    def batch(self, kind_id: int) -> int:
        """Jobs in one message to a worker."""
        return self._jobs_in(BATCH_SECONDS, kind_id, MOST_IN_BATCH)

    def ahead(self, kind_id: int) -> int:
        """Jobs that a worker may hold in all."""
        return self._jobs_in(AHEAD_SECONDS, kind_id, MOST_AHEAD)

    def _jobs_in(self, seconds: float, kind_id: int, most: int) -> int:
        if not self.is_quick(kind_id):
            return 1
        most = min(most, self._most.get(kind_id, most))
        return max(1, min(most, int(seconds / max(self._mean[kind_id], 1e-6))))
