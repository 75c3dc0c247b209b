"""What every request passes on its way in, and every answer on its way out.

One function each way: Flask's own chain of hooks costs as much as what a short request does.
"""

import time

import structlog
from flask import Response, g, request

from chassis.ids import new_id
from chassis.logs import log
from gateway import assets, limits, tracking
from gateway.asking import gateway
from gateway.security.csrf import check_origin
from gateway.security.headers import add_headers

# Probes come to a process' own address and providers' messages to whichever reaches us; neither
# shows a site to anybody.
ANY_HOST = ("/healthz", "/readyz", "/webhooks/")
LONGEST_PARENT = 128  # characters of a client's own request id that logs keep


def enter() -> Response | None:
    """Name the request, refuse what must not come in, and read what it brings."""
    _name()
    refused = _admit()
    if refused is None:
        limits.read_body()
        tracking.begin_visit()
    return refused


def leave(response: Response) -> Response:
    """Cookies, caching and headers, and a line in the log for what changed something or failed."""
    tracking.finish_visit(response)
    assets.keep(response)
    add_headers(response, is_https=gateway().settings.is_https)
    if request.method not in ("GET", "HEAD") or response.status_code >= 500:
        log.info(
            "answered",
            method=request.method,
            path=request.path,
            status=response.status_code,
            seconds=round(time.monotonic() - g.started, 4),
        )
    return response


def _name() -> None:
    """Every request gets an id of our own; a client's is only kept beside it (GW-12)."""
    g.request_id = str(new_id())
    g.started = time.monotonic()
    told = {"process": "gateway", "request_id": g.request_id}
    parent = request.headers.get("X-Request-Id", "")
    if parent.isascii() and parent.isprintable() and 0 < len(parent) <= LONGEST_PARENT:
        told["parent_request_id"] = parent
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(**told)


def _admit() -> Response | None:
    """Only hosts that we serve are answered as a site, and only our own pages may change things."""
    aliases = gateway().aliases
    if request.path.startswith(ANY_HOST):
        g.site = aliases.main
        return None
    site = aliases.find(request.headers.get("Host", ""))
    if site is None:
        return Response("This host is not served here.\n", 421, content_type="text/plain")
    g.site = site
    check_origin(site.origin)
    return None
