"""One run at a time has the job, and only the last one is believed (I4, I5, I6)."""

from collections.abc import Iterator
from itertools import pairwise

from tests.chaos.checks.history import DEAD, SUCCEEDED, Attempt, Done, History, Lease, Violation

# A statement's instant is when it began; it may have waited for another's end before it wrote.
WAITED = 0.5  # seconds


def one_lease(history: History) -> Iterator[Violation]:
    """I4: a job's leases follow one another."""
    for uid, leases in history.leases_by_uid().items():
        for before, after in pairwise(leases):
            if after.began < before.ended - WAITED:
                overlap = before.ended - after.began
                text = f"runs {before.run_no} and {after.run_no} overlap by {overlap:.2f} s"
                yield Violation("I4", uid, text)


def last_claim_counts(history: History) -> Iterator[Violation]:
    """I5: what was accepted came from the last run that was ever given out."""
    bodies, attempts = history.bodies_by_uid(), history.attempts_by_job()
    for job in history.done:
        later = [body.run_no for body in bodies[job.uid] if body.run_no > job.run_no]
        if later:
            text = f"ended by run {job.run_no}, though run {max(later)} was given out"
            yield Violation("I5", job.uid, text)
        yield from _believed(job, attempts[job.id])


def _believed(job: Done, attempts: list[Attempt]) -> Iterator[Violation]:
    same = [attempt for attempt in attempts if attempt.run_no == job.run_no]
    if job.outcome == SUCCEEDED and same:
        text = f"run {job.run_no} was counted as {same[0].outcome}, and then succeeded"
        yield Violation("I5", job.uid, text)
    if any(attempt.run_no > job.run_no for attempt in attempts):
        yield Violation("I5", job.uid, f"a later attempt than run {job.run_no} was written down")


def counted(history: History) -> Iterator[Violation]:
    """I6: run numbers only grow, attempts are counted once each and never exceed their limit."""
    attempts = history.attempts_by_job()
    for job in history.done:
        mine = attempts[job.id]
        numbers = [attempt.run_no for attempt in mine]
        if len(set(numbers)) < len(numbers):
            yield Violation("I6", job.uid, f"a run number was given twice: {sorted(numbers)}")
        expected = len(mine) + (job.outcome == SUCCEEDED)
        if job.attempt != expected or job.attempt > job.max_attempts:
            text = f"counts {job.attempt} attempts of {job.max_attempts}; {expected} are known"
            yield Violation("I6", job.uid, text)
        if job.outcome == DEAD and job.run_no not in numbers:
            yield Violation("I6", job.uid, f"died in run {job.run_no}, which is not written down")


def no_uncounted_body(history: History) -> Iterator[Violation]:
    """I6: a run whose body began is a success or an attempt, never handed back as unstarted."""
    known = {
        (uid, lease.run_no) for uid, leases in history.leases_by_uid().items() for lease in leases
    }
    ended = {job.uid for job in history.done}
    for body in history.bodies:
        if body.uid in ended and (body.uid, body.run_no) not in known:
            yield Violation("I6", body.uid, f"run {body.run_no} began and was not counted")


def not_held_in_vain(history: History) -> Iterator[Violation]:
    """I7: a live node that has a job begins it, or hands it back; it does not sit on it."""
    uids = history.uids()
    began = {(body.uid, body.run_no) for body in history.bodies}
    for attempt in history.attempts:
        uid = uids.get(attempt.job_id, "")
        if attempt.outcome == "timeout" and (uid, attempt.run_no) not in began:
            took = attempt.ended_at - attempt.started_at
            text = f"session {attempt.session} held run {attempt.run_no} {took:.0f} s unbegun"
            yield Violation("I7", uid, text)


def leases_by_run(history: History) -> dict[tuple[str, int], Lease]:
    return {
        (uid, lease.run_no): lease
        for uid, leases in history.leases_by_uid().items()
        for lease in leases
    }
