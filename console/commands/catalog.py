"""`memberhall catalog`: what is sold, from billing's catalog file."""

import argparse

from console.bus import operator
from console.home import Home

HELP = "put what billing's catalog file describes on sale"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults()


def run(options: argparse.Namespace, home: Home) -> int:
    """Safe to repeat: only what has changed in the file becomes a new version of a plan."""
    with operator(home.environment()) as asking:
        answer = asking.ask("billing", "load_catalog")
    added, retired = answer["added"], answer["retired"]
    print(f"{added} products and plans new or changed, {retired} taken off sale")
    return 0
