"""`memberhall status`: what runs, and what keeps it from being ready."""

import argparse

from console.home import Home
from console.suite import Suite, readiness

HELP = "show each process, its number and whether it is ready"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    """0 when every process is ready, 1 otherwise."""
    suite, environ = Suite(home), home.environment()
    if not suite.is_running:
        print("The suite does not run: `make up` starts it.")
        return 1
    all_ready = True
    states = suite.states()
    for entry in suite.entries(environ):
        state = states.get(entry.name)
        reason = readiness(entry, environ)
        all_ready = all_ready and reason is None
        pid = str(state.pid) if state and state.pid else "-"
        again = f", started {state.starts} times" if state and state.starts > 1 else ""
        print(f"{entry.name:14} {pid:>8}  {'ready' if reason is None else reason}{again}")
    return 0 if all_ready else 1
