"""`memberhall seed`: the demonstration's data, in sandbox mode."""

import argparse

from console.bus import operator
from console.home import Home
from console.seeding import seed

HELP = "put the demonstration's data in place (sandbox mode)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    with operator(home.environment()) as asking:
        seed(asking)
    print("The demonstration is in place.")
    return 0
