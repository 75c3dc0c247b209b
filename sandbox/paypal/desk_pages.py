"""The page at `/`: what the stand-in holds, for a person, with its buttons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.faults import KINDS
from sandbox.paypal.provider import Refused, Unknown
from sandbox.world import world

blueprint = Blueprint("desk", __name__)

SHOWN = 50


class Shown(Protocol):
    """What the page can list."""

    def as_json(self) -> dict[str, object]: ...


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> ResponseReturnValue:
    code = 404 if isinstance(error, Unknown) else 409
    return render_template("error.html", title="That cannot be done", sentences=[error]), code


@blueprint.get("/")
def desk() -> ResponseReturnValue:
    book = world().paypal.book
    with book.lock:
        subscriptions = _newest(book.subscriptions)
        payments = _newest(book.payments)
        messages = _newest(book.messages)
    return render_template(
        "desk.html",
        subscriptions=subscriptions,
        payments=payments,
        messages=messages,
        mails=len(world().shelf.letters()),
        now=world().clock.now(),
        offset=world().clock.offset,
        armed=world().faults.as_json(),
        kinds=KINDS,
    )


def _newest(collection: Mapping[str, Shown]) -> list[dict[str, object]]:
    return [one.as_json() for one in list(collection.values())[: -SHOWN - 1 : -1]]


@blueprint.post("/subscriptions/<subscr_id>/cancel")
def cancel(subscr_id: str) -> ResponseReturnValue:
    world().paypal.cancel(subscr_id)
    return redirect(url_for("desk.desk", _anchor="subscriptions"), 303)


@blueprint.post("/payments/<txn_id>/refund")
def refund(txn_id: str) -> ResponseReturnValue:
    world().paypal.refund(txn_id, request.form.get("amount", "").strip() or None)
    return redirect(url_for("desk.desk", _anchor="payments"), 303)


@blueprint.post("/messages/<message_id>/resend")
def resend(message_id: str) -> ResponseReturnValue:
    book = world().paypal.book
    with book.lock:
        message = book.messages.get(message_id) or abort(404)
    world().herald.resend(message, world().clock.now())
    return redirect(url_for("desk.desk", _anchor="messages"), 303)
