"""/healthz: the process lives; /readyz: it can do its work."""

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from gateway.asking import gateway

probes = Blueprint("probes", __name__)


@probes.get("/healthz")
def alive() -> ResponseReturnValue:
    return jsonify(process="gateway", live=True)


@probes.get("/readyz")
def ready() -> ResponseReturnValue:
    if gateway().bus.is_connected:
        return jsonify(process="gateway", ready=True, reasons={})
    reasons = {"broker": "The message broker is not connected."}
    return jsonify(process="gateway", ready=False, reasons=reasons), 503
