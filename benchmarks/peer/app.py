"""A bare Flask application; its routes answer at once, or ask the nameko service first."""

import os
from typing import Any

from flask import Flask, jsonify

from benchmarks.peer.asking import peer

BROKER_URL = os.environ["PEER_BROKER_URL"]
# As long as the gateway's answer to the same question.
SESSION = {
    "session_id": "01890000-0000-7000-8000-000000000001",
    "user_id": "01890000-0000-7000-8000-000000000002",
    "account_id": "01890000-0000-7000-8000-000000000003",
    "site_id": "01890000-0000-7000-8000-000000000004",
    "email": "member@example.com",
    "name": "A Member",
    "roles": ["member"],
    "time_zone": "UTC",
    "authenticated_at": "2026-01-01T00:00:00+00:00",
    "expires_at": "2026-01-02T00:00:00+00:00",
}

application = Flask(__name__)


@application.get("/session")
def session() -> Any:
    return jsonify(SESSION)


@application.get("/reading")
def reading() -> Any:
    return jsonify(peer(BROKER_URL).reading())


@application.get("/membership/<account_id>")
def membership(account_id: str) -> Any:
    return jsonify(peer(BROKER_URL).membership(account_id))
