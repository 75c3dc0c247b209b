"""One job's life as all three witnesses saw it, in one order of time, with the faults around it."""

from collections.abc import Iterator

from tests.chaos.checks.history import DEAD, History

OUTCOMES = {1: "succeeded", DEAD: "dead", 3: "cancelled", 4: "expired"}
STATES = ("scheduled", "ready", "running", "blocked")


def timeline(history: History, uid: str) -> list[str]:
    """Lines of seconds since the run's first acceptance, and what happened then."""
    zero = min((accepted.at for accepted in history.accepted), default=0.0)
    events = sorted(_events(history, uid))
    around = [
        event
        for window in history.windows
        if events and window.began <= events[-1][0] and window.ended >= events[0][0]
        for event in (
            (window.began, f"  fault {window.fault} {window.target}"),
            (window.ended, f"  undone {window.fault}"),
        )
    ]
    state = [
        f"          now {STATES[job.state]}, attempt {job.attempt}, run {job.run_no}"
        for job in history.live
        if job.uid == uid
    ]
    return [f"{at - zero:9.3f} {text}" for at, text in sorted([*events, *around])] + state


def _events(history: History, uid: str) -> Iterator[tuple[float, str]]:
    yield from _promised(history, uid)
    yield from _worked(history, uid)
    yield from _written_down(history, uid)


def _promised(history: History, uid: str) -> Iterator[tuple[float, str]]:
    for accepted in history.accepted:
        if accepted.uid == uid:
            yield accepted.at, f"accepted: {accepted.kind} {accepted.key}"


def _worked(history: History, uid: str) -> Iterator[tuple[float, str]]:
    for body in history.bodies:
        if body.uid == uid:
            yield body.began, f"body of run {body.run_no} began in process {body.pid}"
            if body.ended is not None:
                word = "returned" if body.returned else "raised"
                yield body.ended, f"body of run {body.run_no} {word}"


def _written_down(history: History, uid: str) -> Iterator[tuple[float, str]]:
    ids = history.ids_of(uid)
    for attempt in history.attempts:
        if attempt.job_id in ids:
            yield attempt.started_at, f"run {attempt.run_no} claimed by session {attempt.session}"
            error = attempt.error.splitlines()[0]
            yield attempt.ended_at, f"run {attempt.run_no} {attempt.outcome}: {error}"
    for job in history.done:
        if job.uid == uid:
            if job.claimed_at is not None:
                yield job.claimed_at, f"run {job.run_no} claimed by session {job.session}"
            yield job.finished_at, f"{OUTCOMES[job.outcome]} by run {job.run_no}"
