"""`memberhall jobs enqueue, cancel, retry, retry-dead`: what is done with jobs."""

import argparse
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chassis.events import instant_text
from chassis.ids import new_id
from console.commands.clock import seconds_of
from console.commands.jobs.answers import Acts, Asking, add_act, add_listing, for_each, show

AT_ONCE = 5_000
"""Dead jobs that one request brings back; fewer are the last. Until none is left would have no end
where jobs die again at once."""


def add_acts(acts: Acts) -> None:
    _add_enqueue(acts)
    for name, says, carry_out in (
        ("cancel", "end jobs that wait, and ask running ones to stop", cancel),
        ("retry", "give dead jobs all their attempts anew", retry),
    ):
        act = add_act(acts, name, says, carry_out)
        act.add_argument("uid", nargs="+")
    dead = add_act(acts, "retry-dead", "give every dead job its attempts anew", retry_dead)
    dead.add_argument("--kind", help="only those of this kind")


def _add_enqueue(acts: Acts) -> None:
    act = add_listing(acts, "enqueue", "ask for a job; prints its uid", enqueue)
    act.add_argument("kind", help="such as billing.render_invoice")
    act.add_argument(
        "--args",
        type=arguments_of,
        default={},
        metavar="JSON",
        help="an object, @file, or - for what is piped in",
    )
    act.add_argument("--uid", help="its identity: asking twice with the same one is harmless")
    act.add_argument("--at", type=instant_of, help="2026-12-24T18:00:00+01:00, or +90s, +15m, +36h")
    act.add_argument("--priority", type=int, help="1 (first) to 4")
    act.add_argument("--tag", action="append", default=[], help="may be given several times")
    act.add_argument("--needs", action="append", default=[], metavar="UID", help="waits for this")
    act.add_argument("--group", metavar="UID", help="counts as part of this group")


def enqueue(options: argparse.Namespace, asking: Asking) -> int:
    optional = {"run_at": options.at, "priority": options.priority, "group_id": options.group}
    answer = asking.ask(
        *("jobs", "enqueue"),
        uid=options.uid or str(new_id()),
        kind=options.kind,
        args=options.args,
        tags=options.tag,
        needs=options.needs,
        **{name: value for name, value in optional.items() if value is not None},
    )
    return show(options, answer, [_told(answer)])


def cancel(options: argparse.Namespace, asking: Asking) -> int:
    def one(uid: str) -> str:
        state = asking.ask("jobs", "cancel_job", job_id=uid)["state"]
        said = "is cancelled" if state == "cancelled" else "runs and is asked to stop"
        return f"{uid} {said}"

    return for_each(options.uid, one)


def retry(options: argparse.Namespace, asking: Asking) -> int:
    def one(uid: str) -> str:
        asking.ask("jobs", "retry_job", job_id=uid)
        return f"{uid} is tried again"

    return for_each(options.uid, one)


def retry_dead(options: argparse.Namespace, asking: Asking) -> int:
    number = 0
    while True:
        revived = asking.ask("jobs", "retry_dead", kind=options.kind)["number"]
        number += revived
        if revived < AT_ONCE:
            break
    of_kind = f" of {options.kind}" if options.kind else ""
    print(f"{number:,} dead jobs{of_kind} are tried again")
    return 0


def arguments_of(text: str) -> dict[str, Any]:
    """The arguments of a job: JSON, "@file" with JSON, or "-" for the standard input."""
    if text == "-":
        text = sys.stdin.read()
    elif text.startswith("@"):
        text = _content_of(text[1:])
    try:
        arguments = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text[:60]!r} is not JSON: {error}") from None
    if not isinstance(arguments, dict):
        raise argparse.ArgumentTypeError('must be an object such as {"invoice_id": "…"}')
    return arguments


def _content_of(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path} cannot be read: {error.strerror}") from None


def instant_of(text: str) -> str:
    """An instant in RFC 3339, or so long from now as in "+15m"; raises what argparse shows."""
    if re.fullmatch(r"\+.+", text):
        return instant_text(datetime.now(UTC) + timedelta(seconds=seconds_of(text[1:])))
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a moment with a zone (2026-12-24T18:00:00+01:00) nor +15m"
        )
    return instant_text(instant)


def _told(answer: dict[str, Any]) -> str:
    uid = answer["uid"]
    if answer["repeated"]:
        return f"{uid} had been accepted before"
    if other := answer["duplicate_of"]:
        return f"{other} does the same already; no further job was made"
    return f"{uid} is accepted"
