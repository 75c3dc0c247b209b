"""The load: a producer that asks the service to accept jobs, and believes nothing else.

A job whose answer did not come is asked for again with the same uid, as any careful producer does,
until it is accepted; only then it is written into the ledger.
"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from chassis.errors import Failure, Unavailable
from tests.chaos import bonds
from tests.chaos.kinds import DYING
from tests.chaos.ledger import Ledger
from tests.chaos.promises import Promises
from tests.chaos.world import World

# Shares in percent of what is asked for.
MIX = {
    "chaos.noop": 48,
    "chaos.sleep": 15,
    "chaos.capped": 5,
    "chaos.stumble": 10,
    "chaos.fail": 2,
    "chaos.keyed": 5,
    "chaos.effect": 3,
    "chaos.unique": 4,
    "chaos.rated": 3,
}
TIED = {"needs": 2, "group": 1, "unwanted": 2}  # one of these is several jobs or questions
KEYS = {"chaos.keyed": 8, "chaos.unique": 3}  # how many there are
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
    stood_for: int = 0  # unique ones that another, live job stood for
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
        self.promises = Promises()
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
        chance = random.Random()
        jobs = [_job(kind, chance, **options) for kind in kinds]
        for job in jobs:
            self._have_accepted([job])
        return [str(job["uid"]) for job in jobs]

    def submit_unchecked(self, kind: str, **options: Any) -> None:
        """Ask for one job whose fate nobody checks; raises the failure of a refusal."""
        self._ask([{**_job(kind, random.Random()), **options}])

    def _drive(self, number: int) -> None:
        chance = random.Random(f"{self._seed} driver {number}")
        regrets = bonds.Regrets(self._world, self.promises, self._surprise)
        due = time.monotonic() + chance.random() * self._pause
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            number = self._one_step(chance, regrets)
            # Who could not ask for a while does not make up for it by a flood.
            due = max(due + self._pause * number, time.monotonic() - 1.0)
            regrets.work_off()
        regrets.finish()

    def _one_step(self, chance: random.Random, regrets: bonds.Regrets) -> int:
        """Ask for something of the mix; returns for how many jobs."""
        what = chance.choices([*MIX, *TIED], [*MIX.values(), *TIED.values()])[0]
        if what in TIED:
            return self._ask_tied(what, chance, regrets)
        if what == "chaos.unique" or chance.random() >= 0.05:
            jobs = [_job(what, chance)]
        else:
            plain = {kind: share for kind, share in MIX.items() if kind != "chaos.unique"}
            kinds = chance.choices(list(plain), list(plain.values()), k=BATCH)
            jobs = [_job(kind, chance) for kind in kinds]
        if self._have_accepted(jobs) and self.duplicating.is_set() and what != "chaos.unique":
            self._repeat(jobs, chance)
        return len(jobs)

    def _ask_tied(self, what: str, chance: random.Random, regrets: bonds.Regrets) -> int:
        match what:
            case "needs":
                jobs = bonds.dependent(chance)
                if all(self._have_accepted([job]) for job in jobs):
                    self.promises.needs[str(jobs[1]["uid"])] = str(jobs[0]["uid"])
                    if jobs[0]["kind"] in DYING:  # it would wait until somebody retried the dead
                        regrets.add(jobs[1])
            case "group":
                members, callback = bonds.group(chance)
                jobs = [*members, callback]
                if self._have_accepted(members, callback):
                    bonds.note_group(self.promises, members, callback)
            case _:
                jobs = [bonds.unwanted(chance)]
                if self._have_accepted(jobs):
                    regrets.add(jobs[0])
        return len(jobs)

    def _have_accepted(
        self, jobs: list[dict[str, Any]], callback: dict[str, Any] | None = None
    ) -> bool:
        """Ask until they are; with `callback` they are a group, whose callback is accepted too."""
        began = time.monotonic()
        while True:
            try:
                answers = self._ask(jobs, callback)
                break
            except Unavailable as away:
                self.tally.asked_again[away.code] += 1
                if self._stopping.wait(AGAIN) and time.monotonic() - began > DEADLINE * 2:
                    return False  # never accepted: nobody has been promised anything
            except Failure as failure:
                self._surprise(f"{failure} for {[job['kind'] for job in jobs]}")
                return False
        if answers == [None]:  # another job of its unique key stands for it
            with self._lock:
                self.tally.stood_for += 1
            return False
        jobs = [*jobs, callback] if callback else jobs
        self._ledger.note([bonds.accepted(job) for job in jobs])
        with self._lock:
            self.tally.accepted.update(job["kind"] for job in jobs)
            self.tally.slowest = max(self.tally.slowest, time.monotonic() - began)
        return True

    def _ask(
        self, jobs: list[dict[str, Any]], callback: dict[str, Any] | None = None
    ) -> list[bool | None]:
        """Have them accepted; returns which had been before, and None for one that is stood for."""
        if len(jobs) == 1 and callback is None:
            told = self._world.ask("enqueue", DEADLINE, **jobs[0])
            return [None if told["duplicate_of"] else told["repeated"]]
        group = {"group_id": callback["uid"], "callback": callback} if callback else None
        answer = self._world.ask("enqueue_many", DEADLINE, jobs=jobs, group=group)
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
    args = {"key": f"k{chance.randrange(KEYS[kind])}"} if kind in KEYS else {}
    return bonds.new_job(kind, chance, args=args, **options)
