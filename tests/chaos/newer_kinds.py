"""A later build: it knows one kind in one more version. For rolling upgrades."""

from chassis.jobkinds import Job, kind
from tests.chaos.kinds import OFTEN, SOON
from tests.chaos.ledger import seen


@kind("chaos.versioned", timeout=20, attempts=OFTEN, backoff=SOON, versions=(1, 2))
def versioned(job: Job) -> None:
    with seen(job):
        return
