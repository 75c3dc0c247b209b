"""Our kinds: the bodies that the peers run, declared as a service declares its own."""

from benchmarks.jobs_peers.body import run
from chassis.jobkinds import Concurrency, Job, Rate, kind

# Limits of every sort that a kind can have, none of which binds.
KEY = Concurrency(key=("tenant",), limit=1000)
CAP = 1000
RATE = Rate(per_second=100_000.0, burst=10_000)


@kind("bench.nothing", timeout=60)
def nothing(job: Job) -> None:
    run("nothing", job.args["number"], job.args["due_ns"])


@kind("bench.brief", timeout=60)
def brief(job: Job) -> None:
    run("brief", job.args["number"], job.args["due_ns"])


@kind("bench.none", timeout=60)
def unlimited(job: Job) -> None:
    nothing(job)


@kind("bench.key", timeout=60, concurrency=KEY)
def keyed(job: Job) -> None:
    nothing(job)


@kind("bench.cap", timeout=60, max_assigned=CAP)
def capped(job: Job) -> None:
    nothing(job)


@kind("bench.rate", timeout=60, rate=RATE)
def rated(job: Job) -> None:
    nothing(job)


@kind("bench.all", timeout=60, concurrency=KEY, max_assigned=CAP, rate=RATE)
def limited(job: Job) -> None:
    nothing(job)
