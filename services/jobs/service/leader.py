"""The leader: readies what is due, takes back what was lost, allocates, fires, asks, cleans up.

Every replica of the service runs one as a candidate. Each kind of work has a thread of its own, so
that a slow one (a hook that does not answer, a vacuum) delays no other.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
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
WATCH_SECONDS = 0.5
LOCKED_SECONDS = 0.05
GLANCE_AGE = 0.9  # of a tick's pause: as old may a glance be that another tick took
AT_LATEST_SECONDS = 5.0
IDLE_SECONDS = 2.0  # where there is nothing that a tick is for
IDLE_ALLOCATION_SECONDS = 1.0
MOST_PAUSE_SECONDS = 30.0  # after a failure, however seldom the tick
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Tick:
    """Work that is done every so many seconds while this process leads.

    It may return how long to wait instead. `calls` tells whether a glance at the cluster calls for
    it; what nothing calls for is done now and then all the same.
    """

    name: str
    seconds: float
    work: Callable[[], float | None]
    calls: Callable[[queries.Glance], bool] | None = None


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
        self._seen: queries.Glance | None = None
        self._seen_at = 0.0
        self._at_latest: dict[str, float] = {}  # when a tick is due though nothing calls for it

    def start(self) -> None:
        self._spawn("campaign", self._campaign)
        for tick in self.ticks():
            self._spawn(tick.name, self._tick, tick)

    def stop(self) -> None:
        """Resign, so that another candidate takes over at once."""
        self._stopping.set()
        self.leadership.resign()
        self.leadership.won.set()  # nobody shall go on waiting for an election
        for thread in self._threads:
            thread.join(STOP_SECONDS / len(self._threads))

    def ticks(self) -> tuple[Tick, ...]:
        return (
            Tick("watch", WATCH_SECONDS, self._watch, _is_watched_for),
            Tick("unblock", 1.0, self._unblock, lambda seen: seen.blocked or seen.ready),
            Tick("allocate", 0.5, self._allocate, lambda seen: seen.ready or seen.running),
            Tick("fire", 1.0, self._fire),
            Tick("hooks", self._settings.hook_seconds, self._hooks.begin),
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

    def _tick(self, tick: Tick) -> None:
        while not self._stopping.is_set():
            self.leadership.won.wait()
            pause = self._done(tick)
            self._stopping.wait(pause)

    def _done(self, tick: Tick) -> float:
        """Do the work once; returns the seconds until the next time."""
        if self._stopping.is_set() or not self.leadership.is_trusted:
            return STAND_SECONDS
        try:
            pause = tick.work() if self._is_called_for(tick) else None
        except NotLeading:
            measures.ticks.labels(tick.name, "not leading").inc()
            return STAND_SECONDS
        except Exception as error:  # noqa: BLE001 - a tick that fails must not end the ticking
            measures.ticks.labels(tick.name, "failed").inc()
            log.error("housekeeping failed", tick=tick.name, exc_info=error)
            return max(1.0, min(tick.seconds, MOST_PAUSE_SECONDS))
        measures.ticks.labels(tick.name, "done").inc()
        return tick.seconds if pause is None else pause

    def _is_called_for(self, tick: Tick) -> bool:
        """Most rounds of an idle cluster would find nothing, and each is a write to the disk."""
        now = time.monotonic()
        if tick.calls and now < self._at_latest.get(tick.name, 0.0):
            if now >= self._seen_at + GLANCE_AGE * tick.seconds or self._seen is None:
                self._seen, self._seen_at = self._database.read(queries.glance), now
            if not tick.calls(self._seen):
                return False
        self._at_latest[tick.name] = now + AT_LATEST_SECONDS
        return True

    def _watch(self) -> float:
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
        return WATCH_SECONDS if due_in is None else min(WATCH_SECONDS, max(soonest, due_in))

    def _unblock(self) -> float | None:
        kinds = self.leadership.run(commands.free_waiting)
        if not kinds:
            return None
        self._bell.ring(kinds)
        return WATCH_SECONDS

    def _allocate(self) -> float | None:
        turn = int(time.monotonic() / TURN_SECONDS)
        made = self.leadership.run(commands.allocate_slots, turn=turn)
        if made.epoch is not None:
            measures.epoch.set(made.epoch)
            self._bell.tell_change()
        return None if made.is_busy or made.epoch is not None else IDLE_ALLOCATION_SECONDS

    def _fire(self) -> float | None:
        fired = self.leadership.run(commands.fire_due_schedules, now=clock.now())
        if fired.number:
            measures.fired.inc(fired.number)
            self._bell.ring(fired.kinds)
        return None if fired.has_schedules else IDLE_SECONDS

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
    is_due = seen.due_in is not None and seen.due_in < 2 * WATCH_SECONDS
    return is_due or seen.lost or seen.running


def _watched(session: Session) -> tuple[list[str], commands.Rescued, float | None]:
    found, kinds = commands.rescue(session), commands.ready_due_jobs(session)
    return kinds, found, commands.next_due_in(session)
