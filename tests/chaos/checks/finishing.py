"""Nothing accepted is lost, everything ends, and ends once (I1, I2, I3)."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checks.history import DEAD, SUCCEEDED, History, Violation
from tests.chaos.kinds import DYING, NO_LIMIT

MINUTE = 60.0  # seconds between the fires of the run's one schedule


def never_lost(history: History) -> Iterator[Violation]:
    """I1: each uid that the producer was promised is known to the database."""
    known = {job.uid for job in history.done} | {job.uid for job in history.live}
    for accepted in history.accepted:
        if accepted.uid not in known:
            yield Violation("I1", accepted.uid, f"{accepted.kind} was accepted and is nowhere")


def all_ended(history: History) -> Iterator[Violation]:
    """I2: once nothing is enqueued any more, nothing goes on waiting."""
    for job in history.live:
        yield Violation("I2", job.uid, f"{job.kind} never ended; it is in state {job.state}")


def ended_as_they_should(history: History) -> Iterator[Violation]:
    """I2: what can succeed has, by a body that returned; what cannot is dead, with a reason."""
    returned = {(body.uid, body.run_no) for body in history.bodies if body.returned}
    for job in history.done:
        if job.outcome == DEAD and job.kind not in DYING:
            yield Violation("I2", job.uid, f"{job.kind} died of {job.error!r}")
        if job.outcome == DEAD and (not job.error or NO_LIMIT in job.error):
            yield Violation("I2", job.uid, f"{job.kind} died with the reason {job.error!r}")
        if job.outcome == SUCCEEDED and job.kind in DYING:
            yield Violation("I2", job.uid, f"{job.kind} cannot succeed, and did")
        if job.outcome == SUCCEEDED and (job.uid, job.run_no) not in returned:
            yield Violation("I2", job.uid, f"run {job.run_no} succeeded, but its body did not end")


def finishes_once(history: History) -> Iterator[Violation]:
    """I3: one end for each job."""
    waiting = {job.uid for job in history.live}
    for uid, number in Counter(job.uid for job in history.done).items():
        if number > 1:
            yield Violation("I3", uid, f"finished {number} times")
        if uid in waiting:
            yield Violation("I3", uid, "finished, and is still live")


def effects_once(history: History) -> Iterator[Violation]:
    """An effect in a transaction of its own, keyed by the uid, is there once for each success."""
    succeeded = {
        job.uid
        for job in history.done
        if job.kind == "chaos.effect" and job.outcome == SUCCEEDED
    }  # fmt: skip
    for uid in succeeded - set(history.effects):
        yield Violation("effect", uid, "succeeded without its effect")
    known = {job.uid for job in history.done} | {job.uid for job in history.live}
    for uid in set(history.effects) - known:
        yield Violation("effect", uid, "has an effect, and the job is nowhere")


def fires_once(history: History) -> Iterator[Violation]:
    """I11: a schedule fires once for each of its instants, leaves none out, and its job ends."""
    instants = sorted(fire.at for fire in history.fires)
    for before, after in pairwise(instants):
        if after - before != MINUTE:
            yield Violation("I11", "", f"fires at {before:.0f} and {after:.0f}, every minute")
    ended = {job.uid for job in history.done}
    for fire in history.fires:
        if fire.uid not in ended:
            yield Violation("I11", fire.uid, f"the fire of {fire.at:.0f} left no finished job")
