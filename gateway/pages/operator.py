"""The operator's pages. A service that is away takes its card with it, not the page."""

from uuid import UUID

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chassis.errors import NotFound
from gateway import access, dead_letters, paging
from gateway.asking import settle_away
from gateway.notes import done
from gateway.security.headers import allow_own_frames, show_as_mail

pages = Blueprint("operator", __name__, url_prefix="/operator")

FEW = 5  # rows on a card of the overview


@pages.get("")
@access.operators_only
def overview() -> ResponseReturnValue:
    letters_asked = dead_letters.begin()
    found, away = settle_away(
        revenue=access.begin("billing", "revenue"),
        accounts=access.begin("auth", "accounts_overview"),
        payments=access.begin("billing", "payments_inbox", state="unmatched", limit=FEW),
        deliveries=access.begin("notifications", "deliveries", state="failed", limit=FEW),
        jobs=access.begin("jobs", "overview"),
    )
    letters, letters_away = dead_letters.listed(letters_asked)
    return render_template(
        "operator/overview.html",
        **found,
        dead_letters=letters,
        away=set(away) | ({"dead_letters"} if letters_away else set()),
    )


@pages.get("/deliveries")
@access.operators_only
def deliveries() -> ResponseReturnValue:
    found = access.ask("notifications", "deliveries", **paging.asked("state"))
    return render_template("operator/deliveries.html", page=found, query=paging.query())


@pages.get("/deliveries/<uuid:delivery_id>")
@access.operators_only
def delivery(delivery_id: UUID) -> ResponseReturnValue:
    found = access.ask("notifications", "delivery", delivery_id=delivery_id)
    allow_own_frames()
    return render_template("operator/delivery.html", delivery=found)


@pages.get("/deliveries/<uuid:delivery_id>/preview")
@access.operators_only
def preview(delivery_id: UUID) -> ResponseReturnValue:
    """The mail's own HTML, for a frame on the delivery's page."""
    found = access.ask("notifications", "delivery", delivery_id=delivery_id)["preview"]
    if found is None:
        raise NotFound("preview_unknown", "This message cannot be shown.")
    show_as_mail()
    return Response(found["html"])


@pages.post("/deliveries/<uuid:delivery_id>/retry")
@access.operators_only
def retry_delivery(delivery_id: UUID) -> ResponseReturnValue:
    access.ask("notifications", "retry_delivery", delivery_id=delivery_id)
    return done(
        "The message is on its way again.", url_for("operator.delivery", delivery_id=delivery_id)
    )


@pages.get("/payments")
@access.operators_only
def payments() -> ResponseReturnValue:
    found = access.ask("billing", "payments_inbox", **paging.asked("state"))
    return render_template("operator/payments.html", page=found, query=paging.query())


@pages.get("/payments/<uuid:message_id>")
@access.operators_only
def payment(message_id: UUID) -> ResponseReturnValue:
    found = access.ask("billing", "payment_message", message_id=message_id)
    return render_template("operator/payment.html", message=found)


@pages.post("/payments/<uuid:message_id>/replay")
@access.operators_only
def replay_payment(message_id: UUID) -> ResponseReturnValue:
    access.ask("billing", "replay_payment_message", message_id=message_id)
    return done(
        "The message is looked at again.", url_for("operator.payment", message_id=message_id)
    )


@pages.get("/dead-letters")
@access.operators_only
def given_up() -> ResponseReturnValue:
    letters, away = dead_letters.listed(dead_letters.begin())
    return render_template("operator/dead_letters.html", letters=letters, away=away)


@pages.post("/dead-letters/replay")
@access.operators_only
def replay_dead_letter() -> ResponseReturnValue:
    """One letter, or all of a service's where no message is named."""
    message_id = request.form.get("message_id") or None
    answer = access.ask(_service(), "replay_dead_letters", message_id=message_id)
    return done(f"Sent round again: {answer['replayed']}.", url_for("operator.given_up"))


@pages.post("/dead-letters/drop")
@access.operators_only
def drop_dead_letter() -> ResponseReturnValue:
    message_id = request.form.get("message_id", "")
    access.ask(_service(), "drop_dead_letter", message_id=message_id)
    return done("The dead letter is gone.", url_for("operator.given_up"))


def _service() -> str:
    return dead_letters.known_service(request.form.get("service", ""))
