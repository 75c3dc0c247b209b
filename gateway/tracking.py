"""Visits through an affiliate's link: `/?ref=CODE` on any page.

The visit is told to affiliates while the page is made, and never delays it for long nor breaks it.
What stays with the visitor is a signed first-party cookie that sign-up reads.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Response, g, request
from itsdangerous import BadSignature, URLSafeSerializer

from chassis.errors import Failure
from chassis.ids import new_id
from chassis.logs import log
from gateway.access import visitor
from gateway.asking import Answer, gateway

LONGEST_WAIT = 1.0  # seconds that a page waits for affiliates
KEPT_SECONDS = 90 * 24 * 3600
_CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NO_PAGES = ("/api/", "/webhooks/", "/static/", "/healthz", "/readyz")


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What the cookie holds. `code` is empty until affiliates has taken note of the visit."""

    visit_id: UUID
    code: str


def visit_id() -> UUID | None:
    """The visit that brought this visitor here, if a link did."""
    visit = _from_cookie()
    return visit.visit_id if visit else None


def begin_visit() -> None:
    """Tell affiliates about a visit through a link, without waiting."""
    if b"ref=" not in request.query_string:
        return
    code = request.args.get("ref", "")
    if request.method != "GET" or request.path.startswith(_NO_PAGES) or not _CODE.fullmatch(code):
        return
    known = _from_cookie()
    if known and known.code == code:
        return
    g.visit = Visit(visit_id=new_id(), code=code)
    g.visit_answer = _begin(g.visit)


def finish_visit(response: Response) -> None:
    """Give the visitor the cookie, unless the code was nobody's."""
    if "visit_answer" not in g:
        return
    visit: Visit = g.visit
    try:
        if not g.visit_answer.result()["accepted"]:
            return
    except Failure as failure:
        log.warning("visit not recorded", reason=failure.code)
        # The next click on the link tells it again.
        visit = Visit(visit_id=visit.visit_id, code="")
    _set_cookie(response, visit)


def _begin(visit: Visit) -> Answer:
    return gateway().bus.begin(
        "affiliates",
        "record_visit",
        caller=visitor(),
        deadline=LONGEST_WAIT,
        visit_id=visit.visit_id,
        code=visit.code,
        landing_path=request.path[:200],
        user_agent=request.headers.get("User-Agent", "")[:400],
        visitor_hash=_visitor_hash(),
    )


def _visitor_hash() -> str:
    """The same for the same address and browser, and of no use to find either."""
    key = gateway().settings.cookie_keys[0].encode()
    text = f"{request.remote_addr}|{request.headers.get('User-Agent', '')}"
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _cookie_name() -> str:
    return "__Host-visit" if gateway().settings.is_https else "visit"


def _serializer() -> URLSafeSerializer:
    # itsdangerous signs with the last key; ours stand newest first.
    return URLSafeSerializer(list(reversed(gateway().settings.cookie_keys)), salt="visit")


def _from_cookie() -> Visit | None:
    try:
        held: dict[str, Any] = _serializer().loads(request.cookies.get(_cookie_name(), ""))
        return Visit(visit_id=UUID(held["visit_id"]), code=str(held["code"]))
    except (BadSignature, KeyError, TypeError, ValueError):
        return None


def _set_cookie(response: Response, visit: Visit) -> None:
    response.set_cookie(
        _cookie_name(),
        str(_serializer().dumps({"visit_id": str(visit.visit_id), "code": visit.code})),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=gateway().settings.is_https,
    )
