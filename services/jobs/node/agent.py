"""The agent: claims jobs in batches, hands them to workers, and reports in batches how they ended.

One loop claims and hands out. Three threads beside it only leave word and ring the bell: the
heartbeat, which brings orders, the writer of outcomes, and the broker's reader. Without the
database running jobs go on and outcomes wait; without the broker the node looks for work by itself.
"""

import math
import select
import time
from collections.abc import Callable, Iterable, Mapping

from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs.node import measures
from services.jobs.node.crew import Crew
from services.jobs.node.dispatch import Dispatch
from services.jobs.node.hopes import ECHO, Hopes
from services.jobs.node.limits import Limits
from services.jobs.node.membership import Membership
from services.jobs.node.pace import Pace
from services.jobs.node.results import Results
from services.jobs.node.runs import SUCCEEDED, UNSTARTED, Claimed, Failed
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.stops import Stops
from services.jobs.node.store import Away, Orders, Refused, Store
from services.jobs.node.tally import Tally
from services.jobs.node.waking import Bell, Lookout
from services.jobs.node.watch import Watch
from services.jobs.node.worker import Ended
from services.jobs.node.writer import Writer

DRAIN_SECONDS = 25.0
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
        def store(purpose: str) -> Store:
            return Store(settings.database_url, f"node {options.name}{purpose}")

        self._limits = Limits(kinds)
        self._store = store("")
        self._bell = Bell()
        self._hopes = Hopes()
        self._pace = Pace()
        self._tally = Tally()
        self._crew = Crew(options)
        self._dispatch = Dispatch(self._crew, self._pace, self._hopes)
        self._watch = Watch(self._crew, options.memory)
        self._stops = Stops(self._crew, self._dispatch)
        self._results = Results()
        self._writer = Writer(self._results, store(" writer"), self._bell)
        self._membership = Membership(
            options,
            store(" heartbeat"),
            kinds,
            tally=self._tally,
            held=self._held,
            on_orders=self._told,
            on_loss=self._lost,
        )
        self._lookout = Lookout(settings, self._bell, self._hopes.hear, self._membership.renew_now)
        self._on_joined = on_joined
        self._seen: set[int] = set()  # descriptors with something to read
        self._orders: tuple[Orders, dict[int, int]] | None = None
        self._drain_until: float | None = None
        self._is_draining = False  # and the database knows
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
        self._writer.start()
        self._crew.eyes.register(self._bell.fileno(), select.POLLIN)
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
        self._results.forget(0)
        self._dispatch.begin()
        self._stops.begin()
        self._orders = None
        if time.monotonic() < self._blind_until:
            return
        try:
            session = self._membership.join(self._store)
        except (Away, Refused) as failure:
            self._database_away(failure)
            return
        self._on_joined(session)
        self._results.forget(session)
        names = self._membership.kind_names
        self._set_limits({})
        self._hopes.begin(names)
        self._crew.serve(names)

    def _step(self) -> None:
        """Whatever is to do now. What is nearest to a waiting job comes first."""
        self._hear()
        self._take_in(self._crew.collect(self._seen))
        if settled := self._dispatch.settled(self._results.take_settled()):
            # What ended may let others begin: at once where the kind says so, else perhaps.
            self._hopes.look_in(0.0 if any(map(self._held_others_up, settled)) else ECHO)
        self._look_for_work()
        self._look_after_workers()
        measures.held.set(len(self._dispatch.held))

    def _hear(self) -> None:
        for names in self._lookout.ready():
            self._hopes.hope_for(names)
        orders, self._orders = self._orders, None
        if orders:
            self._obey(*orders)

    def _obey(self, orders: Orders, held: Mapping[int, int]) -> None:
        """The cluster wants something: `held` is what the node held when it was asked."""
        self._stops.drop({each: held[each] for each in orders.drop_ids if each in held})
        self._stops.cancel({each: held[each] for each in orders.cancel_ids if each in held})
        self._crew.wanted = orders.slots
        self._dispatch.is_paused = orders.paused
        self._dispatch.guarantee(orders.allocation)
        self._set_limits(orders.limits)

    def _set_limits(self, limits: Mapping[int, Mapping[str, int | None]]) -> None:
        self._limits.settle(self._membership.kind_names, limits)
        self._watch.timeouts = self._limits.timeouts
        self._pace.limit(self._limits.queue_sizes)

    def _look_for_work(self) -> None:
        """Claim and hand out; an agent that drains hands back instead."""
        prefetched = self._dispatch.prefetched
        if self._drain_until is None:
            self._dispatch.hand_out()
        if time.monotonic() < self._blind_until:
            return
        session = self._membership.session
        try:
            if self._drain_until is not None:
                if not self._is_draining:
                    self._store.drain(session)
                    self._is_draining = True
                self._dispatch.hand_back(self._store, session, prefetched.take_all())
                return
            self._dispatch.claim(self._store, session)
            self._dispatch.hand_back(self._store, session, prefetched.take_stale())
        except (Away, Refused) as failure:
            self._database_away(failure)

    def _take_in(self, ended: Iterable[Ended]) -> None:
        """Outcomes go to the writer, after what the handlers said before."""
        for words in self._crew.said():
            self._results.say(words)
        for job, outcome in ended:
            if outcome.verdict == UNSTARTED:
                self._dispatch.prefetched.put_back([job])
                continue
            succeeded = outcome.verdict == SUCCEEDED
            self._pace.learn(job.kind_id, outcome.seconds)
            self._tally.count(
                job.kind_id, succeeded=succeeded, seconds=outcome.seconds, waited=job.waited
            )
            if succeeded:
                self._results.succeed(job.id, job.run_no, outcome.text)
            else:
                self._fail(Failed(job.id, job.run_no, "failed", outcome.text or ""), job)
        if self._results.due_in() is not None:
            if not self._dispatch.expects_ends:
                self._results.hurry()
            self._writer.look()

    def _held_others_up(self, job: Claimed) -> bool:
        return job.group_id is not None or job.kind_id in self._limits.narrow

    def _look_after_workers(self) -> None:
        put_back = self._dispatch.prefetched.put_back
        put_back(self._watch.recalled())
        for failed, job in [*self._stops.obey(), *self._watch.look()]:
            self._fail(failed, job)
        for remains in self._crew.bury_dead(self._seen):
            self._take_in(remains.told)
            for failed, job in remains.failed:
                self._fail(failed, job)
            put_back(remains.spared)
        if self._drain_until is None:
            self._crew.fill()
        else:
            for worker in self._crew.workers:
                worker.ask_back()

    def _fail(self, failed: Failed, job: Claimed) -> None:
        self._results.fail(failed)
        self._results.hurry()
        self._writer.look()
        log.warning(
            "run failed",
            job=job.uid,
            kind=self._membership.kind_names.get(job.kind_id),
            attempt=job.attempt,
            outcome=failed.outcome,
            reason=failed.error.partition("\n")[0],
        )

    def _wait(self) -> None:
        """Until a worker tells something or dies, the bell rings, or the next thing is due."""
        pauses = [self._hopes.due_in()]
        if (watch := self._watch.due_in()) is not None:
            pauses.append(watch)
        blind = self._blind_until - time.monotonic()
        if blind > 0 or not self._membership.is_trusted:
            pauses = [max(blind, 0.05)]
        elif self._drain_until is not None:
            pauses = [0.05]
        elif self._dispatch.has_reason_to_claim:
            pauses = [0.0]
        self._seen = {each for each, _ in self._crew.eyes.poll(math.ceil(min(pauses) * 1000))}
        if self._bell.fileno() in self._seen:
            self._bell.silence()

    def _has_drained(self) -> bool:
        if self._drain_until is None:
            return False
        return not self._dispatch.held or time.monotonic() >= self._drain_until

    def _leave(self) -> None:
        """What still runs is stopped; closing the session gives it to others at once."""
        self._membership.end()
        self._crew.dismiss()
        self._writer.stop(AGAIN_SECONDS * 8)
        try:
            if self._membership.is_trusted:
                self._store.close_session(self._membership.session, "left")
        except Away as away:
            log.warning("left without a word; the lease will tell", reason=str(away))
        self._lookout.wire.stop()
        log.info("left", session=self._membership.session)

    def _database_away(self, failure: Exception) -> None:
        log.warning("database away", reason=str(failure))
        self._blind_until = time.monotonic() + AGAIN_SECONDS

    def _held(self) -> dict[int, int]:
        """Run numbers by job id, for the heartbeat's thread: a copy that cannot change under it."""
        return {job.id: job.run_no for job in list(self._dispatch.held.values())}

    def _told(self, orders: Orders, held: dict[int, int]) -> None:
        self._orders = (orders, held)
        self._bell.ring()

    def _lost(self) -> None:
        self._crew.kill("the node lost its session")
        self._bell.ring()
