"""Jobs that are tied to others, and jobs that somebody thinks better of."""

import random
import time
import uuid
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from chassis.errors import Conflict, Unavailable
from tests.chaos.ledger import Accepted
from tests.chaos.promises import Group, Promises
from tests.chaos.world import World

Job = dict[str, Any]

LATER = timedelta(seconds=2)  # that a job waits which is cancelled before it starts
AFTER = 0.4  # seconds after which a job is cancelled that may run by then
AGAIN = 0.2  # seconds before asking again
PATIENCE = 60.0  # seconds after which nobody asks any more
NEVER_TOLD = "never told"  # of a cancellation whose every answer was lost


def new_job(kind: str, chance: random.Random, **options: Any) -> Job:
    """A job to ask for; its uid comes from `chance` alone."""
    uid = uuid.UUID(int=chance.getrandbits(128), version=4)
    return {"uid": uid, "kind": kind, "args": {}, **options}


def dependent(chance: random.Random) -> list[Job]:
    """A job, and one that needs it; of five such needs one never succeeds."""
    need = new_job(chance.choice(["chaos.stumble"] * 4 + ["chaos.fail"]), chance)
    return [need, new_job("chaos.dependent", chance, needs=[need["uid"]])]


def group(chance: random.Random) -> tuple[list[Job], Job]:
    """The members of a small group, and its callback."""
    kinds = chance.choices(["chaos.noop", "chaos.stumble", "chaos.fail"], k=chance.randint(2, 4))
    return [new_job(kind, chance) for kind in kinds], new_job("chaos.callback", chance)


def unwanted(chance: random.Random) -> Job:
    """A job that is going to be cancelled: half of them wait until then, the others run."""
    run_at = datetime.now(UTC) + LATER if chance.random() < 0.5 else None
    return new_job("chaos.unwanted", chance, run_at=run_at)


def accepted(job: Job) -> Accepted:
    """What the ledger keeps of a job."""
    return Accepted(str(job["uid"]), job["kind"], job["args"].get("key", ""), time.time())


def note_group(promises: Promises, members: list[Job], callback: Job) -> None:
    """The group was accepted, and sealed in the same request."""
    uids = tuple(str(job["uid"]) for job in members)
    promises.groups.append(Group(uids, str(callback["uid"])))


class Regrets:
    """Cancels jobs a moment after they were accepted; one producer's thread has it."""

    def __init__(self, world: World, promises: Promises, wrong: Callable[[str], None]) -> None:
        self._world, self._promises, self._wrong = world, promises, wrong
        self._due: deque[tuple[float, Job]] = deque()

    def add(self, job: Job) -> None:
        self._due.append((time.monotonic() + AFTER, job))

    def work_off(self) -> None:
        """Cancel whose moment has come; one that gets no answer is asked for again later."""
        for _ in range(len(self._due)):
            at, job = self._due.popleft()
            if time.monotonic() < at:
                self._due.append((at, job))
            else:
                self._cancel(at, job)

    def finish(self) -> None:
        """Wait for the moment of each that is left, and for an answer."""
        while self._due:
            self.work_off()
            time.sleep(AGAIN)

    def _cancel(self, at: float, job: Job) -> None:
        uid = str(job["uid"])
        self._promises.cancels.setdefault(uid, NEVER_TOLD)
        try:
            word = self._world.ask("cancel_job", job_id=job["uid"])["state"]
        except Conflict:
            word = "ended"  # maybe by an earlier request whose answer was lost
        except Unavailable:
            if time.monotonic() < at + PATIENCE:
                self._due.append((at, job))
            return
        if word not in ("cancelled", "requested", "ended"):
            self._wrong(f"cancelling {uid} was answered {word}")
        self._promises.cancels[uid] = word
