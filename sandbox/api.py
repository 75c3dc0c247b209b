"""`/_sim`: what tests, the console and the demo ask of the sandbox, all of it JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError

from sandbox import schemas
from sandbox.faults import KINDS
from sandbox.paypal.book import Message, Payment
from sandbox.paypal.buttons import WrongButton, read_button
from sandbox.paypal.provider import Refused, Unknown
from sandbox.world import world

blueprint = Blueprint("api", __name__, url_prefix="/_sim")


def _asked(schema: Schema) -> dict[str, Any]:
    """The request's JSON as the schema reads it; 415 for anything that is not JSON."""
    if request.content_length == 0 or not request.get_data():
        return dict(schema.load({}))
    return dict(schema.load(request.get_json()))


@blueprint.errorhandler(ValidationError)
def wrong_shape(error: ValidationError) -> ResponseReturnValue:
    return jsonify(error="the request is wrong", fields=error.normalized_messages()), 422


@blueprint.errorhandler(WrongButton)
def wrong_button(error: WrongButton) -> ResponseReturnValue:
    return jsonify(error="PayPal would not take this button", faults=error.faults), 422


@blueprint.errorhandler(Unknown)
def unknown(error: Unknown) -> ResponseReturnValue:
    return jsonify(error=str(error)), 404


@blueprint.errorhandler(Refused)
def refused(error: Refused) -> ResponseReturnValue:
    return jsonify(error=str(error)), 409


@blueprint.get("/clock")
def clock() -> ResponseReturnValue:
    offset = world().clock.offset.total_seconds()
    return jsonify(now=world().clock.now().isoformat(), offset_seconds=offset)


@blueprint.post("/clock")
def move_clock() -> ResponseReturnValue:
    asked = _asked(schemas.MoveClock())
    try:
        if "offset_seconds" in asked:
            world().clock.advance_to_offset(timedelta(seconds=asked["offset_seconds"]))
        else:
            world().clock.advance(timedelta(seconds=asked["advance_seconds"]))
    except ValueError as fault:
        return jsonify(error=str(fault)), 409
    world().agenda.clock_moved()
    settled = world().agenda.settle(asked["settle_seconds"])
    offset = world().clock.offset.total_seconds()
    return jsonify(now=world().clock.now().isoformat(), offset_seconds=offset, settled=settled)


@blueprint.post("/settle")
def settle() -> ResponseReturnValue:
    return jsonify(settled=world().agenda.settle(_asked(schemas.Settle())["seconds"]))


@blueprint.get("/faults")
def faults() -> ResponseReturnValue:
    return jsonify(armed=world().faults.as_json(), kinds=dict(KINDS))


@blueprint.post("/faults")
def arm_fault() -> ResponseReturnValue:
    asked = _asked(schemas.ArmFault())
    fault = world().faults.arm(asked.pop("fault"), **asked)
    return jsonify(id=fault.id, armed=world().faults.as_json()), 201


@blueprint.delete("/faults")
def disarm_faults() -> ResponseReturnValue:
    world().faults.disarm()
    return jsonify(armed=[])


@blueprint.post("/approve")
def approve() -> ResponseReturnValue:
    """A button's variables as JSON object or as a form: bought at once, without a browser."""
    if request.is_json:
        given = request.get_json()
        if not isinstance(given, dict):
            abort(422, "A button is one JSON object of variables.")
        variables = [(str(name), str(value)) for name, value in given.items()]
    else:
        variables = list(request.form.items(multi=True))
    button = read_button(variables, world().delivery.may_call)
    return jsonify(world().paypal.approve(button).as_json()), 201


@blueprint.get("/subscriptions")
def subscriptions() -> ResponseReturnValue:
    book = world().paypal.book
    invoice = request.args.get("invoice", "")
    with book.lock:
        items = [subscription.as_json() for subscription in book.subscriptions.values()]
    return jsonify(items=[item for item in items if invoice in ("", item["invoice"])])


@blueprint.get("/subscriptions/<subscr_id>")
def subscription(subscr_id: str) -> ResponseReturnValue:
    book = world().paypal.book
    with book.lock:
        found = book.subscriptions.get(subscr_id)
        return jsonify(found.as_json() if found else abort(404))


@blueprint.post("/subscriptions/<subscr_id>/cancel")
def cancel(subscr_id: str) -> ResponseReturnValue:
    return jsonify(world().paypal.cancel(subscr_id).as_json())


@blueprint.get("/payments")
def payments() -> ResponseReturnValue:
    book = world().paypal.book
    invoice = request.args.get("invoice", "")
    with book.lock:
        items = [payment.as_json() for payment in book.payments.values()]
    return jsonify(items=[item for item in items if invoice in ("", item["invoice"])])


@blueprint.post("/payments/<txn_id>/refund")
def refund(txn_id: str) -> ResponseReturnValue:
    asked = _asked(schemas.Refund())
    return _created(world().paypal.refund(txn_id, asked["amount"]))


@blueprint.post("/payments/<txn_id>/reversal")
def reverse(txn_id: str) -> ResponseReturnValue:
    asked = _asked(schemas.Reversal())
    return _created(world().paypal.reverse(txn_id, asked["reason_code"]))


@blueprint.post("/payments/<txn_id>/cancelled_reversal")
def cancel_reversal(txn_id: str) -> ResponseReturnValue:
    return _created(world().paypal.cancel_reversal(txn_id))


def _created(payment: Payment) -> ResponseReturnValue:
    return jsonify(payment.as_json()), 201


@blueprint.get("/messages")
def messages() -> ResponseReturnValue:
    """In the order they were made; narrowed by any of the names below given in the query."""
    names = ("state", "txn_type", "txn_id", "parent_txn_id", "subscr_id", "invoice")
    wanted = {name: request.args[name] for name in names if name in request.args}
    book = world().paypal.book
    with book.lock:
        items = [message.as_json() for message in book.messages.values()]
    return jsonify(
        items=[item for item in items if all(item[name] == wanted[name] for name in wanted)]
    )


@blueprint.get("/messages/<message_id>")
def message(message_id: str) -> ResponseReturnValue:
    found = _message(message_id)
    with world().paypal.book.lock:
        return jsonify(found.as_json())


@blueprint.post("/messages/<message_id>/resend")
def resend(message_id: str) -> ResponseReturnValue:
    found = _message(message_id)
    world().herald.resend(found, world().clock.now())
    return jsonify(id=found.id), 202


@blueprint.post("/forge")
def forge() -> ResponseReturnValue:
    asked = _asked(schemas.Forge())
    if not world().delivery.may_call(asked["notify_url"]):
        abort(422, "The sandbox only sends to this machine and to the hosts its settings name.")
    fields = tuple(asked["fields"].items())
    made = world().herald.forge(fields, asked["notify_url"], world().clock.now())
    return jsonify(id=made.id), 201


def _message(message_id: str) -> Message:
    book = world().paypal.book
    with book.lock:
        found = book.messages.get(message_id)
    return found or abort(404)
