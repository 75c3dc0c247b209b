"""`python -m tests.chaos --seconds 600 --seed N`: break a whole cluster, and see that it holds."""

import argparse
import secrets
import sys
import time
from collections.abc import Sequence

from chassis.logs import start_logging
from tests.chaos.folders import private_folder
from tests.chaos.report import is_clean, report
from tests.chaos.run import Outcome, Plan, Run, Say
from tests.chaos.world import World

LONG = 180.0  # seconds from which PostgreSQL gets a small disk to fill


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 0 when everything holds."""
    parser = argparse.ArgumentParser(prog="tests.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="of load; default 600")
    parser.add_argument("--seed", type=int, help="to have the same run again")
    parser.add_argument("--rate", type=float, default=120.0, help="jobs a second; default 120")
    parser.add_argument(
        "--allowance", type=float, default=2.0,
        help="seconds a recovery may take longer, times the load of each core above 1",
    )  # fmt: skip
    parser.add_argument("--only", nargs="*", default=[], help="only these faults, such as F7 F10")
    options = parser.parse_args(arguments)
    start_logging("chaos", "ERROR")  # that the broker goes away is known
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    plan = Plan(
        options.seconds, seed, options.rate, options.allowance, tuple(options.only)
    )  # fmt: skip
    outcome = chaos(plan, _say_since(time.monotonic()))
    for line in report(outcome):
        _write(line)
    return 0 if is_clean(outcome) else 1


def chaos(plan: Plan, say: Say) -> Outcome:
    """The whole run in a folder of its own, which is removed when everything held."""
    say(f"seed {plan.seed}")
    with private_folder(small_disk=plan.seconds >= LONG, say=say) as (folder, disk):
        run = Run(plan, World(folder, plan.seed, postgres_folder=disk), say)
        try:
            outcome = run.go()
        finally:
            run.end()
    return outcome


def _say_since(began: float) -> Say:
    return lambda line: _write(f"{time.monotonic() - began:7.1f} s  {line}")


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
