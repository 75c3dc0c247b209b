"""The words that agent, workers and database share about a run."""

from typing import NamedTuple


class Claimed(NamedTuple):
    """A job this node may run: the first three are its fence; `args` is JSON text.

    `waited` are the seconds between being due and being claimed.
    """

    id: int
    run_no: int
    kind_id: int
    attempt: int
    uid: str
    site_id: str | None
    account_id: str | None
    request_id: str | None
    args: str
    waited: float = 0.0
    version: int = 1
    group_id: str | None = None
    tags: list[str] | None = None


class Outcome(NamedTuple):
    """How one run ended, as its worker tells.

    `ordinal` counts the jobs that the worker was given in its life, from 1. `verdict` is
    succeeded, failed, or unstarted for a job that was taken back. `text` is the result as JSON
    (None for none) or the error.
    """

    ordinal: int
    verdict: str
    text: str | None
    seconds: float


SUCCEEDED, FAILED, UNSTARTED = "succeeded", "failed", "unstarted"


class Failed(NamedTuple):
    """A run that did not succeed; `outcome` is failed, lost, timeout or cancelled."""

    id: int
    run_no: int
    outcome: str
    error: str


class Said(NamedTuple):
    """How far a run is, as its handler says: percent from 0 to 100, and a note."""

    id: int
    run_no: int
    percent: float
    note: str


class Line(NamedTuple):
    """A line that a handler keeps with its job; `at` in seconds since 1970, by the node's clock."""

    id: int
    run_no: int
    line_no: int
    at: float
    text: str
