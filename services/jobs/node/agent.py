"""The agent: claims jobs in batches, hands them to workers, and reports in batches how they ended.

One loop, one database connection; the heartbeat and the broker have threads of their own that only
leave word and ring the bell. Without the database running jobs go on and outcomes wait; without
the broker the node looks for work by itself.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from multiprocessing.connection import wait

from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.crew import Crew
from services.jobs.node.dispatch import Dispatch
from services.jobs.node.membership import Membership
from services.jobs.node.pace import Pace
from services.jobs.node.results import Results
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.store import Away, Claimed, Failed, Store
from services.jobs.node.waking import Bell, Lookout
from services.jobs.node.worker import Ended

DRAIN_SECONDS = 25.0
WATCH_SECONDS = 0.2  # how often running jobs are looked at
AGAIN_SECONDS = 0.25  # between attempts while the database is away


class Agent:
    """One node's loop, from joining to leaving. `on_joined` hears each session it opens."""

    def __init__(
        self,
        options: Options,
        settings: NodeSettings,
        kinds: Mapping[str, JobKind],
        on_joined: Callable[[int], None],
    ) -> None:
        self._store = Store(settings.database_url, f"node {options.name}")
        self._pace = Pace()
        self._crew = Crew(options, kinds)
        self._dispatch = Dispatch(self._crew, self._pace)
        self._results = Results()
        self._bell = Bell()
        self._lookout = Lookout(settings, self._bell)
        self._membership = Membership(
            options,
            settings.database_url,
            kinds,
            held=lambda: dict(self._dispatch.held),
            on_drop=self._drop_soon,
            on_loss=self._lost,
        )
        self._on_joined = on_joined
        self._to_drop: dict[int, int] = {}
        self._drain_until: float | None = None
        self._blind_until = 0.0  # no use asking the database before this moment

    def checks(self) -> dict[str, Callable[[], str | None]]:
        """What has to hold for the node to be ready."""
        return {
            "session": lambda: self._membership.problem,
            "broker": lambda: self._lookout.problem,
            "workers": lambda: self._crew.problem,
        }

    def run(self) -> None:
        """Work until told to drain, then leave."""
        self._lookout.wire.start()
        self._membership.start()
        while not self._has_drained():
            if self._membership.is_trusted:
                self._step()
            elif self._drain_until is None:
                self._begin()
            else:
                break
            self._wait()
        self._leave()

    def drain(self) -> None:
        """Claim no more, hand back what has not started, let the rest finish; twice: stop now."""
        hurry = self._drain_until is not None
        self._drain_until = time.monotonic() + (0.0 if hurry else DRAIN_SECONDS)
        self._bell.ring()

    def _begin(self) -> None:
        """Join, leaving behind whatever belonged to a session that was lost."""
        self._crew.dismiss()
        self._results.forget()
        self._dispatch.begin([])
        if time.monotonic() < self._blind_until:
            return
        try:
            self._on_joined(self._membership.join(self._store))
        except Away as away:
            self._database_away(away)
            return
        self._dispatch.begin(list(self._membership.kind_names))
        self._crew.serve(self._membership.kind_names)
        self._lookout.look_now()

    def _step(self) -> None:
        self._take_in(self._crew.collect())
        self._look_after_workers()
        if self._drain_until is None:
            self._dispatch.hand_out()
        if time.monotonic() < self._blind_until:
            return
        try:
            self._talk_to_database()
        except Away as away:
            self._database_away(away)
        measures.held.set(len(self._dispatch.held))

    def _talk_to_database(self) -> None:
        session, prefetched = self._membership.session, self._dispatch.prefetched
        # Outcomes wait for others of their batch, but not when nothing else is under way.
        if self._results.due_in() == 0.0 or len(self._results) == len(self._dispatch.held) > 0:
            self._dispatch.settled(self._results.flush(self._store, session))
        if self._drain_until is not None:
            self._store.drain(session)
            self._dispatch.hand_back(self._store, session, prefetched.take_all())
            return
        self._dispatch.hand_back(self._store, session, prefetched.take_stale())
        if self._lookout.due_in() == 0.0 and self._dispatch.has_room:
            number, more = self._dispatch.claim(self._store, session)
            if not more:
                self._lookout.looked(found=number > 0)

    def _take_in(self, ended: Iterable[Ended]) -> None:
        for job, outcome in ended:
            self._pace.learn(job.kind_id, outcome.seconds)
            if outcome.succeeded:
                self._results.succeed(job.id, job.run_no, outcome.text)
            else:
                self._fail(Failed(job.id, job.run_no, "failed", outcome.text or ""), job)
            self._lookout.look_soon()

    def _look_after_workers(self) -> None:
        to_drop, self._to_drop = self._to_drop, {}
        self._dispatch.drop(to_drop)
        for failed, job in self._crew.kill_overdue():
            self._fail(failed, job)
        for remains in self._crew.bury_dead():
            self._take_in(remains.told)
            if remains.failed:
                self._fail(*remains.failed)
            self._dispatch.prefetched.put_back(remains.spared)
        self._crew.fill()

    def _fail(self, failed: Failed, job: Claimed) -> None:
        self._results.fail(failed)
        self._lookout.look_soon()
        log.warning(
            "run failed",
            job=job.uid,
            kind=self._membership.kind_names.get(job.kind_id),
            attempt=job.attempt,
            outcome=failed.outcome,
            reason=failed.error.splitlines()[0],
        )

    def _wait(self) -> None:
        """Until a worker tells something or dies, the bell rings, or the next thing is due."""
        pauses = [WATCH_SECONDS]
        if (due := self._results.due_in()) is not None:
            pauses.append(due)
        if self._drain_until is None and self._dispatch.has_room:
            pauses.append(self._lookout.due_in())
        blind = self._blind_until - time.monotonic()
        pause = max(min(pauses), min(blind, WATCH_SECONDS), 0.0)
        bell = self._bell.fileno()
        workers = [each for worker in self._crew.workers for each in (worker.pipe, worker.death)]
        if bell in wait([bell, *workers], timeout=pause):
            self._bell.silence()

    def _has_drained(self) -> bool:
        if self._drain_until is None:
            return False
        return not self._dispatch.held or time.monotonic() >= self._drain_until

    def _leave(self) -> None:
        """What still runs is stopped; closing the session gives it to others at once."""
        self._membership.end()
        self._crew.dismiss()
        try:
            if self._membership.is_trusted:
                self._results.flush(self._store, self._membership.session)
                self._store.close_session(self._membership.session, "left")
        except Away as away:
            log.warning("left without a word; the lease will tell", reason=str(away))
        self._lookout.wire.stop()
        log.info("left", session=self._membership.session)

    def _database_away(self, away: Away) -> None:
        log.warning("database away", reason=str(away))
        self._blind_until = time.monotonic() + AGAIN_SECONDS

    def _drop_soon(self, runs: dict[int, int]) -> None:
        self._to_drop = runs
        self._bell.ring()

    def _lost(self) -> None:
        self._crew.kill()
        self._bell.ring()
