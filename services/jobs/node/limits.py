"""How the node treats its kinds: as operators set them, and else as this build declares them."""

from collections.abc import Mapping
from typing import Any

from chassis.jobkinds import JobKind


class Limits:
    """By kind id: `timeouts` in seconds; `queue_sizes`, jobs of a kind that one worker may hold,
    where that is limited; and `narrow`, the kinds of which only so many run at once: the end of
    one of their jobs lets another begin."""

    def __init__(self, kinds: Mapping[str, JobKind]) -> None:
        self._kinds = kinds
        self.timeouts: dict[int, float] = {}
        self.queue_sizes: dict[int, int] = {}
        self.narrow: set[int] = set()

    def settle(
        self, names: Mapping[int, str], told: Mapping[int, Mapping[str, int | None]]
    ) -> None:
        """`names` are the session's kinds by id; for `told` see `Orders.limits`."""
        known = {
            each: _known(self._kinds[name], told.get(each, {})) for each, name in names.items()
        }
        self.timeouts = {
            each: known[each]["timeout_s"] or self._kinds[name].timeout
            for each, name in names.items()
        }
        self.queue_sizes = {each: size for each in names if (size := known[each]["queue_size"])}
        self.narrow = {
            each
            for each in names
            if known[each]["max_assigned"] or known[each]["concurrency_limit"]
        }


def _known(declared: JobKind, told: Mapping[str, int | None]) -> dict[str, Any]:
    """What was told counts, also that there is no limit; without a word what is declared."""
    at_once = declared.concurrency.limit if declared.concurrency else None
    return {
        "timeout_s": declared.timeout,
        "queue_size": declared.queue_size,
        "max_assigned": declared.max_assigned,
        "concurrency_limit": at_once,
        **told,
    }
