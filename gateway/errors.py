"""Every way a request can fail, and what is answered: one table from kind to status.

Programs get `application/problem+json` (RFC 9457), people a page with a sentence that they
understand. Both name the request id, under which the logs tell the rest.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, json, render_template, request
from werkzeug.exceptions import HTTPException

from chassis.errors import Failure, Unavailable
from chassis.logs import log

STATUS = {"invalid": 422, "denied": 403, "not_found": 404, "conflict": 409, "unavailable": 503}
STATUS_OF_CODE = {"internal_error": 500, "not_authenticated": 401}
RETRY_AFTER = "2"  # seconds; what is away is mostly a restart

SENTENCES = {
    400: "The request could not be understood.",
    404: "There is nothing at this address.",
    405: "This address does not accept that kind of request.",
    413: "What was sent is too large.",
    415: "What was sent is of a kind that is not read here.",
    500: "Something went wrong on our side. It has been recorded.",
}


def register(app: Flask) -> None:
    """Answer every failure of this application here."""
    for kind in (Failure, HTTPException, Exception):
        app.register_error_handler(kind, answer)


def answer(error: Exception) -> Response:
    """The response to whatever a request raised."""
    if isinstance(error, HTTPException) and error.response is not None:
        return error.response  # type: ignore[return-value]  # werkzeug's own, of the same interface
    problem = _described(error)
    if request.path.startswith(("/api/", "/webhooks/")) or _wants_json():
        response = _problem(problem)
    else:
        response = _page(problem)
    response.headers.update(_headers(error, problem["status"]))
    return response


def status_of(failure: Failure) -> int:
    """The HTTP status of one of the five failures."""
    return STATUS_OF_CODE.get(failure.code, STATUS[failure.kind])


def _described(error: Exception) -> dict[str, Any]:
    """The members of RFC 9457, with `code`, `request_id` and `errors` beside them."""
    if isinstance(error, Failure):
        status, code, detail = status_of(error), error.code, error.message
        fields: Mapping[str, list[str]] = error.fields
    elif isinstance(error, HTTPException):
        (status, code, detail), fields = _of_http(error), {}
    else:
        log.exception("request failed", exc_info=error)
        status, code, detail, fields = 500, "internal_error", SENTENCES[500], {}
    return {
        "type": f"urn:memberhall:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": f"urn:uuid:{g.request_id}",
        "code": code,
        "request_id": g.request_id,
        "errors": [{"pointer": at, "detail": each} for at in fields for each in fields[at]],
    }


def _of_http(error: HTTPException) -> tuple[int, str, str]:
    """Status, code and sentence of what Flask or werkzeug raised."""
    status = error.code or 500
    if status >= 500:
        log.error("request failed", exc_info=error)
    code = HTTPStatus(status).phrase.lower().replace(" ", "_").replace("-", "_")
    return status, code, SENTENCES.get(status, HTTPStatus(status).description)


def _problem(problem: Mapping[str, Any]) -> Response:
    return Response(
        json.dumps(problem), status=problem["status"], content_type="application/problem+json"
    )


def _page(problem: Mapping[str, Any]) -> Response:
    return Response(render_template("public/error.html", problem=problem), status=problem["status"])


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    return accepted["application/json"] > accepted["text/html"]


def _headers(error: Exception, status: int) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Unavailable):
        headers["Retry-After"] = RETRY_AFTER
    if isinstance(error, HTTPException):
        headers.update({name: value for name, value in error.get_headers() if name == "Allow"})
    return headers
