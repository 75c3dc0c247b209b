"""`memberhall migrate`: databases and broker to what this version needs."""

import argparse

from console.home import Home
from console.migrating.broker import BrokerRefused
from console.migrating.suite import EnvironmentIncomplete, migrate

HELP = "make roles, schemas, tables, queues and rights what this version needs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    try:
        migrate(home.environment(), lambda line: print(line, flush=True))
    except (EnvironmentIncomplete, BrokerRefused) as reason:
        print(f"migrate: {reason}")
        return 1
    return 0
