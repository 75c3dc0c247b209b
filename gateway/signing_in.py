"""Opening and ending the session of a browser."""

from typing import Any

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from gateway import access
from gateway.asking import gateway
from gateway.session import SessionView, token_hash

# The browser keeps the cookie as long as the longest session may live; auth ends it when it is due.
KEPT_SECONDS = 30 * 24 * 3600


def asked_by() -> dict[str, str]:
    """What a member's list of sessions shows about where one was opened."""
    return {
        "user_agent": request.headers.get("User-Agent", "")[:400],
        "ip": request.remote_addr or "",
    }


def open_session(response: AnyResponse, token: str, answer: dict[str, Any]) -> AnyResponse:
    """Give the browser the token of the session that auth has just opened."""
    view = SessionView.read(answer)
    end_session(response)
    gateway().sessions.put(token_hash("page", token), view)
    response.set_cookie(
        access.cookie_name(),
        token,
        max_age=KEPT_SECONDS,
        **_attributes(),
    )
    return response


def end_session(response: AnyResponse) -> AnyResponse:
    """End the session this request came with, if it did: nobody goes on with an old one (SE-02)."""
    hashed = access.session_hash()
    if hashed is not None:
        access.ask("auth", "log_out", session_hash=hashed)
        gateway().sessions.end(hashed)
        response.delete_cookie(access.cookie_name(), **_attributes())
    return response


def _attributes() -> dict[str, Any]:
    """Path "/" and no Domain, as the `__Host-` name demands (SE-01)."""
    secure = gateway().settings.is_https
    return {"path": "/", "secure": secure, "httponly": True, "samesite": "Lax"}
