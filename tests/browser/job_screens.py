"""The screens of the jobs area."""

from collections.abc import Callable
from typing import Any

from tests.browser.screen import LONG_NAME, Address, Screen, pressing, sending
from tests.browser.world import World


def job_screens() -> list[Screen]:
    def screen(name: str, endpoint: str, address: Address, **more: Any) -> Screen:
        at = address if callable(address) else f"/operator/jobs{address}"
        return Screen(name, endpoint, at, "operator", **more)

    def job(what: str) -> Callable[[World], str]:
        return lambda world: f"/operator/jobs/{world.jobs.uid(what)}"

    def reported(world: World) -> str:
        return f"/operator/jobs/{world.jobs.report(world.account_of('member'))}"

    def schedule(world: World) -> str:
        return f"/operator/jobs/schedules/{world.jobs.schedule}"

    def node(world: World) -> str:
        return f"/operator/jobs/nodes/{world.jobs.node}"

    drawing = "/kinds/billing.render_invoice"
    nonsense = {"timeout_s": "soon", "weight": "0", "node_labels": "zone", "rate_per_s": "none"}
    no_schedule = {"name": LONG_NAME * 3, "cron": "every night", "args": "{"}
    return [
        screen("jobs", "jobs.overview", ""),
        screen("job-list", "jobs.listed", "/list"),
        screen("job-list-none", "jobs.listed", "/list?tag=unheard-of"),
        screen("job-list-wrong", "jobs.listed", "/list?group_id=7", status=422),
        screen("job-dead", "jobs.job", job("dead")),
        screen("job-dead-retry", "jobs.job", job("dead"), act=pressing("Retry")),
        screen("job-done", "jobs.job", job("succeeded")),
        screen("job-report", "jobs.job", reported),
        screen("job-scheduled", "jobs.job", job("scheduled")),
        screen("job-cancel", "jobs.job", job("scheduled"), act=pressing("Cancel")),
        screen("job-blocked", "jobs.job", job("blocked")),
        screen("job-cancelled", "jobs.job", job("cancelled")),
        screen(
            "job-group", "jobs.group", lambda world: f"/operator/jobs/groups/{world.jobs.group}"
        ),
        screen("dead-jobs", "jobs.dead", "/dead"),
        screen("dead-jobs-all", "jobs.dead", "/dead", act=pressing("Retry all")),
        screen("dead-jobs-none", "jobs.dead", "/dead?kind=none.of_this_kind"),
        screen("job-kinds", "job_kinds.kinds", "/kinds"),
        screen("job-kind", "job_kinds.kind", drawing),
        screen("job-kind-pause", "job_kinds.kind", drawing, act=pressing("Pause")),
        screen("job-limits", "job_kinds.limits", f"{drawing}/limits"),
        screen(
            "job-limits-wrong", "job_kinds.limits", f"{drawing}/limits", act=sending(**nonsense)
        ),
        screen("job-nodes", "job_nodes.nodes", "/nodes"),
        screen("job-nodes-pause", "job_nodes.nodes", "/nodes", act=pressing("Pause")),
        screen("job-node", "job_nodes.node", node),
        screen("job-node-wrong", "job_nodes.node", node, act=sending(workers="many")),
        screen("job-schedules", "job_schedules.schedules", "/schedules"),
        screen("job-schedule-new", "job_schedules.new", "/schedules/new"),
        screen(
            "job-schedule-wrong",
            "job_schedules.new",
            "/schedules/new",
            act=sending(**no_schedule),
        ),
        screen("job-schedule", "job_schedules.schedule", schedule),
        screen("job-schedule-fire", "job_schedules.schedule", schedule, act=pressing("Do it now")),
    ]
