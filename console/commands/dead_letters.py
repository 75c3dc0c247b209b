"""`memberhall dead-letters`: deliveries that a service gave up, to be seen, replayed or dropped."""

import argparse
import json

from console.bus import operator
from console.home import Home

HELP = "list, replay or drop the deliveries that a service gave up"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    listing = acts.add_parser("list", help="the oldest 500")
    replay = acts.add_parser("replay", help="put one, or all, back into the inbox")
    drop = acts.add_parser("drop", help="delete one for good")
    for act in (listing, replay, drop):
        act.add_argument("service")
    replay.add_argument("message_id", nargs="?", help="all of them where none is named")
    drop.add_argument("message_id")


def run(options: argparse.Namespace, home: Home) -> int:
    with operator(home.environment()) as asking:
        match options.act:
            case "list":
                for letter in asking.ask(options.service, "dead_letters")["items"]:
                    print(json.dumps(letter))
            case "replay":
                answer = asking.ask(
                    options.service, "replay_dead_letters", message_id=options.message_id
                )
                print(f"{answer['replayed']} put back into the inbox of {options.service}")
            case "drop":
                asking.ask(options.service, "drop_dead_letter", message_id=options.message_id)
                print(f"{options.message_id} is deleted")
    return 0
