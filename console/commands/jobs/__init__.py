"""`memberhall jobs`: the cluster that does the offline work, seen and steered from a shell.

Each act is asked of the jobs service in the operator's name, as the operator's pages do.
"""

import argparse

from console.bus import operator
from console.commands.jobs import acting, schedules, seeing, steering, watching
from console.home import Home

HELP = "see and steer the offline work: nodes, kinds, jobs, schedules"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True, metavar="act")
    for group in (seeing, acting, steering, schedules, watching):
        group.add_acts(acts)


def run(options: argparse.Namespace, home: Home) -> int:
    """0 when done; 1 when refused, when a group ended with dead jobs, or time ran out."""
    with operator(home.environment()) as asking:
        status: int = options.carry_out(options, asking)
    return status
