"""Requests that other sites make a browser send are refused (SE-10 of the identity reference).

Fetch metadata says where a request comes from; where a browser sends none, Origin does. What says
neither comes from a program, which is let in as long as it brings no cookie along.
"""

from flask import request

from chassis.errors import Denied

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
OWN_SITES = frozenset({"same-origin", "none"})
# These know no cookies: an API by bearer token, webhooks by the provider's own proof.
COOKIELESS = ("/api/", "/webhooks/")


def check_origin(own_origin: str) -> None:
    """Raise Denied for an unsafe request that does not come from a page of `own_origin`."""
    if request.method in SAFE_METHODS or request.path.startswith(COOKIELESS):
        return
    if not is_own(
        site=request.headers.get("Sec-Fetch-Site"),
        origin=request.headers.get("Origin"),
        has_cookies=bool(request.headers.get("Cookie")),
        own_origin=own_origin,
    ):
        raise Denied(
            "cross_site",
            "This was sent from another site. Open the page here and try again.",
        )


def is_own(*, site: str | None, origin: str | None, has_cookies: bool, own_origin: str) -> bool:
    """Whether an unsafe request with these signals is one of our own pages' or a program's."""
    if site is not None:
        return site in OWN_SITES
    if origin is not None:
        return origin == own_origin
    return not has_cookies
