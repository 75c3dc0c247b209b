"""`jobs.http_request`: a request to a partner's system."""

import json
import re
from typing import Any

from marshmallow import ValidationError, fields, validate, validates_schema

from chassis import shapes
from chassis.jobkinds import Backoff, Job, kind
from chassis.shapes import Shape
from services.jobs.tasks import web

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_BODY = 262_144  # bytes
MOST_HEADERS = 30
KEPT = 2_048  # bytes of the answer
LONGEST = 30  # seconds

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e]{0,2000}")
# Ours to say, or the connection's.
_TAKEN = frozenset(
    (
        *("host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer"),
        *("expect", "proxy-authorization", "proxy-connection", "idempotency-key", "webhook-id"),
    )
)


class NotAccepted(Exception):
    """The partner's system did not answer with 2xx; the message says what it answered."""


def _check_headers(headers: dict[str, str]) -> None:
    if len(headers) > MOST_HEADERS:
        raise ValidationError(f"At most {MOST_HEADERS} headers are sent.")
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValidationError(f"{name!r} is no header that can be sent.")
        if name.lower() in _TAKEN:
            raise ValidationError(f"{name!r} is not for jobs to set.")


class HttpRequest(Shape):
    """What to send; `json` or `body`, a text. Nothing here is secret: jobs are kept and shown."""

    url = fields.String(required=True)
    method = fields.String(load_default="POST", validate=validate.OneOf(METHODS))
    headers = fields.Dict(
        keys=fields.String(), values=fields.String(), load_default=dict, validate=_check_headers
    )
    json = fields.Raw(load_default=None, allow_none=True)
    body = fields.String(load_default=None, allow_none=True)
    timeout = fields.Float(load_default=10.0, validate=validate.Range(min=0.1, max=LONGEST))

    @validates_schema
    def check_one_body(self, loaded: dict[str, Any], **_: Any) -> None:
        if loaded.get("json") is not None and loaded.get("body") is not None:
            raise ValidationError("Cannot go together with json.", "body")


# Nine attempts over some sixteen hours: a partner's night is long enough to mend a server in.
@kind(
    "jobs.http_request",
    timeout=90,
    attempts=9,
    backoff=Backoff(base=10, factor=4, cap=21_600),
)
def http_request(job: Job) -> dict[str, Any]:
    """Send a request to a public address; see `HttpRequest`.

    2xx is success. Anything else fails the attempt, also what looks final: partners' systems answer
    400, 404 or 410 while they are deployed or set up wrongly, and senders of webhooks agree on
    trying those again. A redirect is not followed, for the body was meant for the first address.
    `Webhook-Id` is the same in every attempt (standardwebhooks.com), so that a receiver can tell a
    repetition; `Idempotency-Key` is the run's fence.
    Returns `{status, seconds, body}`, of the body the first 2 kB.
    """
    request = shapes.load(HttpRequest(), job.args)
    body, headers = _body(request)
    headers |= {"Idempotency-Key": job.fence, "Webhook-Id": str(job.uid)}
    answer = web.ask(
        request["method"],
        request["url"],
        headers=headers,
        body=body,
        seconds=request["timeout"],
        most=KEPT,
    )
    if not 200 <= answer.status < 300:
        raise NotAccepted(_why(answer))
    return {"status": answer.status, "seconds": round(answer.seconds, 3), "body": _text(answer)}


def _body(request: dict[str, Any]) -> tuple[bytes | None, dict[str, str]]:
    """The body's bytes, and the headers with its content type."""
    headers: dict[str, str] = dict(request["headers"])
    content: bytes | None = None
    kind_of_body = "text/plain; charset=utf-8"
    if request["json"] is not None:
        content, kind_of_body = json.dumps(request["json"]).encode(), "application/json"
    elif request["body"] is not None:
        content = request["body"].encode()
    if content is not None and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind_of_body
    if content is not None and len(content) > MOST_BODY:
        raise ValueError(f"the body has {len(content)} bytes, at most {MOST_BODY} are sent")
    return content, headers


def _why(answer: web.Answer) -> str:
    said = f"answered {answer.status}"
    if answer.target:
        said += f" with a redirect to {answer.target}, which is not followed"
    if pause := answer.headers.get("Retry-After"):
        said += f", to be asked again after {pause}"
    text = _text(answer).strip()
    return f"{answer.url} {said}" + (f": {text[:500]}" if text else "")


def _text(answer: web.Answer) -> str:
    """As much of the body as was read, fit to be stored."""
    return answer.body.decode("utf-8", "replace").replace("\x00", "\ufffd")
