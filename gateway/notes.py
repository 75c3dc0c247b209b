"""What one page leaves to be said by the next: a signed cookie, made only where there is something.

It is Flask's own session under a name that says what it is for; who is logged in stands elsewhere.
"""

from flask import Flask, Request, flash, redirect
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask.typing import ResponseReturnValue

from gateway.settings import Settings


class Notes(SecureCookieSessionInterface):
    """Flask's signed cookie, whose keys are only set up for a request that brings one."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)


def take_notes(app: Flask, settings: Settings) -> None:
    """Let `flash` and `session` of this application use the notes' cookie."""
    app.session_interface = Notes()
    app.config.update(
        SECRET_KEY=settings.cookie_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.cookie_keys[1:]),
        SESSION_COOKIE_NAME="__Host-notes" if settings.is_https else "notes",
        SESSION_COOKIE_SECURE=settings.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
    )


def done(said: str, to: str) -> ResponseReturnValue:
    """Go on to a page that says what was done: POST, redirect, GET."""
    flash(said, "success")
    return redirect(to, 303)
