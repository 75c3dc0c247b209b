"""The operator's nodes: who works, how busy, pause, resume, how many workers."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chassis.errors import NotFound
from gateway import access, paging
from gateway.forms import Form, blank
from gateway.notes import done
from gateway.security.own_paths import own_path
from services.jobs import schemas

pages = Blueprint("job_nodes", __name__, url_prefix="/operator/jobs/nodes")


@pages.get("")
@access.operators_only
def nodes() -> ResponseReturnValue:
    rows = paging.arranged(access.ask("jobs", "nodes")["items"], "name")
    return render_template("operator/jobs/nodes.html", nodes=rows, query=paging.query())


@pages.get("/<name>")
@access.operators_only
def node(name: str) -> ResponseReturnValue:
    found = _node(name)
    workers = found["slots_wanted"]
    values = {} if workers is None else {"workers": str(workers)}
    return blank("operator/jobs/node.html", values=values, node=found)


@pages.post("/<name>")
@access.operators_only
def change(name: str) -> ResponseReturnValue:
    """A field left empty means as many workers as the node was started with."""
    form = Form(schemas.ChangeNode(only=("workers",), partial=True))
    if not form.send(
        "jobs", "change_node", node=name, **({} if form.values else {"workers": None})
    ):
        return form.page("operator/jobs/node.html", node=_node(name))
    return done(f"{name} changes its workers now.", url_for("job_nodes.node", name=name))


@pages.post("/<name>/pause")
@access.operators_only
def pause(name: str) -> ResponseReturnValue:
    access.ask("jobs", "pause_node", node=name)
    return done(f"{name} is paused: it takes nothing new.", _page_before(name))


@pages.post("/<name>/resume")
@access.operators_only
def resume(name: str) -> ResponseReturnValue:
    access.ask("jobs", "resume_node", node=name)
    return done(f"{name} works again.", _page_before(name))


def _page_before(name: str) -> str:
    """The list or the node's own page, wherever the button was pressed."""
    return own_path(request.form.get("back"), url_for("job_nodes.node", name=name))


def _node(name: str) -> dict[str, Any]:
    """The node of this name; of several sessions of it the one that began last."""
    found: list[dict[str, Any]] = access.ask("jobs", "nodes")["items"]
    own = [each for each in found if each["name"] == name]
    if not own:
        raise NotFound("node_unknown", "No node of this name was here within the last hour.")
    return max(own, key=lambda each: str(each["started_at"]))
