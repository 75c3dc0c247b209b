"""How jobs is asked."""

import base64

from services.jobs import commands
from tests.contracts.asking import NODE, OPERATOR, Request, ask, asks_for
from tests.contracts.samples import NAMED, an_id
from tests.doors import Doors, caller
from tests.jobs.core import USUAL_KIND, Core

JOB = an_id(0x10B)
SCHEDULE = an_id(0x5C)
KIND = NAMED["kind"]


@asks_for("jobs.enqueue")
def enqueue(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"uid": JOB, "kind": KIND, "args": {"invoice_id": str(an_id(0x10C))}})


@asks_for("jobs.enqueue_many")
def enqueue_many(doors: Doors) -> Request:
    declared(doors)
    jobs = [{"uid": an_id(0x200 + number), "kind": KIND, "args": {}} for number in range(3)]
    callback = {"uid": JOB, "kind": KIND, "args": {"all": True}}
    group = {"group_id": an_id(0x6), "callback": callback, "sealed": True}
    return Request(caller(principal="billing"), {"jobs": jobs, "group": group})


@asks_for("jobs.cancel_job")
def cancel_job(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    return Request(OPERATOR, {"job_id": JOB})


@asks_for("jobs.retry_job")
def retry_job(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    core = Core(doors.service.settings.database_url)
    session = core.join(kinds=[KIND])
    core.fail(session, core.claim(session, kinds=[KIND]))
    core.close()
    return Request(OPERATOR, {"job_id": JOB})


@asks_for("jobs.retry_dead")
def retry_dead(doors: Doors) -> Request:
    retry_job(doors)
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.store_document")
def store_document(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    content = base64.b64encode(b"a;b").decode()
    described = {"name": "report.csv", "content_type": "text/csv", "content": content}
    return Request(NODE, {"uid": JOB, **described})


@asks_for("jobs.pause_kind")
def pause_kind(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.resume_kind")
def resume_kind(doors: Doors) -> Request:
    ask(doors, "pause_kind", pause_kind(doors))
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.change_kind")
def change_kind(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"kind": KIND, "override": {"max_assigned": 2}})


@asks_for("jobs.pause_node")
def pause_node(doors: Doors) -> Request:
    joined(doors)
    return Request(OPERATOR, {"node": "anna"})


@asks_for("jobs.resume_node")
def resume_node(doors: Doors) -> Request:
    ask(doors, "pause_node", pause_node(doors))
    return Request(OPERATOR, {"node": "anna"})


@asks_for("jobs.change_node")
def change_node(doors: Doors) -> Request:
    joined(doors)
    return Request(OPERATOR, {"node": "anna", "workers": 7})


@asks_for("jobs.save_schedule")
def save_schedule(doors: Doors) -> Request:
    declared(doors)
    when = {"cron": "0 3 * * *", "time_zone": "Europe/Madrid"}
    return Request(OPERATOR, {"schedule_id": SCHEDULE, "name": "nightly", "kind": KIND, **when})


@asks_for("jobs.remove_schedule")
@asks_for("jobs.pause_schedule")
def pause_schedule(doors: Doors) -> Request:
    ask(doors, "save_schedule", save_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE})


@asks_for("jobs.resume_schedule")
def resume_schedule(doors: Doors) -> Request:
    ask(doors, "pause_schedule", pause_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE})


@asks_for("jobs.fire_now")
def fire_now(doors: Doors) -> Request:
    ask(doors, "save_schedule", save_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE, "uid": JOB})


@asks_for("jobs.advance_clock")
def advance_clock(doors: Doors) -> Request:
    return Request(OPERATOR, {"seconds": 60})


def declared(doors: Doors) -> None:
    """A kind of jobs, whose jobs die of their first failure."""
    kind = {**USUAL_KIND, "name": KIND, "max_attempts": 1}
    doors.service.db.transact(commands.declare_kinds, [kind])


def joined(doors: Doors) -> None:
    """A node called anna."""
    declared(doors)
    core = Core(doors.service.settings.database_url)
    core.join(kinds=[KIND])
    core.close()
