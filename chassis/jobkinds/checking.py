"""What can be wrong with a declaration, field by field."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from chassis.jobkinds.matching import pattern_fault
from chassis.jobkinds.options import (
    Backoff,
    Concurrency,
    Hooks,
    Rate,
    Schedule,
    is_int,
    is_number,
    names_fault,
    takes,
)

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")

MAX_NAME = 100  # characters
MAX_TIMEOUT = 86_400  # seconds
MAX_ATTEMPTS = 100
MAX_QUEUE = 200
MAX_ASSIGNED = 100_000
MAX_WEIGHT = 1_000
MAX_VERSION = 32_767
MAX_LABELS = 20


def faults(declared: Any) -> Iterable[tuple[str, str]]:
    """Each wrong field of a JobKind with what is wrong with it, in the order they are written.

    Its fields may hold anything: what types promise is just what is looked at here.
    """
    yield from _naming_faults(declared)
    yield from _number_faults(declared)
    yield from _place_faults(declared)
    if declared.unique is not None and (fault := names_fault(declared.unique)):
        yield "unique", fault
    low_high = declared.versions
    if not _is_range(low_high):
        yield "versions", f"must be (lowest, highest), from 1 to {MAX_VERSION}"
    yield from _option_faults(declared)


def _naming_faults(declared: Any) -> Iterable[tuple[str, str]]:
    name = declared.name
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > MAX_NAME:
        yield "name", "must be <service>.<work> in lower case"
    if not takes(declared.handler, 1):
        yield "handler", "must take exactly one argument, the job"


def _number_faults(declared: Any) -> Iterable[tuple[str, str]]:
    if not is_int(declared.timeout) or not 1 <= declared.timeout <= MAX_TIMEOUT:
        yield "timeout", f"must be from 1 to {MAX_TIMEOUT} whole seconds"
    if not is_int(declared.attempts) or not 1 <= declared.attempts <= MAX_ATTEMPTS:
        yield "attempts", f"must be from 1 to {MAX_ATTEMPTS}"
    if not is_int(declared.priority) or not 1 <= declared.priority <= 4:
        yield "priority", "must be from 1 (first) to 4 (last)"
    limits = (
        ("queue_size", declared.queue_size, MAX_QUEUE),
        ("max_assigned", declared.max_assigned, MAX_ASSIGNED),
        ("max_pending", declared.max_pending, MAX_ASSIGNED),
    )
    for name, value, most in limits:
        if value is not None and not (is_int(value) and 1 <= value <= most):
            yield name, f"must be None or from 1 to {most}"
    if not is_number(declared.weight) or not 0 < declared.weight <= MAX_WEIGHT:
        yield "weight", f"must be above 0 and at most {MAX_WEIGHT}"


def _place_faults(declared: Any) -> Iterable[tuple[str, str]]:
    if declared.nodes is not None and (fault := pattern_fault(declared.nodes)):
        yield "nodes", fault
    labels = declared.labels
    if not isinstance(labels, Mapping) or len(labels) > MAX_LABELS:
        yield "labels", f"must be a mapping of at most {MAX_LABELS} labels"
    elif not all(isinstance(each, str) and each for pair in labels.items() for each in pair):
        yield "labels", "must map names to values, both of them text"


def _is_range(versions: Any) -> bool:
    if not isinstance(versions, tuple) or len(versions) != 2:
        return False
    low, high = versions
    return is_int(low) and is_int(high) and 1 <= low <= high <= MAX_VERSION


def _option_faults(declared: Any) -> Iterable[tuple[str, str]]:
    options = (
        ("backoff", declared.backoff, Backoff),
        ("concurrency", declared.concurrency, Concurrency),
        ("rate", declared.rate, Rate),
        ("schedule", declared.schedule, Schedule),
        ("hooks", declared.hooks, Hooks),
    )
    for name, option, expected in options:
        if option is None and name not in ("backoff", "hooks"):
            continue
        if not isinstance(option, expected):
            yield name, f"must be a {expected.__name__}"
        elif fault := option.fault():
            yield name, fault
