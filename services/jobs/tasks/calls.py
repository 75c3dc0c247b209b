"""`jobs.call_command`: a service's command, called once or in batches."""

import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis import shapes
from chassis.errors import Failure, Unavailable
from chassis.jobkinds import Backoff, Job, kind
from chassis.shapes import Shape

MOST_BATCHES = 10_000
MOST_ANSWER = 65_536  # bytes of JSON that are kept of a single call's answer
MOST_TOLD = 10  # refusals that are told one by one

_WORD = validate.Regexp(re.compile(r"[a-z][a-z0-9_]{0,99}\Z"))


class Refused(Exception):
    """Some of the calls were refused; the message says which, and why."""


class CallCommand(Shape):
    """Which command to call, and with what.

    Just `arguments`: one call. With `batches`: a call for each, its arguments added to those of
    all. With `items`: a call for each `batch_size` of them, as the argument `item_argument`.
    """

    service = fields.String(required=True, validate=_WORD)
    method = fields.String(required=True, validate=_WORD)
    arguments = fields.Dict(keys=fields.String(), load_default=dict)
    batches = fields.List(
        fields.Dict(keys=fields.String()),
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=1, max=MOST_BATCHES),
    )
    items = fields.List(
        fields.Raw(), load_default=None, allow_none=True, validate=validate.Length(min=1)
    )
    item_argument = fields.String(load_default="items", validate=_WORD)
    batch_size = fields.Integer(load_default=100, validate=validate.Range(min=1, max=10_000))

    @validates_schema
    def check_one_way(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("batches") is not None and loaded.get("items") is not None:
            raise ValidationError("Cannot go together with items.", "batches")


@kind("jobs.call_command", timeout=600, attempts=5, backoff=Backoff(base=5, factor=3, cap=600))
def call_command(job: Job) -> dict[str, Any]:
    """Call a service's command, for the account that the job is for; see `CallCommand`.

    The calls carry ids that are the same in every run, so that a later run is answered from what
    an earlier one did, and goes on behind it; services remember a day. Unavailable ends the run:
    another attempt may find the service. Any other refusal is an answer: the next batch goes on,
    and the run fails at the end with what was refused, which another attempt asks again.
    Returns `{calls}`, and the `answer` where there was one call and it is small.
    """
    request = shapes.load(CallCommand(), job.args)
    batches = list(_batches(request))
    call = partial(job.call_once, request["service"], request["method"])
    refused: list[str] = []
    answer: Any = None
    for place, arguments in enumerate(batches):
        try:
            answer = call(str(place), **arguments)
        except Unavailable:
            raise
        except Failure as failure:
            job.log("refused", batch=place, code=failure.code, reason=failure.message)
            refused.append(f"batch {place}: {failure}")
        job.progress(100 * (place + 1) / len(batches), f"{place + 1} of {len(batches)} calls")
    if refused:
        raise Refused(_told(refused, len(batches)))
    return {"calls": len(batches)} | (_kept(answer) if len(batches) == 1 else {})


def _batches(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    common, items, size = request["arguments"], request["items"], request["batch_size"]
    if request["batches"] is not None:
        yield from ({**common, **own} for own in request["batches"])
    elif items is not None:
        for start in range(0, len(items), size):
            yield {**common, request["item_argument"]: items[start : start + size]}
    else:
        yield common


def _told(refused: list[str], calls: int) -> str:
    further = len(refused) - MOST_TOLD
    listed = refused[:MOST_TOLD] + ([f"and {further} more"] if further > 0 else [])
    return f"{len(refused)} of {calls} calls were refused: {'; '.join(listed)}"


def _kept(answer: Any) -> dict[str, Any]:
    """A large answer is not worth failing a command that is done."""
    size = len(json.dumps(answer, default=str).encode())
    return {"answer": answer} if size <= MOST_ANSWER else {"answer_bytes": size}
