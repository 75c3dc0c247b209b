"""How an operation of `/api/v1` is declared: what it takes, what it gives, who may use it.

The service's own shapes document it and refuse a wrong call with 422 before any service is asked.
The answer is passed on as the service dumped it, so the shape that documents it is not used twice.
"""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, Literal

from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Flask, Response, jsonify, request
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException

from chassis.shapes import Id, Shape, load
from gateway import access, errors

VERSION = "1"
PREFIX = f"/api/v{VERSION}"
FAILURES = (400, 401, 403, 404, 409, 413, 415, 422, 503)

Method = Literal["GET", "POST", "PUT", "DELETE"]
Who = Literal["everyone", "members", "operators"]
Operation = Callable[..., Any]


class ProblemError(Shape):
    """One thing that is wrong, and where (a JSON pointer into what was sent)."""

    pointer = fields.String()
    detail = fields.String()


class Problem(Shape):
    """RFC 9457 problem details."""

    type = fields.String()
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    instance = fields.String()
    code = fields.String(metadata={"description": "Stable name of what went wrong."})
    request_id = Id()
    errors = fields.List(fields.Nested(ProblemError))


class Operations:
    """The operations on one service, as one blueprint."""

    def __init__(self, name: str, description: str) -> None:
        self.blueprint = Blueprint(f"api_{name}", __name__, description=description)

    def on(
        self,
        method: Method,
        path: str,
        *,
        gives: Schema | None = None,
        takes: Schema | None = None,
        query: Schema | None = None,
        who: Who = "members",
        status: int = 200,
    ) -> Callable[[Operation], Operation]:
        """Declare an operation; the view gets the body and then the query where it has them.

        Both come as they were sent, once the shapes have found nothing wrong with them: the service
        reads them again at its own door. The view returns JSON values, or a response of its own.
        """

        def decorate(view: Operation) -> Operation:
            runs = _running(view, takes=takes, query=query, who=who, status=status)
            described = self._described(view, takes=takes, query=query, gives=gives, status=status)
            security: list[Mapping[str, list[str]]] = [] if who == "everyone" else [{"token": []}]
            described = self.blueprint.doc(security=security)(described)
            # What flask-smorest notes on the described view goes over to the one that runs.
            self.blueprint.route(path, methods=[method])(update_wrapper(runs, described))
            return view

        return decorate

    def _described(
        self,
        view: Operation,
        *,
        takes: Schema | None,
        query: Schema | None,
        gives: Schema | None,
        status: int,
    ) -> Operation:
        """The view with its description; flask-smorest's wrappers of it are never called."""
        described: Operation = self.blueprint.response(status, gives)(view)
        for failure in FAILURES:
            described = self.blueprint.alt_response(
                failure, schema=Problem, content_type="application/problem+json"
            )(described)
        for location, shape in (("query", query), ("json", takes)):
            if shape is not None:
                described = self.blueprint.arguments(shape, location=location)(described)
        return described


def describe(app: Flask, operations: list[Operations]) -> None:
    """Mount the operations, and their description at /api/v1/openapi.json."""
    app.config.update(
        API_TITLE="Memberhall",
        API_VERSION=f"v{VERSION}",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX=PREFIX,
        OPENAPI_JSON_PATH="openapi.json",
    )
    plugin = MarshmallowPlugin(schema_name_resolver=_component_name)
    described = _DescribedApi(app, spec_kwargs={"marshmallow_plugin": plugin})
    token = {"type": "http", "scheme": "bearer", "description": "From POST /api/v1/sessions."}
    described.spec.components.security_scheme("token", token)
    for each in operations:
        described.register_blueprint(each.blueprint, url_prefix=PREFIX)


class _DescribedApi(Api):  # type: ignore[misc]  # flask-smorest is untyped
    """flask-smorest with our errors in place of its own."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Response:
        return errors.answer(error)


def _component_name(schema: type[Schema] | Schema) -> str:
    """ "billing.Checkout"; services may use the same name for different shapes. A shape of which
    only a part is sent has a name of its own."""
    shape = schema if isinstance(schema, type) else type(schema)
    module = shape.__module__.split(".")
    name = f"{module[1]}.{shape.__name__}" if module[0] == "services" else shape.__name__
    is_part = not isinstance(schema, type) and bool(schema.only or schema.exclude)
    return f"{name}.given" if is_part else name


def _running(
    view: Operation, *, takes: Schema | None, query: Schema | None, who: Who, status: int
) -> Operation:
    """The view as it is called. Who asks is looked at first: strangers learn nothing of shapes."""

    def run(**path: Any) -> Response:
        if who == "members":
            access.signed_in()
        elif who == "operators":
            access.check_operator()
        given = []
        if takes is not None:
            given.append(_checked(takes, _body()))
        if query is not None:
            given.append(_checked(query, request.args.to_dict()))
        return _response(view(*given, **path), status)

    return run


def _checked(shape: Schema, sent: Any) -> Any:
    """What was sent, as it was sent; raises Invalid where the shape finds it wrong."""
    load(shape, sent)
    return sent


def _body() -> Any:
    """The JSON of the body; no body is an empty object, whose missing fields are then told."""
    return request.get_json() if request.get_data() else {}


def _response(answer: Any, status: int) -> Response:
    if isinstance(answer, Response):
        return answer
    response = jsonify(answer) if status != 204 else Response()
    response.status_code = status
    return response
