"""`memberhall up`: start the suite on this machine."""

import argparse
import time
from collections.abc import Mapping

from console.bus import operator
from console.home import Home
from console.processes import SANDBOX_MODE
from console.seeding import seed
from console.suite import Suite
from console.timekeeping import show_sandbox

HELP = "start the whole suite on this machine and print its addresses"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-seed", action="store_true", help="leave the demonstration data out")


def run(options: argparse.Namespace, home: Home) -> int:
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:5.1f} s  {line}", flush=True)

    environ = Suite(home).start(say)
    say("every process is ready")
    if environ["MEMBERHALL_MODE"] == SANDBOX_MODE and not options.no_seed:
        with operator(environ) as asking:
            seed(asking)
            # The sandbox forgets the time when it ends; the services do not.
            show_sandbox(environ, asking.ask("jobs", "clock")["offset_seconds"])
        say("the demonstration is in place")
    print(addresses(environ, home))
    return 0


def addresses(environ: Mapping[str, str], home: Home) -> str:
    """What a person needs to look around."""
    lines = [
        "",
        f"  Memberhall     {environ['MEMBERHALL_PUBLIC_URL']}",
        f"  API            {environ['MEMBERHALL_PUBLIC_URL']}/api/v1",
    ]
    if environ["MEMBERHALL_MODE"] == SANDBOX_MODE:
        sandbox = f"http://127.0.0.1:{environ['MEMBERHALL_SANDBOX_PORT']}"
        lines += [
            "  log in as      demo / demo",
            f"  mailbox        {sandbox}/mailbox",
            f"  PayPal         {sandbox}/ (a stand-in: no money moves)",
        ]
    lines += [
        f"  logs           {home.logs}",
        "",
        "  make demo plays a member's journey, make logs follows the logs, make down ends it.",
    ]
    return "\n".join(lines)
