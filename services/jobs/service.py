"""The bus side of the jobs service."""

from datetime import UTC, datetime, timedelta
from typing import Any

import eventlet
from nameko.extensions import DependencyProvider
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import Message, Service, command, every, handles, query
from chassis.context import Caller
from chassis.errors import Denied, Unavailable
from chassis.jobkinds import JobKind
from chassis.logs import log
from services.jobs import commands, queries, schemas
from services.jobs.adapters import NodeBell
from services.jobs.node.kinds import load_kinds

AGAIN_SECONDS = 2


class Bell(DependencyProvider):  # type: ignore[misc]  # nameko is untyped
    """Gives each worker the process' one bell."""

    def setup(self) -> None:
        self._bell = NodeBell(self.container.config["runtime"].settings.broker_url)

    def start(self) -> None:
        self._bell.start()

    def stop(self) -> None:
        self._bell.stop()

    def get_dependency(self, worker_ctx: Any) -> NodeBell:
        return self._bell


class Opening(DependencyProvider):  # type: ignore[misc]
    """What has to be in the database before work: this build's kinds, and room for history.

    A wrong kind stops the process here, with file, kind and field.
    """

    def setup(self) -> None:
        self._kinds: list[JobKind] = list(load_kinds().values())

    def start(self) -> None:
        self.container.spawn_managed_thread(self._open, identifier="opening")

    def _open(self) -> None:
        runtime = self.container.config["runtime"]
        while True:
            try:
                runtime.database.transact(self._write, runtime.settings.history_days)
                return
            except (SQLAlchemyError, Unavailable) as error:
                log.warning("kinds not declared yet", reason=str(error).splitlines()[0])
                eventlet.sleep(AGAIN_SECONDS)

    def _write(self, session: Session, history_days: int) -> None:
        commands.declare_kinds(session, [kind.as_json() for kind in self._kinds])
        commands.keep_history(session, now=datetime.now(UTC), history_days=history_days)


class JobsService(Service):
    """Work done offline: accepted once, run at least once, by nodes that come and go."""

    name = "jobs"
    bell = Bell()
    opening = Opening()

    @command(schemas.Enqueue, schemas.Enqueued)
    def enqueue(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        if not _is_insider(caller):
            raise Denied("enqueue_denied", "Only operators and services enqueue jobs.")
        accepted = commands.enqueue(session, caller=caller, **request)
        self.bell.ring_after(session, [request["kind"]])
        return {
            "uid": request["uid"],
            "repeated": accepted.is_repeated,
            "duplicate_of": accepted.duplicate_of,
        }

    @handles("*.job_requested", schemas.JobRequested)
    def on_job_requested(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.enqueue(session, caller=message.caller(self.name), **event)
        self.bell.ring_after(session, [event["kind"]])

    @query(schemas.WhichJob, schemas.JobView)
    def job(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.job(
            session, account_id=caller.account_id, is_insider=_is_insider(caller), **request
        )

    @query(schemas.ListJobs, schemas.JobPage, roles={"operator"})
    def jobs(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.jobs(session, **request)

    @query(schemas.Nothing, schemas.Overview, roles={"operator"})
    def overview(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.overview(session)

    @command(schemas.RetryJob, roles={"operator"})
    def retry_job(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        self.bell.ring_after(session, [commands.retry_job(session, **request)])

    @query(schemas.Nothing, schemas.ClockView)
    def clock(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return {"now": clock.now(), "offset_seconds": clock.offset() // timedelta(seconds=1)}

    @command(schemas.AdvanceClock, schemas.ClockView, roles={"operator"})
    def advance_clock(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        offset = commands.advance_clock(session, is_sandbox=self.settings.is_sandbox, **request)
        return {
            "now": datetime.now(UTC) + timedelta(seconds=offset),
            "offset_seconds": offset,
        }

    @every(0.5)
    def keep_house(self) -> None:
        if ready := self.db.transact(commands.ready_due_jobs):
            self.bell.ring(ready)
        rescued = self.db.transact(commands.rescue)
        if rescued.nodes or rescued.jobs:
            log.error("jobs taken back", nodes=rescued.nodes, jobs=rescued.jobs)
            self.bell.ring(())

    @every(1)
    def announce_deaths(self) -> None:
        self.db.transact(commands.announce_deaths)

    @every(3600)
    def keep_history(self) -> None:
        self.db.transact(
            commands.keep_history, now=datetime.now(UTC), history_days=self.settings.history_days
        )


def _is_insider(caller: Caller) -> bool:
    """An operator, or a service in its own name; the gateway always speaks for somebody."""
    if "operator" in caller.roles:
        return True
    return caller.user_id is None and caller.principal != "gateway"
