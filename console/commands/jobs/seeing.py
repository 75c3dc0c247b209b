"""`memberhall jobs overview, nodes, kinds, list, show`: nothing here changes anything."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from console.commands.jobs.answers import Acts, Asking, add_listing, show
from console.commands.jobs.one_job import job_lines
from console.commands.jobs.one_kind import kind_lines
from console.tables import counted, duration, moment, since, table

Plain = Mapping[str, Any]

MOST_AT_ONCE = 100  # jobs a page
STATES = (
    *("scheduled", "ready", "running", "blocked"),
    *("succeeded", "dead", "cancelled", "expired"),
)


def add_acts(acts: Acts) -> None:
    add_listing(acts, "overview", "leader, counts, nodes and kinds at a glance", overview)
    add_listing(acts, "nodes", "who does the work", nodes)
    kinds_act = add_listing(acts, "kinds", "the sorts of work, or all about one of them", kinds)
    kinds_act.add_argument("name", nargs="?", help="a kind, such as billing.render_invoice")
    _add_list(acts)
    one = add_listing(acts, "show", "all about one job: timeline, progress, log, result", show_job)
    one.add_argument("uid")


def _add_list(acts: Acts) -> None:
    listing = add_listing(acts, "list", "jobs, newest first", list_jobs)
    listing.add_argument("--state", choices=STATES)
    listing.add_argument("--kind")
    listing.add_argument("--tag")
    listing.add_argument("--group", metavar="UID")
    listing.add_argument("--node", metavar="NAME", help="those that run there now")
    listing.add_argument("--account", metavar="UID")
    listing.add_argument("--limit", type=at_least_one, default=50, help="how many at most (50)")


def overview(options: argparse.Namespace, asking: Asking) -> int:
    answer = asking.ask("jobs", "overview")
    return show(options, answer, _overview_lines(answer))


def nodes(options: argparse.Namespace, asking: Asking) -> int:
    answer = asking.ask("jobs", "nodes")
    return show(options, answer, node_lines(answer["items"]))


def kinds(options: argparse.Namespace, asking: Asking) -> int:
    if options.name:
        answer = asking.ask("jobs", "kind", name=options.name)
        return show(options, answer, kind_lines(answer))
    answer = asking.ask("jobs", "kinds")
    return show(options, answer, all_kinds_lines(answer["items"]))


def list_jobs(options: argparse.Namespace, asking: Asking) -> int:
    items, more = _collected(options, asking)
    lines = [*_job_table(items)]
    if more:
        lines.append(f"There are more: --limit {options.limit * 2} shows them.")
    return show(options, {"items": items, "has_more": more}, lines)


def show_job(options: argparse.Namespace, asking: Asking) -> int:
    answer = asking.ask("jobs", "job", uid=options.uid)
    return show(options, answer, job_lines(answer))


def _collected(options: argparse.Namespace, asking: Asking) -> tuple[list[Plain], bool]:
    """As many jobs as were asked for, page by page, and whether there are more."""
    filters = {
        "state": options.state,
        "kind": options.kind,
        "tag": options.tag,
        "group_id": options.group,
        "node": options.node,
        "account_id": options.account,
    }
    items: list[Plain] = []
    cursor = None
    while len(items) < options.limit:
        at_once = min(MOST_AT_ONCE, options.limit - len(items))
        page = asking.ask("jobs", "jobs", **filters, limit=at_once, cursor=cursor)
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    return items, cursor is not None


def _overview_lines(answer: Plain) -> Iterator[str]:
    leader = answer["leader"]
    if leader:
        led = since(leader["since"], datetime.now(UTC))
        yield f"Leader: {leader['holder']}, term {leader['term']}, for {led}."
    else:
        yield "Leader: nobody at the moment; nodes go on with the work that is ready."
    counts = ", ".join(f"{counted(number)} {state}" for state, number in answer["counts"].items())
    yield f"Jobs: {counts}."
    yield ""
    yield from node_lines(answer["nodes"])
    yield ""
    yield from all_kinds_lines(answer["kinds"])


def node_lines(items: list[Plain]) -> list[str]:
    """The table of nodes."""
    if not items:
        return ["No node has joined: start one with `memberhall node --name NAME --workers 2`."]
    titles = ("node", "state", "workers", "running", "load", "memory", "version", "host", "for")
    now = datetime.now(UTC)
    return table(titles, ([*_node_cells(node), since(node["started_at"], now)] for node in items))


def _node_cells(node: Plain) -> list[Any]:
    load = node["load"] or {}
    state = f"{node['state']}, paused" if node["paused_at"] else node["state"]
    wanted = node["slots_wanted"]
    workers = node["slots"] if wanted in (None, node["slots"]) else f"{node['slots']} to {wanted}"
    memory = f"{load['memory_mb']:,.0f} MB" if "memory_mb" in load else None
    return [
        *(node["name"], state, workers, node["running"], load.get("load1"), memory),
        *(node["version"], node["host"]),
    ]


def all_kinds_lines(items: list[Plain]) -> list[str]:
    """The table of kinds: where their jobs are, how fast they go."""
    if not items:
        return ["No kind is declared: does the jobs service run?"]
    titles = (
        *("kind", "ready", "scheduled", "running", "blocked", "dead", "nodes", "slots"),
        *("a minute", "runs for", "waits", "state"),
    )
    return table(titles, (_kind_cells(kind) for kind in items))


def _kind_cells(kind: Plain) -> list[Any]:
    places = ("ready", "scheduled", "running", "blocked", "dead")
    most = kind["max_assigned"]
    slots = f"{kind['slots']} of {most}" if most is not None else kind["slots"]
    return [
        kind["name"],
        *(counted(kind[place]) for place in places),
        *(kind["nodes"], slots, kind["rate_per_minute"]),
        *(_milliseconds(kind[each]) for each in ("run_ms", "wait_ms")),
        "paused" if kind["paused_at"] else None,
    ]


def _milliseconds(number: float | None) -> str | None:
    return None if number is None else duration(number / 1000)


def _job_table(items: list[Plain]) -> list[str]:
    if not items:
        return ["There is no such job."]
    titles = ("uid", "kind", "state", "attempt", "node", "due", "error")
    return table(titles, (_job_cells(job) for job in items))


def _job_cells(job: Plain) -> list[Any]:
    error = (job["error"] or "").strip().splitlines()
    attempt = f"{job['attempt']} of {job['max_attempts']}"
    return [
        *(job["uid"], job["kind"], job["state"], attempt, job["node"], moment(job["run_at"])),
        error[-1][:80] if error else None,
    ]


def at_least_one(text: str) -> int:
    """A number of jobs; raises what argparse shows."""
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError("must be a number, at least 1")
    return int(text)
