"""One run: start the world, load it, break it on schedule, let it drain, judge it."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import psycopg2
import requests

from chassis.errors import Failure
from chassis.ids import new_id
from console.servers import ServerFailure
from tests.chaos import schedule
from tests.chaos.checks.history import History, Violation, Window
from tests.chaos.checks.reading import read_history
from tests.chaos.checks.remains import left_behind
from tests.chaos.checks.rules import judge
from tests.chaos.checks.sampling import Sampler, Seen
from tests.chaos.driver import Driver, Tally
from tests.chaos.ledger import Ledger
from tests.chaos.logs import claim_times, stale_completions
from tests.chaos.nodes import Nodes
from tests.chaos.scene import EVERY_MINUTE, Fault, Scene, Skipped
from tests.chaos.watching import Recovery, Watcher
from tests.chaos.world import World
from tests.processes import until

NODES = ("ada", "ben", "cleo")
DRAIN_SECONDS = 90.0
WARM_SECONDS = 3.0  # of load before the first fault

# What goes wrong when a fault cannot be done or undone as it should.
BROKEN = (AssertionError, Failure, ServerFailure, psycopg2.Error, requests.RequestException)

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is asked for. `rate` in jobs a second; `allowance` in seconds for a loaded machine."""

    seconds: float
    seed: int
    rate: float
    allowance: float
    only: tuple[str, ...] = ()


@dataclass
class Outcome:
    """Everything a report needs."""

    plan: Plan
    history: History
    violations: list[Violation]
    recoveries: list[Recovery]
    tally: Tally
    seen: Seen
    scene: Scene
    claims: list[float]  # milliseconds
    stale: int


class Run:
    """The parts of one run, in the order in which they start."""

    def __init__(self, plan: Plan, world: World, say: Say) -> None:
        self.plan, self.world, self.say = plan, world, say
        self.nodes = Nodes(world)
        self.ledger = Ledger(world.folder)
        self.driver = Driver(world, self.ledger, rate=plan.rate, seed=plan.seed)
        self.watcher = Watcher(plan.allowance)
        self.sampler = Sampler(plan.allowance)

    def go(self) -> Outcome:
        """The whole run; raises AssertionError where the world cannot even be started."""
        self._start()
        began = time.monotonic()
        self.driver.start()
        try:
            time.sleep(WARM_SECONDS)
            self._break_things(began + self.plan.seconds)
            left = began + self.plan.seconds - time.monotonic()
            time.sleep(max(0.0, left))
            with suppress(AssertionError):
                until(lambda: self.watcher.is_quiet, 30.0, "nodes that came back have work to show")
        finally:
            self.driver.stop()
        return self._settle()

    def end(self) -> None:
        """Nothing of the run is left behind, whatever happened."""
        for part in (self.driver, self.watcher, self.sampler):
            part.stop()
        self.nodes.stop()
        self.world.stop()
        self.ledger.close()

    def _start(self) -> None:
        self.world.start()
        for name in NODES:
            self.nodes.add(name)
        for node in self.nodes.present:
            node.wait_until_ready()
        self.scene = Scene(
            world=self.world,
            nodes=self.nodes,
            driver=self.driver,
            watcher=self.watcher,
            random=random.Random(f"{self.plan.seed} faults"),
            is_long=schedule.is_long(self.plan.seconds),
            offset=self.world.clock_offset(),
        )
        self._save_schedule()
        self.watcher.start()
        self.sampler.start(self.scene)
        self.say("the world has started; the load begins")

    def _save_schedule(self) -> None:
        try:
            self.world.ask(
                "save_schedule",
                schedule_id=new_id(),
                name=EVERY_MINUTE,
                kind="chaos.scheduled",
                cron="* * * * *",
                time_zone="UTC",
                missed="all",
                args={},
            )
        except Failure as failure:
            self.scene.accuse("I11", f"no schedule can be saved: {failure}")

    def _break_things(self, until_then: float) -> None:
        for pause, kind in self._planned():
            if time.monotonic() + pause >= until_then:
                return
            time.sleep(pause)
            self._break(kind(self.scene))

    def _planned(self) -> Iterator[tuple[float, type[Fault]]]:
        return schedule.planned(self.plan.seconds, self.scene.random, self.plan.only)

    def _break(self, fault: Fault) -> None:
        """Do one fault, hold it, undo it; a fault that cannot be done is skipped aloud."""
        began, clock = self.scene.now(), time.monotonic()
        self.say(f"{fault.name}: {fault.expects}")
        self.scene.is_breaking = True
        try:
            fault.do()
            self._hold(fault)
        except Skipped as reason:
            self.scene.is_breaking = False
            self.scene.skipped[fault.name] = str(reason)
            self.say(f"  skipped: {reason}")
            return
        except BROKEN as error:
            self.scene.accuse("fault", f"{fault.name}: {error}")
        try:
            fault.undo()
        except BROKEN as error:
            self.scene.accuse("fault", f"{fault.name} could not be undone: {error}")
        self.scene.is_breaking = False
        self.scene.windows.append(Window(fault.name, began, self.scene.now()))
        self.watcher.disturbed(fault.name, time.monotonic() - clock)

    def _hold(self, fault: Fault) -> None:
        seconds = fault.hold[1] if self.scene.is_long else fault.hold[0]
        until_then = time.monotonic() + seconds
        while (left := until_then - time.monotonic()) > 0:
            fault.step()
            time.sleep(min(left, 0.2))

    def _settle(self) -> Outcome:
        """Let everything end, let everybody leave, and look at what there is."""
        self.say("the load has ended; what waits is finished")
        self._calm_down()
        with suppress(AssertionError):
            until(self._is_drained, DRAIN_SECONDS, "everything is drained")
        with suppress(AssertionError):
            until(lambda: self.watcher.is_quiet, 40.0, "the last recovery")
        self.watcher.stop()
        self.sampler.stop()
        self._leave()
        history = self._history()
        violations = [*self.scene.violations, *judge(history), *left_behind(self.world)]
        violations += [Violation("driver", "", what) for what in self.driver.tally.surprises]
        return Outcome(
            plan=self.plan,
            history=history,
            violations=violations,
            recoveries=self.watcher.recoveries,
            tally=self.driver.tally,
            seen=self.sampler.seen,
            scene=self.scene,
            claims=claim_times(self.world.postgres.log),
            stale=stale_completions(self.world.folder),
        )

    def _calm_down(self) -> None:
        """Everybody who should be there is."""
        for name in NODES:
            if not self.nodes.all[name].process.is_alive:
                self.nodes.all[name].launch()

    def _is_drained(self) -> bool:
        return not self.world.rows(
            "SELECT 1 FROM live JOIN kind k USING (kind_id) WHERE k.name LIKE 'chaos.%' LIMIT 1"
        )

    def _leave(self) -> None:
        present = self.nodes.present
        for node in present:
            status = node.leave()
            if status != 0:
                self.scene.accuse("I10", f"{node.name} left with status {status}")

    def _history(self) -> History:
        return read_history(
            self.world,
            self.ledger.read(),
            self.scene.windows,
            folder=self.world.folder,
            offset=self.scene.offset,
            schedule=EVERY_MINUTE,
            promises=self.driver.promises,
        )
