"""For which kinds it is worth asking the database, and when to ask for all of them."""

import time
from collections.abc import Mapping, Sequence

# Seconds between looks while messages arrive, which the leader's pings prove; and while they do
# not: after a look that found something, and at most.
SAFETY, SHORTEST, LONGEST = 5.0, 0.1, 1.0
DEAF_AFTER = 6.0  # seconds without a ping
ECHO = 0.25  # seconds after outcomes were written: they may have made any other job ready


class Hopes:
    """The kinds that may have work: told of, or not looked at for long. Messages only make it
    faster: a lost one costs a moment.

    Whoever was served first is last the next time, so that no kind waits behind another for ever.
    """

    def __init__(self) -> None:
        self._ids: dict[str, int] = {}
        self._order: list[int] = []
        self._hopeful: set[int] = set()
        self._pause = LONGEST
        self._next_look = 0.0
        self._heard_at = -DEAF_AFTER

    def begin(self, kind_names: Mapping[int, str]) -> None:
        """A new session that can run these kinds."""
        self._ids = {name: kind_id for kind_id, name in kind_names.items()}
        self._order = list(kind_names)
        self.look_now()

    @property
    def is_deaf(self) -> bool:
        return time.monotonic() - self._heard_at > DEAF_AFTER

    def hear(self) -> None:
        """A ping arrived."""
        self._heard_at = time.monotonic()

    def hope_for(self, names: Sequence[str]) -> None:
        """These kinds have work; all may have where none is named."""
        known = {self._ids[name] for name in names if name in self._ids}
        self._hopeful |= known if names else set(self._order)

    def look_now(self) -> None:
        self._next_look = 0.0

    def look_in(self, seconds: float) -> None:
        self._next_look = min(self._next_look, time.monotonic() + seconds)

    def due_in(self) -> float:
        """Seconds until every kind is looked at, whatever is known of it."""
        return max(0.0, self._next_look - time.monotonic())

    def kinds(self) -> list[int]:
        """Kinds worth asking for, in the order to serve them."""
        if self.due_in() == 0.0:
            self._hopeful = set(self._order)
            self._next_look = time.monotonic() + (LONGEST if self.is_deaf else SAFETY)
        return [kind for kind in self._order if kind in self._hopeful]

    def looked(self, asked: Mapping[int, int], got: Mapping[int, int], room: int) -> None:
        """What a look for at most `room` jobs found, of those asked for, in the order asked.

        A kind that gave less than asked has no more, unless the room was filled before its turn.
        """
        reached = list(asked)
        if sum(got.values()) >= room:
            served = [place for place, kind in enumerate(reached) if got.get(kind)]
            reached = reached[: served[-1]]
        empty = {kind for kind in reached if got.get(kind, 0) < asked[kind]}
        self._hopeful -= empty
        first = next((kind for kind in self._order if got.get(kind)), None)
        if first is not None:
            self._order.remove(first)
            self._order.append(first)
        if self.is_deaf:
            self._pause = SHORTEST if got else min(LONGEST, self._pause * 2)
            self.look_in(self._pause)
