"""What operators ask of the cluster and change in it while it runs."""

from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from chassis.bus import command, query
from chassis.context import Caller
from services.jobs import commands, queries, schemas
from services.jobs.adapters import NodeBell

OPERATOR = {"operator"}


class Operating:
    """The operators' doors of the jobs service. What they change, nodes hear of at once."""

    bell: NodeBell

    @query(schemas.ListJobs, schemas.JobPage, roles=OPERATOR)
    def jobs(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.jobs(session, **request)

    @query(schemas.Nothing, schemas.Overview, roles=OPERATOR)
    def overview(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.overview(session)

    @query(schemas.Nothing, schemas.NodePage, roles=OPERATOR)
    def nodes(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.nodes(session)

    @query(schemas.Nothing, schemas.KindPage, roles=OPERATOR)
    def kinds(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.kinds(session)

    @query(schemas.NamedKind, schemas.KindView, roles=OPERATOR)
    def kind(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.kind(session, **request)

    @query(schemas.Nothing, schemas.SchedulePage, roles=OPERATOR)
    def schedules(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        return queries.schedules(session)

    @command(schemas.RetryJob, roles=OPERATOR)
    def retry_job(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        self.bell.ring_after(session, [commands.retry_job(session, **request)])

    @command(schemas.RetryDead, schemas.HowMany, roles=OPERATOR)
    def retry_dead(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        self.bell.ring_after(session, ())
        return {"number": commands.retry_dead(session, **request)}

    @command(schemas.WhichKind, roles=OPERATOR)
    def pause_kind(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.pause_kind(session, **request)
        self.bell.tell_change_after(session)

    @command(schemas.WhichKind, roles=OPERATOR)
    def resume_kind(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.resume_kind(session, **request)
        self.bell.tell_change_after(session)
        self.bell.ring_after(session, [request["kind"]])

    @command(schemas.ChangeKind, roles=OPERATOR)
    def change_kind(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.change_kind(session, **request)
        self.bell.tell_change_after(session)
        self.bell.ring_after(session, [request["kind"]])

    @command(schemas.WhichNode, roles=OPERATOR)
    def pause_node(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.pause_node(session, **request)
        self.bell.tell_change_after(session)

    @command(schemas.WhichNode, roles=OPERATOR)
    def resume_node(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.resume_node(session, **request)
        self.bell.tell_change_after(session)

    @command(schemas.ChangeNode, roles=OPERATOR)
    def change_node(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.change_node(session, **request)
        self.bell.tell_change_after(session)

    @command(schemas.SaveSchedule, roles=OPERATOR)
    def save_schedule(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.save_schedule(session, now=clock.now(), **request)

    @command(schemas.WhichSchedule, roles=OPERATOR)
    def remove_schedule(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.remove_schedule(session, **request)

    @command(schemas.WhichSchedule, roles=OPERATOR)
    def pause_schedule(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.pause_schedule(session, **request)

    @command(schemas.WhichSchedule, roles=OPERATOR)
    def resume_schedule(self, session: Session, caller: Caller, request: dict[str, Any]) -> None:
        commands.resume_schedule(session, now=clock.now(), **request)

    @command(schemas.FireNow, schemas.Fired, roles=OPERATOR)
    def fire_now(self, session: Session, caller: Caller, request: dict[str, Any]) -> Any:
        self.bell.ring_after(session, [commands.fire_now(session, caller=caller, **request)])
        return {"uid": request["uid"]}
