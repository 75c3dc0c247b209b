"""What the acts of `memberhall jobs` have in common: whom they ask, and how they answer."""

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

from chassis.errors import Failure, NotFound


class Asking(Protocol):
    """Somebody who may ask services; raises the five failures."""

    def ask(self, service: str, method: str, **arguments: Any) -> Any: ...


class Acts(Protocol):
    """Where sub-commands are added."""

    def add_parser(self, name: str, *, help: str) -> argparse.ArgumentParser: ...


CarryOut = Callable[[argparse.Namespace, Asking], int]


def add_act(acts: Acts, name: str, says: str, carry_out: CarryOut) -> argparse.ArgumentParser:
    """A sub-command that is carried out by a function and says in one line what it does."""
    parser = acts.add_parser(name, help=says)
    parser.description = says
    parser.set_defaults(carry_out=carry_out)
    return parser


def add_listing(acts: Acts, name: str, says: str, carry_out: CarryOut) -> argparse.ArgumentParser:
    """A sub-command that shows something: as text, or as JSON for programs."""
    parser = add_act(acts, name, says, carry_out)
    parser.add_argument("--json", action="store_true", help="the answer as JSON")
    return parser


def show(options: argparse.Namespace, answer: Any, lines: Iterable[str]) -> int:
    """Print the answer as it was asked for."""
    if options.json:
        print(json.dumps(answer, indent=2, ensure_ascii=False))
    else:
        for line in lines:
            print(line)
    return 0


def for_each(uids: Sequence[str], carry_out: Callable[[str], str]) -> int:
    """Do the same to several, go on past those that refuse it; 1 when one did, else 0."""
    status = 0
    for uid in uids:
        try:
            print(carry_out(uid))
        except Failure as reason:
            print(f"{uid}: {reason.message}", file=sys.stderr)
            status = 1
    return status


def found(items: Iterable[Mapping[str, Any]], what: str, name: str) -> Mapping[str, Any]:
    """The one of this name; raises NotFound, which names the others."""
    known = {item["name"]: item for item in items}
    if name not in known:
        others = ", ".join(sorted(known)) or "none"
        raise NotFound(f"{what}_unknown", f"There is no {what} {name}. There are: {others}.")
    return known[name]
