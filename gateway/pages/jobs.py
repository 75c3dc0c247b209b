"""The operator's jobs: the cluster at a glance, every job, the dead ones."""

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gateway import access, forms, paging
from gateway.asking import Answer, gather, settle_away
from gateway.job_history import history
from gateway.notes import done
from gateway.security.own_paths import own_path
from services.jobs import schemas

pages = Blueprint("jobs", __name__, url_prefix="/operator/jobs")

FILTERS = ("state", "kind", "tag", "node", "group_id", "account_id")
CANCELLED = {
    "cancelled": ("The job is cancelled and never runs again.", "success"),
    "requested": ("The job is told to stop.", "success"),
    "ended": ("The job had ended before it could be cancelled.", "info"),
}


@pages.get("")
@access.operators_only
def overview() -> ResponseReturnValue:
    found, _ = settle_away(overview=access.begin("jobs", "overview"))
    told = found["overview"]
    if told:
        told = {**told, "kinds": paging.arranged(told["kinds"], "name")}
    return render_template("operator/jobs/overview.html", overview=told, query=paging.query())


@pages.get("/list")
@access.operators_only
def listed() -> ResponseReturnValue:
    """All jobs; a wrong filter is said at its field, and then no job is asked for."""
    asked = paging.asked(*FILTERS)
    errors = forms.faults(schemas.ListJobs(), asked)
    asking: dict[str, Answer] = {"overview": access.begin("jobs", "overview")}
    if not errors:
        asking["page"] = access.begin("jobs", "jobs", **asked)
    found, _ = settle_away(**asking)
    page = render_template(
        "operator/jobs/list.html",
        page=found.get("page"),
        errors=errors,
        query=paging.query(),
        kinds=_choices(found["overview"], "kinds"),
        nodes=_choices(found["overview"], "nodes"),
    )
    return page, 422 if errors else 200


@pages.get("/dead")
@access.operators_only
def dead() -> ResponseReturnValue:
    found = gather(
        page=access.begin("jobs", "jobs", state="dead", **paging.asked("kind")),
        overview=access.begin("jobs", "overview"),
    )
    return render_template(
        "operator/jobs/dead.html",
        page=found["page"],
        query=paging.query(),
        kinds=[kind for kind in found["overview"]["kinds"] if kind["dead"]],
    )


@pages.post("/dead/retry")
@access.operators_only
def retry_dead() -> ResponseReturnValue:
    """Every dead job, or those of the kind that is named."""
    kind = request.form.get("kind") or None
    number = access.ask("jobs", "retry_dead", kind=kind)["number"]
    return done(f"Tried again: {number} {'job' if number == 1 else 'jobs'}.", url_for("jobs.dead"))


@pages.get("/<uuid:job_id>")
@access.operators_only
def job(job_id: UUID) -> ResponseReturnValue:
    found = access.ask("jobs", "job", uid=job_id)
    return render_template("operator/jobs/job.html", job=found, history=history(found))


@pages.post("/<uuid:job_id>/retry")
@access.operators_only
def retry(job_id: UUID) -> ResponseReturnValue:
    access.ask("jobs", "retry_job", job_id=job_id)
    back = own_path(request.form.get("back"), url_for("jobs.job", job_id=job_id))
    return done("The job is tried again.", back)


@pages.post("/<uuid:job_id>/cancel")
@access.operators_only
def cancel(job_id: UUID) -> ResponseReturnValue:
    answer = access.ask("jobs", "cancel_job", job_id=job_id)
    flash(*CANCELLED[answer["state"]])
    return redirect(url_for("jobs.job", job_id=job_id), 303)


@pages.get("/groups/<uuid:group_id>")
@access.operators_only
def group(group_id: UUID) -> ResponseReturnValue:
    found = access.ask("jobs", "group", group_id=group_id)
    return render_template("operator/jobs/group.html", group={**found, "group_id": group_id})


def _choices(overview: dict[str, Any] | None, what: str) -> list[tuple[str, str]]:
    """What a filter offers; it can be typed into the address where the overview is away."""
    names = sorted({each["name"] for each in overview[what]}) if overview else []
    return [(name, name) for name in names]
