"""`memberhall jobs pause, resume, set`: kinds and nodes are changed while everything runs."""

import argparse
import json
from typing import Any

from console.commands.jobs.answers import Acts, Asking, add_act


def add_acts(acts: Acts) -> None:
    for name, says, carry_out in (
        ("pause", "start no more jobs of a kind, or on a node; what runs finishes", pause),
        ("resume", "go on with a kind or a node", resume),
    ):
        act = add_act(acts, name, says, carry_out)
        act.add_argument("what", choices=("kind", "node"))
        act.add_argument("name")
    _add_set(acts)


def _add_set(acts: Acts) -> None:
    act = acts.add_parser("set", help="change the limits of a kind, or a node's workers")
    each = act.add_subparsers(dest="what", required=True, metavar="kind|node")
    kind = add_act(each, "kind", "change what operators may change of a kind", set_kind)
    kind.add_argument("name")
    kind.add_argument(
        "changes",
        nargs="*",
        type=change_of,
        metavar="SETTING=VALUE",
        help="max_assigned=3, rate_per_s=null (no limit), max_assigned= (as declared)",
    )
    kind.add_argument("--as-declared", action="store_true", help="drop every change first")
    node = add_act(each, "node", "change how many workers a node has", set_node)
    node.add_argument("name")
    node.add_argument("--workers", required=True, type=workers_of, help="a number, or `started`")


def pause(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", f"pause_{options.what}", **{options.what: options.name})
    print(f"{options.name} is paused: what runs finishes, nothing more starts")
    return 0


def resume(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", f"resume_{options.what}", **{options.what: options.name})
    print(f"{options.name} goes on")
    return 0


def set_kind(options: argparse.Namespace, asking: Asking) -> int:
    """The changes are added to those that stand, and to no others that come between; without any,
    those that stand are shown."""
    stands = None if options.as_declared else _standing(options.name, asking)
    wanted = {**(stands or {}), **dict(options.changes)}
    override = {name: value for name, value in wanted.items() if value is not AS_DECLARED}
    if options.changes or options.as_declared:
        asking.ask("jobs", "change_kind", kind=options.name, override=override, instead_of=stands)
    said = ", ".join(f"{name}={json.dumps(value)}" for name, value in sorted(override.items()))
    print(f"{options.name}: {said or 'everything is as declared'}")
    return 0


def set_node(options: argparse.Namespace, asking: Asking) -> int:
    asking.ask("jobs", "change_node", node=options.name, workers=options.workers)
    said = "as many as it was started with" if options.workers is None else options.workers
    print(f"{options.name}: workers {said}")
    return 0


AS_DECLARED = object()
"""Stands for a change that is taken back."""


def change_of(text: str) -> tuple[str, Any]:
    """ "max_assigned=3" as a name and a JSON value; raises what argparse shows."""
    name, is_given, value = text.partition("=")
    if not name or not is_given:
        raise argparse.ArgumentTypeError(f"{text!r} must look like max_assigned=3")
    if not value:
        return name, AS_DECLARED
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value  # a pattern such as node_filter=gpu-.* needs no quotes


def workers_of(text: str) -> int | None:
    """A number from 1 to 1000, or None for "started"."""
    if text == "started":
        return None
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("must be from 1 to 1000, or `started`")
    return int(text)


def _standing(kind: str, asking: Asking) -> dict[str, Any]:
    override: dict[str, Any] = asking.ask("jobs", "kind", name=kind)["override"]
    return override
