"""`memberhall down`: end what `up` started."""

import argparse

from console.home import Home
from console.suite import Suite

HELP = "end what `up` started; its data stays"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    Suite(home).stop(lambda line: print(f"down: {line}", flush=True))
    print("down: nothing of the suite runs any more")
    return 0
