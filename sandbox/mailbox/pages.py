"""The mailbox in a browser, and as JSON for tests."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.mailbox.letters import Letter
from sandbox.world import world

blueprint = Blueprint("mailbox", __name__)

# A mail's page is a stranger's: no scripts, no forms, nothing fetched, only links to click.
HTML_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)


@blueprint.get("/mailbox")
def mailbox() -> ResponseReturnValue:
    to = request.args.get("to", "").strip()
    return render_template("mailbox.html", letters=world().shelf.letters(to), to=to)


@blueprint.get("/mailbox.json")
def mailbox_json() -> ResponseReturnValue:
    """`to`; with `wait` (seconds ≤ 60), wait until there are `at_least` (1) letters."""
    to = request.args.get("to", "")
    wait = min(max(request.args.get("wait", 0.0, type=float), 0.0), 60.0)
    at_least = request.args.get("at_least", 1, type=int)
    letters = world().shelf.wait_for(to, at_least, wait)
    return jsonify(items=[letter.as_json() for letter in letters])


@blueprint.delete("/mailbox.json")
def clear() -> ResponseReturnValue:
    world().shelf.clear()
    return jsonify(items=[])


@blueprint.get("/mailbox/<letter_id>.json")
def letter_json(letter_id: str) -> ResponseReturnValue:
    return jsonify(_letter(letter_id).as_json())


@blueprint.get("/mailbox/<letter_id>")
def letter(letter_id: str) -> ResponseReturnValue:
    return render_template("letter.html", letter=_letter(letter_id))


@blueprint.get("/mailbox/<letter_id>/html")
def html_part(letter_id: str) -> ResponseReturnValue:
    body = links_leave_the_frame(_letter(letter_id).html)
    response = Response(body, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = HTML_POLICY
    return response


def links_leave_the_frame(html: str) -> str:
    """Every link opens a new tab: the frame itself may not go anywhere."""
    # After <head> where there is one: before the doctype it would throw the page into quirks.
    base = '<base target="_blank">'
    head = re.search(r"<head\b[^>]*>", html, re.IGNORECASE)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


@blueprint.get("/mailbox/<letter_id>/source")
def source(letter_id: str) -> ResponseReturnValue:
    return Response(_letter(letter_id).source, content_type="text/plain; charset=utf-8")


@blueprint.get("/mailbox/<letter_id>/attachments/<int:number>")
def attachment(letter_id: str, number: int) -> ResponseReturnValue:
    attachments = _letter(letter_id).attachments
    if not 1 <= number <= len(attachments):
        abort(404)
    found = attachments[number - 1]
    response = Response(found.content, content_type=found.content_type)
    response.headers.set("Content-Disposition", "attachment", filename=found.name)
    return response


def _letter(letter_id: str) -> Letter:
    return world().shelf.letter(letter_id) or abort(404, "There is no such mail any more.")
