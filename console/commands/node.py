"""`memberhall node`: a node for offline work joins, and leaves when it is told to end."""

import argparse
import os

from console import environment
from console.home import Home
from console.processes import processes
from services.jobs.node import main as node

HELP = "join the cluster of nodes that do the offline work"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    node.add_arguments(parser)


def run(options: argparse.Namespace, home: Home) -> int:
    """Run until SIGTERM; on the machine of a suite, further nodes find its settings themselves."""
    if "MEMBERHALL_NODE_DATABASE_URL" not in os.environ:
        environ = home.environment()
        entries = processes(environ.get("MEMBERHALL_MODE", ""))
        entry = next(each for each in entries if each.name == "node")
        own = environment.for_process(entry, environ, entries)
        # The first node has the port of the probes; further ones do without.
        os.environ.update({**own, entry.port: os.environ.get(entry.port, "0")})
    return node.run(options)
