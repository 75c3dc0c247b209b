"""Who is asking: a page's cookie or an API's bearer token, never one in the other's place."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from chassis.client import DEADLINE
from chassis.context import Caller
from chassis.errors import Denied, Failure, NotFound, Unavailable
from chassis.logs import log
from gateway.asking import Answer, gateway, settle
from gateway.session import SessionView, token_hash

P = ParamSpec("P")

OPERATOR = "operator"
API = "/api/"


def cookie_name() -> str:
    """`__Host-` binds the cookie to this very host and to TLS; plain HTTP cannot have it."""
    return "__Host-session" if gateway().settings.is_https else "session"


def session_hash() -> str | None:
    """The hash of the token that came with this request, through the door it came by."""
    if request.path.startswith(API):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        return token_hash("api", token.strip()) if kind.lower() == "bearer" and token else None
    token = request.cookies.get(cookie_name(), "")
    return token_hash("page", token) if token else None


def me() -> SessionView | None:
    """The session of this request; None for a visitor. Raises Unavailable when auth is away."""
    if "me" not in g:
        hashed = session_hash()
        g.me = gateway().sessions.get(hashed, lambda: _asked(hashed)) if hashed else None
    found: SessionView | None = g.me
    return found


def me_if_known() -> SessionView | None:
    """The same for what a visitor may see too: while auth is away everybody is a visitor."""
    try:
        return me()
    except Unavailable:
        g.me = None
        return None


def caller() -> Caller:
    """The context in which this request asks services."""
    view = me_if_known()
    if view is None:
        return visitor()
    return Caller(
        principal="gateway",
        request_id=g.request_id,
        user_id=view.user_id,
        account_id=view.account_id,
        site_id=view.site_id,
        roles=view.roles,
        authenticated_at=view.authenticated_at,
    )


def visitor() -> Caller:
    """Somebody of whom only the site is known."""
    return Caller(principal="gateway", request_id=g.request_id, site_id=g.site.site_id)


def begin(service: str, method: str, /, *, deadline: float = DEADLINE, **arguments: Any) -> Answer:
    """Ask a service in the name of whoever asks; `call_id` may be among the arguments."""
    return gateway().bus.begin(service, method, caller=caller(), deadline=deadline, **arguments)


def ask(service: str, method: str, /, **arguments: Any) -> Any:
    """Ask and wait."""
    return begin(service, method, **arguments).result()


def signed_in() -> SessionView:
    """The session of this request; raises Denied where there is none."""
    view = me()
    if view is None:
        raise Denied("not_authenticated", "Please log in to do this.")
    return view


def check_operator() -> None:
    """Raise Denied unless an operator asks."""
    if OPERATOR not in signed_in().roles:
        raise Denied("operators_only", "Only operators may see this.")


def members_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A page for whoever is logged in; others are sent to log in and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if me() is None:
            return _to_log_in()
        return view(*args, **kwargs)

    return guarded


def operators_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """A page for operators."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if me() is None:
            return _to_log_in()
        check_operator()
        return view(*args, **kwargs)

    return guarded


def _to_log_in() -> ResponseReturnValue:
    # What was posted cannot be posted again after logging in; the page it stood on can be shown.
    wanted = request.full_path.rstrip("?") if request.method == "GET" else "/dashboard"
    return redirect(url_for("public.log_in", next=wanted), 303)


def _asked(hashed: str) -> SessionView | None:
    """Auth's answer; it is also told that the session is in use, so that it does not run out."""
    bus, asking = gateway().bus, visitor()
    seen = bus.begin("auth", "see_session", caller=asking, session_hash=hashed)
    held = bus.begin("auth", "session", caller=asking, session_hash=hashed)
    found = settle(seen=seen, held=held)
    if isinstance(found["seen"], Failure):
        log.warning("session not seen", reason=found["seen"].code)
    match found["held"]:
        case Denied() | NotFound() | None:
            return None
        case Failure() as failure:
            raise failure
        case answer:
            return SessionView.read(answer)
