"""How much of a request is read, and what it may be made of (GW-05, GW-06).

The body is read here, once and whole, before any view runs: a view that reads it again gets the
same bytes, and a body that is too long or broken off never reaches one.
"""

import re

from flask import Flask, request
from gunicorn.http.errors import ParseException
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnsupportedMediaType

from gateway.asking import gateway

DEEPEST = 20
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)


def limit_forms(app: Flask, largest: int) -> None:
    """Limits that hold wherever a view reads a form."""
    app.config.update(MAX_CONTENT_LENGTH=largest, MAX_FORM_MEMORY_SIZE=largest, MAX_FORM_PARTS=1000)


def read_body() -> None:
    """Read the body within its limit; raises 400, 413 or 415 as an HTTPException."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    largest = _largest()
    # werkzeug cuts a body without a length off at its limit and says nothing: one byte more than is
    # allowed tells that there was more.
    request.max_content_length = largest + 1
    if (request.content_length or 0) > largest:
        raise RequestEntityTooLarge
    try:
        body = request.get_data(cache=True)
    except (OSError, ParseException) as error:
        raise BadRequest("The body of the request could not be read.") from error
    if len(body) > largest:
        raise RequestEntityTooLarge
    if len(body) < (request.content_length or 0):
        raise BadRequest("The body of the request broke off.")
    if body:
        _check_content(body)


def _largest() -> int:
    settings = gateway().settings
    is_notification = request.path.startswith("/webhooks/")
    return settings.largest_notification if is_notification else settings.largest_body


def _check_content(body: bytes) -> None:
    if request.path.startswith("/api/"):
        if request.mimetype != "application/json":
            raise UnsupportedMediaType("The API reads application/json.")
        if _depth(body) > DEEPEST:
            raise BadRequest("The JSON is nested too deeply.")
    elif not request.path.startswith("/webhooks/") and request.mimetype not in FORMS:
        raise UnsupportedMediaType("Forms are sent as forms.")


def _depth(body: bytes) -> int:
    """How deep brackets are nested, strings left out; counted before a parser recurses into it."""
    depth = deepest = 0
    for token in _TOKEN.finditer(body):
        match body[token.start()]:
            case 0x5B | 0x7B:
                depth += 1
                deepest = max(deepest, depth)
            case 0x5D | 0x7D:
                depth -= 1
    return deepest
