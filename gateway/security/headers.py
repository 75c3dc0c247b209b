"""The headers on every answer; the content security policy's nonce is made new for each."""

import secrets
from urllib.parse import urlsplit

from flask import Response, g, request

YEAR = 31_536_000  # seconds
ON_OTHERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ON_PAGES = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
MAIL_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


def csp_nonce() -> str:
    """The nonce that this answer's own inline elements carry."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(16)
    nonce: str = g.csp_nonce
    return nonce


def allow_form_to(url: str) -> None:
    """Let this answer's forms, and no other's, post to the origin of `url` (a payment provider)."""
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.netloc:
        g.form_target = f"{parts.scheme}://{parts.netloc}"


def allow_own_frames() -> None:
    """Let this answer hold frames of ours: a mail is shown in one, where it can do nothing."""
    g.frame_source = "'self'"


def show_as_mail() -> None:
    """This answer is a mail's own HTML, for a frame of ours: styled, and without any power."""
    g.is_mail = True


def keep_secret() -> None:
    """This page's address holds a token: no cache keeps it, no link from it tells it."""
    g.is_secret = True


def add_headers(response: Response, *, is_https: bool) -> None:
    """Add what is missing; a view's own choice of caching stays."""
    headers = response.headers
    is_page = response.mimetype == "text/html"
    headers.extend(ON_PAGES if is_page else ON_OTHERS)
    if is_page:
        headers["Content-Security-Policy"] = MAIL_POLICY if "is_mail" in g else _policy()
        headers["Referrer-Policy"] = _referrer_policy()
        headers["X-Frame-Options"] = "SAMEORIGIN" if "is_mail" in g else "DENY"
    if is_https:
        headers.add("Strict-Transport-Security", f"max-age={YEAR}")
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", _caching())
    headers.add("X-Request-Id", g.request_id)


def _referrer_policy() -> str:
    return "no-referrer" if "is_secret" in g else "strict-origin-when-cross-origin"


def _policy() -> str:
    nonce = f"'nonce-{csp_nonce()}'"
    form_target = f" {g.form_target}" if "form_target" in g else ""
    frames = (f"frame-src {g.frame_source}",) if "frame_source" in g else ()
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {nonce}",
            f"style-src 'self' {nonce}",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "manifest-src 'self'",
            *frames,
            f"form-action 'self'{form_target}",
            "frame-ancestors 'none'",
            "base-uri 'none'",
        )
    )


def _caching() -> str:
    """Pages show this moment to this person; only visitors' pages may be kept at all."""
    if "is_secret" in g or g.get("me") is not None or request.method not in ("GET", "HEAD"):
        return "no-store"
    return "private, no-cache"
