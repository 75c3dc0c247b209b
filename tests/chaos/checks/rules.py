"""All rules, in the order in which they are reported."""

from collections.abc import Callable, Iterable

from tests.chaos.checks import bonds, finishing, leases, limits, zombies
from tests.chaos.checks.history import History, Violation

Rule = Callable[[History], Iterable[Violation]]

RULES: tuple[Rule, ...] = (
    finishing.never_lost,
    finishing.all_ended,
    finishing.ended_as_they_should,
    finishing.finishes_once,
    finishing.effects_once,
    leases.one_lease,
    leases.last_claim_counts,
    leases.counted,
    leases.no_uncounted_body,
    leases.not_held_in_vain,
    zombies.harmless,
    zombies.overlapping,
    limits.alone_by_key,
    limits.in_order,
    finishing.fires_once,
    bonds.fired_what_was_due,
    bonds.alone_while_live,
    bonds.needs_met,
    bonds.groups_called_back,
    bonds.cancelled_as_told,
    bonds.within_rate,
    bonds.orders_followed,
)


def judge(history: History) -> list[Violation]:
    """Every violation of every rule."""
    return [violation for rule in RULES for violation in rule(history)]
