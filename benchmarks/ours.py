"""The real gateway with one route more, which asks a service for next to nothing.

`/api/v1/benchmark/reading` makes one call whose handler touches no database, so that what is
measured is the way there and back.
"""

from typing import Any

from flask import Blueprint, Flask, jsonify

from gateway import access
from gateway.app import __getattr__ as gateway_attribute

reading = Blueprint("benchmark", __name__, url_prefix="/api/v1/benchmark")


@reading.get("/reading")
def read() -> Any:
    access.signed_in()
    return jsonify(access.ask("billing", "clock_reading"))


def __getattr__(name: str) -> Flask:
    """`benchmarks.ours:application`, as gunicorn asks for it."""
    application = gateway_attribute(name)
    application.register_blueprint(reading)
    return application
