"""The operator's pages about jobs."""

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from gateway import limit_fields
from gateway.formats import time_zone_names
from gateway.job_history import history, last_hour
from tests.gateway.sample_pages import work
from tests.gateway.sample_pages.forms import BLANK, wrong
from tests.gateway.sample_pages.page import Page
from tests.gateway.sample_pages.values import NOW, Row, an_id, page_of

AREA = "/operator/jobs"
NAMES = [(each["name"], each["name"]) for each in work.KINDS]


def job_pages() -> Iterator[Page]:
    yield from cluster()
    yield from jobs()
    yield from kinds()
    yield from schedules()


def page(name: str, template: str, path: str, **given: Any) -> Page:
    file = f"operator/jobs/{template}.html"
    return Page(f"operator-{name}", file, AREA + path, "operator", {"query": {}, **given})


def cluster() -> Iterator[Page]:
    yield page("jobs", "overview", "", overview=work.OVERVIEW)
    by_dead = {"sort": "dead", "direction": "down", "kind": "billing.render_invoice"}
    yield page("jobs-sorted", "overview", "", overview=work.OVERVIEW, query=by_dead)
    yield page("jobs-empty", "overview", "", overview=work.EMPTY)
    yield page("jobs-stalled", "overview", "", overview=work.STALLED)
    yield page("jobs-away", "overview", "", overview=None)
    yield page("nodes", "nodes", "/nodes", nodes=work.NODES)
    yield page("nodes-none", "nodes", "/nodes", nodes=[])
    for node in work.NODES:
        yield page(f"node-{node['name']}", "node", "/nodes/n", node=node, **BLANK)
    refused = {**wrong(workers="This is not a whole number."), "problem": None}
    yield page("node-wrong", "node", "/nodes/n1", node=work.NODES[0], **refused)


def jobs() -> Iterator[Page]:
    choices: Row = {"kinds": NAMES, "nodes": [("n1", "n1")], "errors": {}}
    listed = {**choices, "page": page_of(work.JOBS, "next")}
    yield page("job-list", "list", "/list", **listed)
    narrow = {"state": "dead", "kind": "billing.render_invoice", "tag": "eu"}
    yield page("job-list-narrow", "list", "/list", **{**listed, "query": narrow})
    nothing = {**choices, "page": page_of([])}
    yield page("job-list-none", "list", "/list", **nothing)
    yield page("job-list-none-in-state", "list", "/list", **nothing, query={"state": "dead"})
    yield page("job-list-none-fits", "list", "/list", **nothing, query={"tag": "eu"})
    yield page("job-list-away", "list", "/list", **choices, page=None)
    errors = {"group_id": ["This is not an id."]}
    refused = {**choices, "page": None, "errors": errors, "query": {"group_id": "7"}}
    yield page("job-list-wrong", "list", "/list", **refused)
    dying = [each for each in work.KINDS if each["dead"]]
    yield page("dead-jobs", "dead", "/dead", page=page_of([work.JOBS[1]]), kinds=dying)
    chosen = {"kind": "billing.render_invoice"}
    yield page("dead-of", "dead", "/dead", page=page_of([]), kinds=dying, query=chosen)
    yield page("dead-none", "dead", "/dead", page=page_of([]), kinds=[])
    for name in ("RUNNING", "STOPPING", "BLOCKED", "BURIED", "REPORTED"):
        found = getattr(work, name)
        yield page(f"job-{name.lower()}", "job", "/1", job=found, history=history(found))
    yield page("group", "group", "/groups/1", group=work.GROUP)


def kinds() -> Iterator[Page]:
    yield page("kinds", "kinds", "/kinds", kinds=work.KINDS)
    yield page("kinds-none", "kinds", "/kinds", kinds=[])
    rows = last_hour(work.KIND["minutes"], NOW, ZoneInfo("Asia/Tokyo"))
    limits = limit_fields.rows(work.KIND)
    yield page("kind", "kind", "/kinds/k", kind=work.KIND, limits=limits, rows=rows)
    limits = limit_fields.rows(work.PLAIN_KIND)
    yield page("kind-plain", "kind", "/kinds/k", kind=work.PLAIN_KIND, limits=limits, rows=[])
    form: Row = {
        "labels": limit_fields.LABELS,
        "help": limit_fields.helps(work.DECLARED),
        "kind": work.KIND,
        "seen": limit_fields.seen(work.OVERRIDE),
    }
    changed = {**BLANK, "values": limit_fields.values(work.OVERRIDE)}
    yield page("limits", "limits", "/kinds/k/limits", **form, **changed)
    refused = {**wrong(weight="This is not a number."), "problem": None}
    plain = {**form, "kind": work.PLAIN_KIND}
    yield page("limits-wrong", "limits", "/kinds/k/limits", **plain, **refused)


def schedules() -> Iterator[Page]:
    yield page("schedules", "schedules", "/schedules", schedules=work.SCHEDULES)
    yield page("schedules-none", "schedules", "/schedules", schedules=[])
    choices: Row = {"kinds": NAMES, "time_zones": time_zone_names()}
    made = {"schedule_id": str(an_id(820)), "time_zone": "America/New_York", "missed": "one"}
    new = {**choices, **BLANK, "values": made}
    yield page("schedule-new", "schedule_new", "/schedules/new", **new)
    refused = {
        **choices,
        **wrong(cron="It has 4 parts.", args="This is not JSON."),
        "problem": None,
    }
    yield page("schedule-wrong", "schedule_new", "/schedules/new", **refused)
    for number, each in enumerate(work.SCHEDULES):
        one = {**choices, **BLANK, "schedule": each, "uid": str(an_id(830))}
        yield page(f"schedule-{number}", "schedule", f"/schedules/{number}", **one)
