"""What jobs are tied by: unique keys, needs, groups, cancellations, rates, operators' orders."""

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checks.history import (
    CANCELLED,
    DEAD,
    SUCCEEDED,
    Body,
    Done,
    History,
    Violation,
)
from tests.chaos.checks.leases import WAITED
from tests.chaos.kinds import BURST, DYING, PER_SECOND

TOLD_LATE = 0.5  # seconds that a claim may have been under way when the order was answered
CLOCK_READ = 0.05  # seconds for which bodies' and PostgreSQL's clocks may disagree


def alone_while_live(history: History) -> Iterator[Violation]:
    """Of one unique key at most one job lives at a time."""
    keys = {each.uid: each.key for each in history.accepted if each.kind == "chaos.unique"}
    lives: dict[str, list[Done]] = defaultdict(list)
    for job in history.done:
        if job.uid in keys:
            lives[keys[job.uid]].append(job)
    for key, jobs in lives.items():
        jobs.sort(key=lambda job: job.created_at)
        for before, after in pairwise(jobs):
            if after.created_at < before.finished_at - WAITED:
                yield Violation("unique", after.uid, f"lived beside {before.uid} of the key {key}")


def needs_met(history: History) -> Iterator[Violation]:
    """No body begins before the job that it needs succeeded; without that none ever does."""
    done = {job.uid: job for job in history.done}
    bodies = history.bodies_by_uid()
    for uid, need in history.promises.needs.items():
        first = min((body.began for body in bodies[uid]), default=None)
        needed = done.get(need)
        if needed and needed.outcome == SUCCEEDED:
            ended = _counted_end(needed, bodies[need])
            if first is not None and first < ended:
                text = f"began {ended - first:.2f} s before {need} had succeeded"
                yield Violation("needs", uid, text)
        elif first is not None:
            yield Violation("needs", uid, f"began, though {need} never succeeded")
        if (
            uid in done
            and needed
            and (done[uid].outcome, needed.outcome)
            not in (
                (SUCCEEDED, SUCCEEDED),
                (CANCELLED, DEAD),
            )
        ):
            text = f"ended as {done[uid].outcome}, what it needs as {needed.outcome}"
            yield Violation("needs", uid, text)


def groups_called_back(history: History) -> Iterator[Violation]:
    """A sealed group's callback succeeds once, and begins after every member has ended."""
    done: dict[str, list[Done]] = defaultdict(list)
    for job in history.done:
        done[job.uid].append(job)
    bodies = history.bodies_by_uid()
    for members, callback in history.promises.groups:
        ends = [job.outcome for job in done[callback]]
        if ends != [SUCCEEDED]:
            yield Violation("group", callback, f"a group's callback ended as {ends}")
        first = min((body.began for body in bodies[callback]), default=None)
        for member in members:
            last = max((_counted_end(job, bodies[member]) for job in done[member]), default=None)
            if first is not None and (last is None or first < last):
                yield Violation("group", callback, f"began before the member {member} had ended")


def _counted_end(job: Done, bodies: list[Body]) -> float:
    """When the body of the run that counted ended; by the database where it was killed."""
    ends = [each.ended for each in bodies if each.run_no == job.run_no and each.ended is not None]
    return max(ends, default=job.finished_at - WAITED)


def cancelled_as_told(history: History) -> Iterator[Violation]:
    """Who was to be cancelled ends cancelled or succeeded, as was answered; nobody else does."""
    cancels = history.promises.cancels
    for job in history.done:
        word = cancels.get(job.uid)
        if job.outcome == CANCELLED and word is None:
            yield Violation("cancel", job.uid, "is cancelled, and nobody asked for it")
        if word == "cancelled" and job.outcome != CANCELLED:
            yield Violation("cancel", job.uid, f"was cancelled, and ended as {job.outcome}")
        if word is not None and job.outcome not in (CANCELLED, SUCCEEDED) and job.kind not in DYING:
            yield Violation("cancel", job.uid, f"was asked to end, and ended as {job.outcome}")


def within_rate(history: History) -> Iterator[Violation]:
    """I8: claims of a kind with a rate, as PostgreSQL dates them, never exceed rate and burst."""
    rated = {job.id: job.uid for job in history.done if job.kind == "chaos.rated"}
    claims = [
        (job.claimed_at, job.uid)
        for job in history.done
        if job.id in rated and job.outcome == SUCCEEDED and job.claimed_at is not None
    ]
    claims += [(each.started_at, rated[each.job_id])
               for each in history.attempts if each.job_id in rated]  # fmt: skip
    paid_until = 0.0  # the generic cell rate algorithm: each claim costs its share of a second
    for at, uid in sorted(claims):
        paid_until = max(paid_until, at) + 1 / PER_SECOND
        if paid_until - at > BURST / PER_SECOND + CLOCK_READ:
            ahead = (paid_until - at) * PER_SECOND
            yield Violation("I8", uid, f"is claim {ahead:.1f} of a burst of {BURST}")


def orders_followed(history: History) -> Iterator[Violation]:
    """I8: while a kind is paused nobody claims it, while it has a filter only matching nodes."""
    kinds = {job.id: job.kind for job in history.done} | {job.id: job.kind for job in history.live}
    claims = [
        (job.kind, job.uid, job.session, job.claimed_at)
        for job in history.done
        if job.claimed_at is not None
    ]
    uids = history.uids()
    claims += [(kinds.get(each.job_id, ""), uids.get(each.job_id, ""), each.session,
                each.started_at) for each in history.attempts]  # fmt: skip
    for order in history.promises.orders:
        for kind, uid, session, at in claims:
            if kind != order.kind or not order.began + TOLD_LATE < at < order.ended:
                continue
            node = history.nodes.get(session or 0, "")
            if not re.fullmatch(order.nodes, node):
                told = f"only {order.nodes!r} may" if order.nodes else "it is paused"
                yield Violation("I8", uid, f"{node} claimed {kind}, though {told}")


def fired_what_was_due(history: History) -> Iterator[Violation]:
    """I11: what was due is fired, whoever died over it, and each fire made one job and no other."""
    fired = {fire.at for fire in history.fires}
    for owed in history.promises.owed:
        if owed not in fired:
            yield Violation("I11", "", f"the fire of {owed:.0f} is lost")
    uids = {fire.uid for fire in history.fires}
    for job in history.done:
        if job.kind == "chaos.scheduled" and job.uid not in uids:
            yield Violation("I11", job.uid, "was made by no fire that there is")
