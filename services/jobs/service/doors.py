"""The requests that the jobs service answers, and the events it hears."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import Message, Service, command, handles, query
from chassis.context import Caller
from chassis.errors import Denied
from services.jobs import commands, queries, schemas
from services.jobs.service.operating import Operating
from services.jobs.service.providers import Bell, House, Opening


class JobsService(Operating, Service):
    """Work done offline: accepted once, run at least once, by nodes that come and go."""

    name = "jobs"
    bell = Bell()
    opening = Opening()
    house = House()

    @command(schemas.Enqueue, schemas.Enqueued)
    def enqueue(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        _insiders_only(caller)
        accepted = commands.enqueue(session, caller=caller, **request)
        self.bell.ring_after(session, [request["kind"]])
        return {
            "uid": accepted.uid,
            "repeated": accepted.is_repeated,
            "duplicate_of": accepted.duplicate_of,
        }

    @command(schemas.EnqueueMany, schemas.EnqueuedMany)
    def enqueue_many(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        _insiders_only(caller)
        accepted = commands.enqueue_many(session, caller=caller, **request)
        self.bell.ring_after(session, {job["kind"] for job in request["jobs"]})
        return {"items": accepted}

    @handles("*.job_requested", schemas.JobRequested)
    def on_job_requested(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        commands.enqueue(session, caller=message.caller(self.name), **event)
        self.bell.ring_after(session, [event["kind"]])

    @handles("*.jobs_requested", schemas.JobsRequested)
    def on_jobs_requested(self, session: Session, message: Message, event: dict[str, Any]) -> None:
        jobs = [{**event, **job} for job in event.pop("jobs")]
        commands.enqueue_many(session, jobs=jobs, caller=message.caller(self.name))
        self.bell.ring_after(session, [event["kind"]])

    @command(schemas.CancelJob, schemas.Cancelled)
    def cancel_job(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        _insiders_only(caller)
        self.bell.tell_change_after(session)
        return {"state": commands.cancel_job(session, **request)}

    @query(schemas.WhichJob, schemas.JobView)
    def job(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.job(
            session, account_id=caller.account_id, is_insider=_is_insider(caller), **request
        )

    @query(schemas.WhichGroup, schemas.GroupView)
    def group(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        _insiders_only(caller)
        return queries.group(session, **request)

    @command(schemas.StoreDocument, callers={"node"})
    def store_document(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.store_document(session, **request)

    @query(schemas.WhichJob, schemas.Document)
    def document(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.document(
            session, account_id=caller.account_id, is_insider=_is_insider(caller), **request
        )

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


def _is_insider(caller: Caller) -> bool:
    """An operator, or a service in its own name; the gateway always speaks for somebody."""
    if "operator" in caller.roles:
        return True
    return caller.user_id is None and caller.principal != "gateway"


def _insiders_only(caller: Caller) -> None:
    if not _is_insider(caller):
        raise Denied("jobs_denied", "Only operators and services do this with jobs.")
