"""Our kinds: the bodies that the peers run, declared as a service declares its own."""

from benchmarks.jobs_peers.body import run
from chassis.jobkinds import Job, kind


@kind("bench.nothing", timeout=60)
def nothing(job: Job) -> None:
    run("nothing", job.args["number"], job.args["due_ns"])


@kind("bench.brief", timeout=60)
def brief(job: Job) -> None:
    run("brief", job.args["number"], job.args["due_ns"])


@kind("bench.limited", timeout=60)
def limited(job: Job) -> None:
    run("nothing", job.args["number"], job.args["due_ns"])
