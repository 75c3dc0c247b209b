"""`memberhall make-operator`: gives a user who has signed up the operator's rights."""

import argparse

from console.bus import operator
from console.home import Home

HELP = "make an operator of a user who has signed up: the way to the first one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", help="the address that the user signed up with")


def run(options: argparse.Namespace, home: Home) -> int:
    with operator(home.environment()) as asking:
        asking.ask("auth", "make_operator", email=options.email)
    print(f"{options.email} is an operator.")
    return 0
