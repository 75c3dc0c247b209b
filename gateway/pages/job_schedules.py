"""The operator's schedules: jobs by the calendar of a time zone."""

import json
from typing import Any
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chassis.errors import NotFound
from chassis.ids import new_id
from gateway import access, paging
from gateway.formats import time_zone_names
from gateway.forms import Form, Unreadable, blank
from gateway.notes import done
from services.jobs import schemas

pages = Blueprint("job_schedules", __name__, url_prefix="/operator/jobs/schedules")


@pages.get("")
@access.operators_only
def schedules() -> ResponseReturnValue:
    rows = paging.arranged(_all(), "name")
    return render_template("operator/jobs/schedules.html", schedules=rows, query=paging.query())


@pages.get("/new")
@access.operators_only
def new() -> ResponseReturnValue:
    """The blank form. The schedule's id is made here, so that a second click makes the same one."""
    zone = access.signed_in().time_zone
    values = {"schedule_id": str(new_id()), "time_zone": zone, "missed": "one"}
    return blank("operator/jobs/schedule_new.html", values=values, **_choices())


@pages.post("/new")
@access.operators_only
def make() -> ResponseReturnValue:
    form = Form(schemas.SaveSchedule(), readers={"args": read_json})
    if not form.send("jobs", "save_schedule"):
        return form.page("operator/jobs/schedule_new.html", **_choices())
    return done("The schedule is followed from now on.", _page_of(form.values["schedule_id"]))


@pages.get("/<uuid:schedule_id>")
@access.operators_only
def schedule(schedule_id: UUID) -> ResponseReturnValue:
    found = _one(schedule_id)
    fields = ("name", "kind", "cron", "time_zone", "missed")
    values = {name: found[name] for name in fields}
    values["args"] = json.dumps(found["args"], indent=2, ensure_ascii=False)
    return blank("operator/jobs/schedule.html", values=values, **_form_of(found))


@pages.post("/<uuid:schedule_id>")
@access.operators_only
def change(schedule_id: UUID) -> ResponseReturnValue:
    form = Form(schemas.SaveSchedule(exclude=("schedule_id",)), readers={"args": read_json})
    if not form.send("jobs", "save_schedule", schedule_id=schedule_id):
        return form.page("operator/jobs/schedule.html", **_form_of(_one(schedule_id)))
    return done("The schedule is followed as it stands now.", _page_of(schedule_id))


@pages.post("/<uuid:schedule_id>/pause")
@access.operators_only
def pause(schedule_id: UUID) -> ResponseReturnValue:
    access.ask("jobs", "pause_schedule", schedule_id=schedule_id)
    return done("The schedule is paused.", _page_of(schedule_id))


@pages.post("/<uuid:schedule_id>/resume")
@access.operators_only
def resume(schedule_id: UUID) -> ResponseReturnValue:
    access.ask("jobs", "resume_schedule", schedule_id=schedule_id)
    return done("The schedule is followed again.", _page_of(schedule_id))


@pages.post("/<uuid:schedule_id>/fire")
@access.operators_only
def fire(schedule_id: UUID) -> ResponseReturnValue:
    """Enqueue its job under the id that the page carried: a second click is the same job."""
    uid = request.form.get("uid") or new_id()
    answer = access.ask("jobs", "fire_now", schedule_id=schedule_id, uid=uid)
    return done("The job is enqueued.", url_for("jobs.job", job_id=answer["uid"]))


@pages.post("/<uuid:schedule_id>/remove")
@access.operators_only
def remove(schedule_id: UUID) -> ResponseReturnValue:
    access.ask("jobs", "remove_schedule", schedule_id=schedule_id)
    return done("The schedule is gone.", url_for("job_schedules.schedules"))


def read_json(text: str) -> Any:
    """What was typed as JSON; raises Unreadable, which says where it breaks off."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, character {error.colno}"
        raise Unreadable(f"This is not JSON; look at {where}.") from error
    if not isinstance(found, dict):
        raise Unreadable("Write a JSON object: names and values in braces.")
    return found


def _all() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = access.ask("jobs", "schedules")["items"]
    return rows


def _one(schedule_id: UUID) -> dict[str, Any]:
    for each in _all():
        if each["schedule_id"] == str(schedule_id):
            return each
    raise NotFound("schedule_unknown", "There is no such schedule (any more).")


def _form_of(found: dict[str, Any]) -> dict[str, Any]:
    return {"schedule": found, "uid": new_id(), **_choices()}


def _choices() -> dict[str, Any]:
    names = [each["name"] for each in access.ask("jobs", "kinds")["items"]]
    return {"kinds": [(name, name) for name in names], "time_zones": time_zone_names()}


def _page_of(schedule_id: UUID | str) -> str:
    return url_for("job_schedules.schedule", schedule_id=schedule_id)
