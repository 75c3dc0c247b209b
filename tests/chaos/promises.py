"""What the load and the faults have been told beside acceptance, which the rules hold jobs to."""

from dataclasses import dataclass, field
from typing import NamedTuple


class Group(NamedTuple):
    """A sealed group as its producer had it accepted, by uids."""

    members: tuple[str, ...]
    callback: str


class Order(NamedTuple):
    """An operator's: from `began` to `ended` (PostgreSQL's seconds) only these nodes may claim.

    `nodes` is a regular expression that the whole name must match; a paused kind has an empty one.
    """

    kind: str
    nodes: str
    began: float
    ended: float


@dataclass
class Promises:
    """`needs`: what each job waits for; `cancels`: what the asker to cancel was answered, both by
    uid; `owed`: instants for which the run's schedule has to fire, in seconds since 1970."""

    needs: dict[str, str] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)
    cancels: dict[str, str] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    owed: list[float] = field(default_factory=list)
