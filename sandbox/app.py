"""The web side of the sandbox: its pages, its API, and the headers on every answer."""

from __future__ import annotations

import secrets

from flask import Flask, Response, abort, g, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import api
from sandbox.mailbox import pages as mailbox_pages
from sandbox.paypal import buyer_pages, desk_pages
from sandbox.world import World

# The shop's own form posts here from another origin, as it does to the real PayPal.
OPEN_TO_OTHER_SITES = ("/cgi-bin/webscr",)


def create_app(world: World) -> Flask:
    app = Flask("sandbox")
    app.extensions["sandbox"] = world
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for blueprint in (api, buyer_pages, desk_pages, mailbox_pages):
        app.register_blueprint(blueprint.blueprint)
    app.add_url_rule("/healthz", view_func=healthz)
    app.before_request(prepare)
    app.after_request(protect)
    app.register_error_handler(HTTPException, show_error)
    return app


def healthz() -> ResponseReturnValue:
    return jsonify(status="ok")


def prepare() -> None:
    """Give the page its nonce; refuse other sites' pages that press our buttons."""
    g.nonce = secrets.token_urlsafe(16)
    g.form_targets = ["'self'"]
    foreign = request.headers.get("Sec-Fetch-Site") in {"cross-site", "same-site"}
    if foreign and request.method != "GET" and request.path not in OPEN_TO_OTHER_SITES:
        abort(403, "This button works only from the sandbox's own pages.")


def protect(response: Response) -> Response:
    policy = (
        f"default-src 'none'; style-src 'nonce-{g.nonce}'; script-src 'nonce-{g.nonce}'; "
        f"img-src data:; frame-src 'self'; form-action {' '.join(g.form_targets)}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers.setdefault("Content-Security-Policy", policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def show_error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if request.path.startswith("/_sim/") or request.path.endswith(".json"):
        return jsonify(error=error.description or error.name), code
    return render_template("error.html", title=error.name, sentences=[error.description]), code
