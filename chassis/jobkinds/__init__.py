"""Job kinds: how a service says, in its `tasks.py`, which offline work it can have done.

    @kind("billing.render_invoice", timeout=60, attempts=5)
    def render_invoice(job: Job) -> dict[str, Any] | None: ...

A handler runs on a node, in a process without a database, **at least once**: a node can die after
the work was done and before its end was written down, and then the job runs again. Whatever a
handler does outside must therefore bear repeating, or carry `job.fence` as its idempotency key.
What it returns is stored with the finished job; what it raises is the reason of the failed attempt.

What is declared wrongly stops the process that loads it, with file, kind and field.
"""

from chassis.jobkinds.declaring import JobKind, WrongKind, kind, kinds_in
from chassis.jobkinds.job import Ask, Handler, Job
from chassis.jobkinds.options import Backoff, Concurrency, Hooks, Rate, Schedule

__all__ = [
    "Ask",
    "Backoff",
    "Concurrency",
    "Handler",
    "Hooks",
    "Job",
    "JobKind",
    "Rate",
    "Schedule",
    "WrongKind",
    "kind",
    "kinds_in",
]
