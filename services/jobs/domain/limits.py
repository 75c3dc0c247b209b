"""What an operator may change of a kind while it runs, and which changes cannot work."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

Limits = Mapping[str, Any]
"""A kind's JSON as `chassis.jobkinds` describes it; changes have a part of its keys."""

OVERRIDABLE = (
    "timeout_s",
    "max_attempts",
    "priority",
    "queue_size",
    "max_assigned",
    "max_pending",
    "weight",
    "node_filter",
    "node_labels",
    "concurrency_limit",
    "rate_per_s",
    "rate_burst",
)


def effective(declared: Limits, override: Limits) -> Limits:
    """What counts: as declared, but for what the operator changed."""
    return {**declared, **override}


def faults(declared: Limits, override: Limits) -> Iterator[tuple[str, str]]:
    """Each changed field that does not go with the rest of the kind, with what is wrong."""
    counts = effective(declared, override)
    if counts.get("concurrency_limit") is None and counts.get("concurrency_key"):
        yield "concurrency_limit", "cannot be lifted: the kind has a concurrency key"
    if override.get("concurrency_limit") is not None and not counts.get("concurrency_key"):
        yield "concurrency_limit", "needs a kind that was declared with a concurrency key"
    if (counts.get("rate_per_s") is None) != (counts.get("rate_burst") is None):
        missing = "rate_burst" if counts.get("rate_burst") is None else "rate_per_s"
        yield missing, "goes together with the other half of the rate limit"


def changes(before: Limits, after: Limits) -> Iterator[tuple[str, str]]:
    """Each limit that two overrides have otherwise, with what became of it."""
    for name in sorted({*before, *after}):
        if name not in after:
            yield name, "is as declared again"
        elif name not in before or before[name] != after[name]:
            value = after[name]
            yield name, "was lifted" if value is None else f"was set to {json.dumps(value)}"
