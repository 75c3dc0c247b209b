"""`memberhall node --name N --workers W [--labels zone=a,disk=ssd]`: a node joins the cluster."""

import argparse
import os
import socket
import sys

from chassis import config
from chassis.logs import bind, start_logging
from services.jobs.node.settings import NodeSettings, Options
from services.jobs.node.supervisor import Supervisor

LEAST_MEMORY = 128  # MB; a worker needs half of it before its first job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command, for the console's parser."""
    parser.add_argument("--name", default=socket.gethostname(), help="how operators see this node")
    parser.add_argument("--workers", type=_slots, default=os.cpu_count() or 1, help="jobs at once")
    parser.add_argument("--labels", type=_labels, default={}, help="such as zone=a,disk=ssd")
    parser.add_argument(
        "--memory", type=_megabytes, default=1024, help="MB that a worker may use; 0 for no limit"
    )
    parser.add_argument("--tasks", action="append", default=[], help="a further module with kinds")


def run(args: argparse.Namespace) -> int:
    """Run a node until SIGTERM or SIGINT; returns the exit status, 0 after a drain."""
    try:
        settings = config.load(NodeSettings, "node", os.environ)
    except config.SettingsError as faults:
        print(f"node cannot start: {faults}", file=sys.stderr)  # noqa: T201 - before logging starts
        return 2
    start_logging("node", settings.log_level)
    bind(node=args.name)
    options = Options(
        name=args.name,
        workers=args.workers,
        labels=args.labels,
        tasks=tuple(args.tasks),
        memory=args.memory,
    )
    return Supervisor(options, settings).run()


def _slots(text: str) -> int:
    slots = int(text)
    if not 1 <= slots <= 1000:
        raise argparse.ArgumentTypeError("must be from 1 to 1000")
    return slots


def _megabytes(text: str) -> int:
    megabytes = int(text)
    if megabytes != 0 and megabytes < LEAST_MEMORY:
        raise argparse.ArgumentTypeError(f"must be 0 or at least {LEAST_MEMORY}")
    return megabytes


def _labels(text: str) -> dict[str, str]:
    try:
        return dict(pair.split("=", 1) for pair in text.split(",") if pair)
    except ValueError:
        raise argparse.ArgumentTypeError("must look like zone=a,disk=ssd") from None


def main() -> int:
    parser = argparse.ArgumentParser(prog="memberhall node", description=__doc__)
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
