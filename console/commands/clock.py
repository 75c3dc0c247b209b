"""`memberhall clock`: the suite's business time, which sandbox mode can move on."""

import argparse
import re

from console.bus import operator
from console.home import Home
from console.timekeeping import advance

HELP = "show the suite's business time, or `advance 32d` it (sandbox mode)"
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act")
    advance = acts.add_parser("advance", help="move business time on")
    advance.add_argument("by", type=seconds_of, help="such as 90s, 15m, 36h, 32d or 2w")


def run(options: argparse.Namespace, home: Home) -> int:
    environ = home.environment()
    with operator(environ) as asking:
        if options.act == "advance":
            reading = advance(asking, environ, options.by)
        else:
            reading = asking.ask("jobs", "clock")
    print(f"{reading['now']}  ({reading['offset_seconds']} s ahead of real time)")
    return 0


def seconds_of(text: str) -> int:
    """The seconds of "32d"; raises the error that argparse shows."""
    read = re.fullmatch(r"(\d+)([smhdw])", text)
    if read is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 90s, 15m, 36h or 32d")
    return int(read[1]) * SECONDS[read[2]]
