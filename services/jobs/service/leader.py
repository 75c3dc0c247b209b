"""The leader: readies what is due, takes back what was lost, allocates, fires, asks, cleans up.

Every replica of the service runs one as a candidate. Each kind of work has a thread of its own, so
that a slow one (a hook that does not answer, a vacuum) delays no other.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.database import Database
from chassis.logs import log
from services.jobs import commands, queries
from services.jobs.adapters import NodeBell
from services.jobs.service import measures
from services.jobs.service.hooks import Ask, HookRounds
from services.jobs.service.leadership import (
    RENEW_SECONDS,
    STAND_SECONDS,
    Leadership,
    NotLeading,
)
from services.jobs.settings import Settings

TURN_SECONDS = 2.0  # where kinds take turns
GLANCE_SECONDS = 0.5
AGAIN_SECONDS = 0.5  # where a round found something, for there may be more
SOON_SECONDS = 1.0  # jobs due within it are waited for
LOCKED_SECONDS = 0.05
SELDOM_SECONDS = 10.0  # between rounds that nothing calls for
MOST_PAUSE_SECONDS = 30.0  # after a failure, however seldom the tick
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Tick:
    """Work that is done every so many seconds while this process leads.

    It may return how long to wait instead. `calls` tells whether a glance at the cluster calls for
    it: a round of an idle cluster would find nothing, and each is a write to the disk. What nothing
    calls for is done after `seldom` seconds all the same.
    """

    name: str
    seconds: float
    work: Callable[[], float | None]
    calls: Callable[[queries.Glance], bool] | None = None
    seldom: float = SELDOM_SECONDS
    called: threading.Event = field(default_factory=threading.Event)


class Leader:
    """A candidate with its threads. `ask` is the bus client's call, in the service's own name."""

    def __init__(
        self, *, database: Database, bell: NodeBell, ask: Ask, settings: Settings, holder: str
    ) -> None:
        self._database = database
        self._bell = bell
        self._settings = settings
        self.leadership = Leadership(database, holder)
        self._hooks = HookRounds(self.leadership, bell, ask, settings)
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self.ticks = self._made_ticks()

    def start(self) -> None:
        self._spawn("campaign", self._campaign)
        self._spawn("lookout", self._look_out)
        for tick in self.ticks:
            self._spawn(tick.name, self._tick, tick)

    def stop(self) -> None:
        """Resign, so that another candidate takes over at once."""
        self._stopping.set()
        self.leadership.resign()
        self.leadership.won.set()  # nobody shall go on waiting for an election or a call
        for tick in self.ticks:
            tick.called.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS / len(self._threads))

    def _made_ticks(self) -> tuple[Tick, ...]:
        return (
            Tick("watch", 0.0, self._watch, _is_watched_for),
            Tick("unblock", 1.0, self._unblock, lambda seen: seen.blocked or seen.ready),
            # Slots of a node that joined an idle cluster: nothing else calls for them.
            Tick("allocate", 0.5, self._allocate, lambda seen: seen.ready or seen.running, 5.0),
            Tick("fire", 1.0, self._fire, lambda seen: seen.fires),
            Tick("hooks", self._settings.hook_seconds, self._ask, lambda seen: seen.asks),
            Tick("sonar", 2.0, self._ping),
            Tick("deaths", 1.0, self._announce, lambda seen: seen.died),
            Tick("vacuum", 60.0, self._vacuum),
            Tick("history", 3600.0, self._keep_history),
            Tick("snapshot", 10.0, self._measure),
        )

    def _spawn(self, name: str, target: Callable[..., None], *args: Any) -> None:
        thread = threading.Thread(target=target, args=args, name=f"house {name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _campaign(self) -> None:
        while not self._stopping.is_set():
            try:
                self.leadership.stand()
            except Exception as error:  # noqa: BLE001 - a candidate stands again whatever happens
                log.warning("not elected", reason=str(error).splitlines()[0])
            leads = self.leadership.is_trusted
            self._stopping.wait(RENEW_SECONDS if leads else STAND_SECONDS)

    def _look_out(self) -> None:
        """Glance at the cluster, and call those that have something to do."""
        while not self._stopping.is_set():
            self.leadership.won.wait()
            if self.leadership.is_trusted:
                try:
                    seen = self._database.look(queries.glance, clock.now())
                except Exception as error:  # noqa: BLE001 - the ticks say what is wrong
                    log.debug("no glance", reason=str(error))
                else:
                    self._call(seen)
            self._stopping.wait(GLANCE_SECONDS)

    def _call(self, seen: queries.Glance) -> None:
        for tick in self.ticks:
            if tick.calls and tick.calls(seen):
                tick.called.set()

    def _tick(self, tick: Tick) -> None:
        while not self._stopping.is_set():
            self.leadership.won.wait()
            tick.called.clear()
            pause = self._done(tick)
            self._stopping.wait(tick.seconds if pause is None else pause)
            if tick.calls and pause is None:
                tick.called.wait(tick.seldom)

    def _done(self, tick: Tick) -> float | None:
        """Do the work once; returns the seconds until the next time, None for the tick's own."""
        if self._stopping.is_set() or not self.leadership.is_trusted:
            return STAND_SECONDS
        try:
            pause = tick.work()
        except NotLeading:
            measures.ticks.labels(tick.name, "not leading").inc()
            return STAND_SECONDS
        except Exception as error:  # noqa: BLE001 - a tick that fails must not end the ticking
            measures.ticks.labels(tick.name, "failed").inc()
            log.error("housekeeping failed", tick=tick.name, exc_info=error)
            return max(1.0, min(tick.seconds, MOST_PAUSE_SECONDS))
        measures.ticks.labels(tick.name, "done").inc()
        return pause

    def _watch(self) -> float | None:
        """Take back what was lost and ready what is due; look again when the next job is."""
        kinds, found, due_in = self.leadership.run(_watched)
        if found.nodes or found.jobs:
            log.error("jobs taken back", nodes=found.nodes, jobs=found.jobs)
            measures.nodes_lost.inc(len(found.nodes))
            measures.rescued.inc(found.jobs)
            self._bell.ring(())
        elif kinds:
            self._bell.ring(kinds)
        # What is due and was not readied is locked by somebody; looking on and on frees nothing.
        soonest = 0.0 if kinds else LOCKED_SECONDS
        return None if due_in is None or due_in > SOON_SECONDS else max(soonest, due_in)

    def _unblock(self) -> float | None:
        kinds = self.leadership.run(commands.free_waiting)
        if not kinds:
            return None
        self._bell.ring(kinds)
        return AGAIN_SECONDS

    def _allocate(self) -> float | None:
        turn = int(time.monotonic() / TURN_SECONDS)
        epoch = self.leadership.run(commands.allocate_slots, turn=turn)
        if epoch is None:
            return None
        measures.epoch.set(epoch)
        self._bell.tell_change()
        return AGAIN_SECONDS

    def _fire(self) -> None:
        fired = self.leadership.run(commands.fire_due_schedules, now=clock.now())
        if fired.number:
            measures.fired.inc(fired.number)
            self._bell.ring(fired.kinds)

    def _ask(self) -> None:
        self._hooks.begin()

    def _ping(self) -> None:
        self._bell.ping()

    def _announce(self) -> float | None:
        announced = self.leadership.run(commands.announce_deaths)
        return 0.0 if announced == commands.ANNOUNCE_AT_ONCE else None

    def _keep_history(self) -> None:
        days = {"now": datetime.now(UTC), "history_days": self._settings.history_days}
        self.leadership.run(commands.keep_history, **days)
        while self.leadership.run(commands.prune_receipts, **days):
            pass

    def _vacuum(self) -> None:
        for table in self.leadership.run(queries.tables_to_vacuum):
            log.info("vacuuming", table=table)
            commands.vacuum(self._database.engine, table)

    def _measure(self) -> None:
        kinds, nodes = (
            self._database.read(queries.kind_lines),
            self._database.read(queries.node_lines),
        )
        measures.show(kinds, nodes)


def _is_watched_for(seen: queries.Glance) -> bool:
    """A job that runs may be overdue; one that is due before the next look is waited for."""
    is_due = seen.due_in is not None and seen.due_in < SOON_SECONDS
    return is_due or seen.lost or seen.running


def _watched(session: Session) -> tuple[list[str], commands.Rescued, float | None]:
    found, kinds = commands.rescue(session), commands.ready_due_jobs(session)
    return kinds, found, commands.next_due_in(session)
