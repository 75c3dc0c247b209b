"""The operator's kinds of jobs: how they do, and their limits, which change while they work."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import access, limit_fields, paging
from gateway.formats import known_zone
from gateway.forms import Form, blank
from gateway.job_history import last_hour
from gateway.notes import done
from services.jobs import schemas

pages = Blueprint("job_kinds", __name__, url_prefix="/operator/jobs/kinds")

FORM = "operator/jobs/limits.html"


@pages.get("")
@access.operators_only
def kinds() -> ResponseReturnValue:
    rows = paging.arranged(access.ask("jobs", "kinds")["items"], "name")
    return render_template("operator/jobs/kinds.html", kinds=rows, query=paging.query())


@pages.get("/<name>")
@access.operators_only
def kind(name: str) -> ResponseReturnValue:
    found = access.ask("jobs", "kind", name=name)
    zone = known_zone(access.signed_in().time_zone)
    return render_template(
        "operator/jobs/kind.html",
        kind=found,
        limits=limit_fields.rows(found),
        rows=last_hour(found["minutes"], datetime.now(UTC), zone),
    )


@pages.get("/<name>/limits")
@access.operators_only
def limits(name: str) -> ResponseReturnValue:
    found = access.ask("jobs", "kind", name=name)
    values = limit_fields.values(found["override"])
    return blank(FORM, values=values, seen=limit_fields.seen(found["override"]), **_form_of(found))


@pages.post("/<name>/limits")
@access.operators_only
def change(name: str) -> ResponseReturnValue:
    """Saved only over the limits that the form was made over; else it says what they are now, and
    whoever sends it again knows."""
    seen = request.form.get("seen")
    form = Form(schemas.Override(), readers=limit_fields.readers(), inside="override")
    if not form.send("jobs", "change_kind", kind=name, instead_of=limit_fields.read_seen(seen)):
        found = access.ask("jobs", "kind", name=name)
        if form.status == HTTPStatus.CONFLICT:
            seen = limit_fields.seen(found["override"])
            form.problem = f"{form.problem} Save again to have what you typed instead."
        return form.page(FORM, seen=seen, **_form_of(found))
    return done("The limits count from now on.", _page_of(name))


@pages.post("/<name>/reset")
@access.operators_only
def reset(name: str) -> ResponseReturnValue:
    access.ask("jobs", "change_kind", kind=name, override={})
    return done("The limits are as declared.", _page_of(name))


@pages.post("/<name>/pause")
@access.operators_only
def pause(name: str) -> ResponseReturnValue:
    access.ask("jobs", "pause_kind", kind=name)
    return done(f"{name} is paused. Its jobs wait.", _page_of(name))


@pages.post("/<name>/resume")
@access.operators_only
def resume(name: str) -> ResponseReturnValue:
    access.ask("jobs", "resume_kind", kind=name)
    return done(f"{name} is run again.", _page_of(name))


def _page_of(name: str) -> str:
    return url_for("job_kinds.kind", name=name)


def _form_of(found: dict[str, Any]) -> dict[str, Any]:
    """What the form of limits is drawn from, beside its values."""
    return {
        "kind": found,
        "labels": limit_fields.LABELS,
        "help": limit_fields.helps(found["declared"]),
    }
