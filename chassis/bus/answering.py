"""Reading a call off the wire and writing its answer; nothing here can fail the worker."""

import json
from typing import Any
from uuid import UUID

from chassis.bus.calls import IncomingCall
from chassis.context import Verifier
from chassis.errors import Failure, Invalid, Unavailable
from chassis.logs import log
from chassis.wire import Delivery, headers_of


def read_call(verifier: Verifier, service: str, delivery: Delivery) -> IncomingCall:
    """The call in a delivery; raises Denied for a wrong context, Invalid for an unreadable body."""
    headers = headers_of(delivery)
    caller = verifier.caller(str(headers.get("context", "")), service)
    try:
        arguments = json.loads(delivery.body)
        call_id = UUID(headers["call_id"]) if headers.get("call_id") else None
    except ValueError as error:
        raise Invalid("unreadable_call", "The call cannot be read.") from error
    if not isinstance(arguments, dict):
        raise Invalid("unreadable_call", "A call's body is a JSON object of arguments.")
    return IncomingCall(caller=caller, arguments=arguments, call_id=call_id)


def answer_body(method: str, result: Any, exc_info: Any) -> tuple[bytes, str]:
    """The reply's body, and how the call ended: "ok", a failure's kind, or "error"."""
    error = exc_info[1] if exc_info else None
    if isinstance(error, Failure):
        return failure_body(error), error.kind
    if error is None:
        try:
            return json.dumps({"result": result}, separators=(",", ":")).encode(), "ok"
        except (TypeError, ValueError) as unserialisable:
            error = unserialisable
    log.error("call failed", method=method, exc_info=error)
    return failure_body(INTERNAL), "error"


def failure_body(failure: Failure) -> bytes:
    return json.dumps({"failure": failure.as_json()}, separators=(",", ":")).encode()


# What a defect looks like from outside: the log has the rest, under the same request id.
INTERNAL = Unavailable("internal_error", "Something went wrong inside; it has been recorded.")
