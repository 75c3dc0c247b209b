"""What a buyer sees at PayPal's one address: buttons, the postback, the yes or no."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import parse_qsl

from flask import Blueprint, Response, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.paypal import returning
from sandbox.paypal.amounts import written
from sandbox.paypal.book import Approval, Checkout
from sandbox.paypal.buttons import Button, WrongButton, read_button
from sandbox.paypal.postback import COMMAND
from sandbox.paypal.schedule import Period
from sandbox.world import world

blueprint = Blueprint("buyer", __name__)

_UNITS = {"D": "day", "W": "week", "M": "month", "Y": "year"}


@blueprint.route("/cgi-bin/webscr", methods=["GET", "POST"])
def webscr() -> ResponseReturnValue:
    """A postback or a button. The bytes are taken before anything parses them."""
    raw = request.get_data() if request.method == "POST" else request.query_string
    if COMMAND in raw.split(b"&"):
        answer = world().postback.answer(raw, request.headers.get("User-Agent", ""))
        return Response(answer.body, answer.status, content_type=answer.content_type)
    try:
        button = read_button(_variables(raw), world().delivery.may_call)
    except WrongButton as wrong:
        title = "PayPal would not take this button"
        return render_template("error.html", title=title, sentences=wrong.faults), 400
    checkout = world().paypal.open_checkout(button)
    return redirect(url_for("buyer.checkout", token=checkout.token), 303)


def _variables(raw: bytes) -> list[tuple[str, str]]:
    """Browsers of today send UTF-8; what is not UTF-8 is read as PayPal reads it by default."""
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        return parse_qsl(raw.decode("latin-1"), keep_blank_values=True, encoding="windows-1252")


@blueprint.get("/checkout/<token>")
def checkout(token: str) -> ResponseReturnValue:
    found = _checkout(token)
    _allow_form_to(found.button.return_url, found.button.cancel_url)
    return render_template(
        "checkout.html",
        checkout=found,
        button=found.button,
        merchant=world().paypal.merchant_of(found.button.business),
        lines=_terms_in_words(found.button),
    )


@blueprint.post("/checkout/<token>")
def decide(token: str) -> ResponseReturnValue:
    found = _checkout(token)
    decision = request.form.get("decision")
    if decision == "approve":
        return _send_back(found.button, world().paypal.approve_checkout(found))
    if decision != "cancel":
        abort(400, "Choose either to pay or to go back.")
    if found.button.cancel_url:
        return redirect(found.button.cancel_url, 303)
    return render_template("done.html", button=found.button, approval=None)


def _send_back(button: Button, approval: Approval) -> ResponseReturnValue:
    """To the shop as `rm` says; without a return address the buyer stays here."""
    if not approval.return_url or button.return_method == returning.BY_POST_WITH_VARIABLES:
        _allow_form_to(approval.return_url)
        return render_template("done.html", button=button, approval=approval)
    if button.return_method == returning.BY_GET_ALONE:
        return redirect(approval.return_url, 303)
    return redirect(returning.with_variables(approval.return_url, approval.return_fields), 303)


def _checkout(token: str) -> Checkout:
    book = world().paypal.book
    with book.lock:
        return book.checkouts.get(token) or abort(404, "This checkout is not known here.")


def _allow_form_to(*addresses: str) -> None:
    """Chromium holds form-action against redirects too, and ours end at the shop."""
    g.form_targets += [returning.origin(address) for address in addresses if address]


def _terms_in_words(button: Button) -> list[tuple[str, str]]:
    """What is paid when, as pairs of a time and an amount."""
    if button.price is not None:
        return [("Once, today", _price(button.price.total, button))]
    terms = button.terms
    if terms is None:
        return []
    lines = [
        (f"{'First' if number == 0 else 'Then'} {_span(trial)}", _period_price(trial, button))
        for number, trial in enumerate(terms.trials)
    ]
    often = f"Every {_span(terms.regular)}" if terms.recurring else f"For {_span(terms.regular)}"
    limit = f", {terms.times} times" if terms.recurring and terms.times else ""
    return [*lines, (often + limit, _period_price(terms.regular, button))]


def _period_price(period: Period, button: Button) -> str:
    return _price(period.amount, button) if period.amount else "free"


def _price(amount: Decimal, button: Button) -> str:
    return f"{button.currency} {written(amount, button.currency)}"


def _span(period: Period) -> str:
    unit = _UNITS[period.unit]
    return unit if period.length == 1 else f"{period.length} {unit}s"
