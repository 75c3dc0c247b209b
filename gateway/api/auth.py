"""Signing up, confirming, logging in and out, over the API."""

from typing import Any

from marshmallow import fields

from chassis.shapes import Instant, Shape
from gateway import access, signing_in
from gateway.api.describing import Operations
from gateway.api.idempotency import creation
from gateway.asking import gateway
from gateway.session import SessionView, new_token, token_hash
from services.auth import schemas

operations = Operations("auth", "Sign-up, sessions, passwords.")


class Token(Shape):
    """A bearer token; it is told once and cannot be looked up again."""

    token = fields.String()
    expires_at = Instant()
    session = fields.Nested(schemas.SessionView)


@operations.on(
    "POST",
    "/sign-ups",
    takes=schemas.SignUp(exclude=("user_id", "account_id", "visit_id")),
    who="everyone",
    status=202,
)
def sign_up(body: dict[str, Any]) -> Any:
    """Sign up; a message to confirm the address follows. Known addresses get the same answer."""
    made = creation()
    access.ask(
        "auth",
        "sign_up",
        call_id=made.call_id,
        user_id=made.created_id,
        account_id=made.another("account"),
        **body,
    )
    return {}


@operations.on("POST", "/confirmations", takes=schemas.OneToken(), who="everyone", status=204)
def confirm(body: dict[str, Any]) -> Any:
    """Confirm an address by the token that was mailed to it."""
    access.ask("auth", "confirm", **body)


@operations.on("POST", "/password-resets", takes=schemas.OneAddress(), who="everyone", status=202)
def request_password_reset(body: dict[str, Any]) -> Any:
    """Have a link mailed that sets a new password. Unknown addresses get the same answer."""
    access.ask("auth", "request_password_reset", **body)
    return {}


@operations.on(
    "POST",
    "/password-resets/completions",
    takes=schemas.ResetPassword(),
    who="everyone",
    status=204,
)
def reset_password(body: dict[str, Any]) -> Any:
    """Set a new password by the token that was mailed; every session of the user ends."""
    access.ask("auth", "reset_password", **body)


@operations.on(
    "POST",
    "/sessions",
    takes=schemas.LogIn(only=("login", "password")),
    gives=Token(),
    who="everyone",
    status=201,
)
def log_in(body: dict[str, Any]) -> Any:
    """Open a session; its token goes into `Authorization: Bearer …`."""
    token = new_token()
    hashed = token_hash("api", token)
    answer = access.ask("auth", "log_in", session_hash=hashed, **body, **signing_in.asked_by())
    gateway().sessions.put(hashed, SessionView.read(answer))
    return {"token": token, "expires_at": answer["expires_at"], "session": answer}


@operations.on("GET", "/sessions/current", gives=schemas.SessionView())
def current_session() -> Any:
    """Who the token belongs to."""
    return access.signed_in().as_json


@operations.on("DELETE", "/sessions/current", status=204)
def log_out() -> Any:
    """End the session of the token."""
    hashed = access.session_hash()
    access.ask("auth", "log_out", session_hash=hashed)
    gateway().sessions.end(str(hashed))
