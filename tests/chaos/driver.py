"""The load: a producer that asks the service to accept jobs, and believes nothing else.

A job whose answer did not come is asked for again with the same uid, as any careful producer does,
until it is accepted; only then it is written into the ledger.
"""

import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import Failure, Unavailable
from tests.chaos.ledger import Accepted, Ledger
from tests.chaos.world import World

# Shares in percent of what is asked for.
MIX = {
    "chaos.noop": 60,
    "chaos.sleep": 15,
    "chaos.capped": 5,
    "chaos.stumble": 10,
    "chaos.fail": 2,
    "chaos.keyed": 5,
    "chaos.effect": 3,
}
KEYS = 8
THREADS = 6
BATCH = 10  # jobs asked for together by those who have many
DEADLINE = 5.0
AGAIN = 0.2  # seconds before asking again
REPEATS = 3  # how often everything is sent while duplicates are wanted


@dataclass
class Tally:
    """What the producer has seen."""

    accepted: Counter[str] = field(default_factory=Counter)
    asked_again: Counter[str] = field(default_factory=Counter)  # by what was away
    repeats: int = 0
    slowest: float = 0.0  # seconds from first asking to acceptance
    surprises: list[str] = field(default_factory=list)


class Driver:
    """Asks for `rate` jobs a second from several threads until stopped."""

    def __init__(self, world: World, ledger: Ledger, *, rate: float, seed: int) -> None:
        self._world, self._ledger = world, ledger
        self._seed = seed
        self._pause = THREADS / rate
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.duplicating = threading.Event()
        self.tally = Tally()
        self._threads = [
            threading.Thread(target=self._drive, args=[number], name=f"driver {number}")
            for number in range(THREADS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Returns when every thread has its last answer, or has given up on one."""
        self._stopping.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(DEADLINE * 4)

    def submit(self, *kinds: str, **options: Any) -> list[str]:
        """Ask for one job of each kind now, from any thread; returns their uids once accepted."""
        chance = random.Random(uuid.uuid4().int)
        jobs = [_job(kind, chance, **options) for kind in kinds]
        for job in jobs:
            self._have_accepted([job])
        return [str(job["uid"]) for job in jobs]

    def submit_unchecked(self, kind: str, **options: Any) -> None:
        """Ask for one job whose fate nobody checks; raises the failure of a refusal."""
        self._ask([{**_job(kind, random.Random(uuid.uuid4().int)), **options}])

    def _drive(self, number: int) -> None:
        chance = random.Random(f"{self._seed} driver {number}")
        due = time.monotonic() + chance.random() * self._pause
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            size = BATCH if chance.random() < 0.05 else 1
            kinds = chance.choices(list(MIX), list(MIX.values()), k=size)
            # Who could not ask for a while does not make up for it by a flood.
            due = max(due + self._pause * size, time.monotonic() - 1.0)
            jobs = [_job(kind, chance) for kind in kinds]
            if self._have_accepted(jobs) and self.duplicating.is_set():
                self._repeat(jobs, chance)

    def _have_accepted(self, jobs: list[dict[str, Any]]) -> bool:
        began = time.monotonic()
        while True:
            try:
                self._ask(jobs)
                break
            except Unavailable as away:
                self.tally.asked_again[away.code] += 1
                if self._stopping.wait(AGAIN) and time.monotonic() - began > DEADLINE * 2:
                    return False  # never accepted: nobody has been promised anything
            except Failure as failure:
                self._surprise(f"{failure} for {[job['kind'] for job in jobs]}")
                return False
        self._ledger.note([_accepted(job) for job in jobs])
        with self._lock:
            self.tally.accepted.update(job["kind"] for job in jobs)
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
        return True

    def _ask(self, jobs: list[dict[str, Any]]) -> list[bool]:
        """Have them accepted; returns which had been accepted before."""
        if len(jobs) == 1:
            return [self._world.ask("enqueue", DEADLINE, **jobs[0])["repeated"]]
        answer = self._world.ask("enqueue_many", DEADLINE, jobs=jobs)
        verdicts = [item["verdict"] for item in answer["items"]]
        if strange := set(verdicts) - {"accepted", "repeated"}:
            self._surprise(f"enqueue_many answered {strange}")
        return [verdict == "repeated" for verdict in verdicts]

    def _repeat(self, jobs: list[dict[str, Any]], chance: random.Random) -> None:
        """The same again, in another order: each must be answered as known."""
        again = [job for job in jobs for _ in range(REPEATS - 1)]
        chance.shuffle(again)
        for job in again:
            try:
                known = self._ask([job])
            except Unavailable:
                continue
            with self._lock:
                self.tally.repeats += 1
            if not all(known):
                self._surprise(f"a repeat of {job['uid']} was accepted as new")

    def _surprise(self, what: str) -> None:
        with self._lock:
            self.tally.surprises.append(what)


def _job(kind: str, chance: random.Random, **options: Any) -> dict[str, Any]:
    uid = uuid.UUID(int=chance.getrandbits(128), version=4)
    args = {"key": f"k{chance.randrange(KEYS)}"} if kind == "chaos.keyed" else {}
    return {"uid": uid, "kind": kind, "args": args, **options}


def _accepted(job: dict[str, Any]) -> Accepted:
    return Accepted(str(job["uid"]), job["kind"], job["args"].get("key", ""), time.time())
