"""A member's own pages: dashboard, checkout, invoices, settings."""

from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from chassis.errors import NotFound
from chassis.ids import new_id
from gateway import access, paging
from gateway.asking import gateway, settle_away
from gateway.downloads import document
from gateway.formats import time_zone_names
from gateway.forms import Form, blank
from gateway.notes import done
from gateway.security.headers import allow_form_to
from services.auth import schemas

pages = Blueprint("member", __name__)

FEW = 5  # invoices on the dashboard


@pages.get("/dashboard")
@access.members_only
def dashboard() -> ResponseReturnValue:
    found, away = settle_away(
        membership=access.begin("billing", "membership"),
        invoices=access.begin("billing", "invoices", limit=FEW),
        affiliate=access.begin("affiliates", "affiliate"),
    )
    return render_template("member/dashboard.html", **found, away=set(away))


@pages.get("/checkout/<uuid:plan_id>")
@access.members_only
def checkout(plan_id: UUID) -> ResponseReturnValue:
    """The order to look at once more. Its invoice's id is made here, so that a second click on
    the button is the same order."""
    return render_template("member/checkout.html", plan=_plan(plan_id), invoice_id=new_id())


@pages.post("/checkout/<uuid:plan_id>")
@access.members_only
def checkout_sent(plan_id: UUID) -> ResponseReturnValue:
    """Make the invoice, and show the form that leads to the payment provider."""
    invoice_id = _uuid(request.form.get("invoice_id", "")) or new_id()
    started = access.ask(
        "billing", "start_checkout", call_id=invoice_id, invoice_id=invoice_id, plan_id=plan_id
    )
    allow_form_to(started["form"]["action"])
    return render_template("member/checkout_redirect.html", checkout=started)


@pages.get("/checkout/<uuid:invoice_id>/waiting")
@access.members_only
def waiting(invoice_id: UUID) -> ResponseReturnValue:
    """Shown until the payment provider's message has come; it asks for itself again, by htmx or by
    reloading. A person who reloads is led on; htmx would take the dashboard for this page."""
    state = access.ask("billing", "checkout_state", invoice_id=invoice_id)
    if state["state"] == "paid" and "HX-Request" not in request.headers:
        return done(f"Thank you. {state['plan_name']} is yours.", url_for("member.dashboard"))
    return render_template("member/checkout_waiting.html", state=state, invoice_id=invoice_id)


@pages.get("/invoices")
@access.members_only
def invoices() -> ResponseReturnValue:
    found = access.ask("billing", "invoices", **paging.asked())
    return render_template("member/invoices.html", page=found, query=paging.query())


@pages.get("/invoices/<uuid:invoice_id>")
@access.members_only
def invoice(invoice_id: UUID) -> ResponseReturnValue:
    found = access.ask("billing", "invoice", invoice_id=invoice_id)
    return render_template("member/invoice.html", invoice=found)


@pages.get("/invoices/<uuid:invoice_id>.pdf")
@access.members_only
def invoice_pdf(invoice_id: UUID) -> ResponseReturnValue:
    return document(access.ask("billing", "invoice_document", invoice_id=invoice_id))


@pages.get("/documents/<uuid:uid>")
@access.members_only
def job_document(uid: UUID) -> ResponseReturnValue:
    """The file that a job made; its service gives it to whoever owns the job."""
    return document(access.ask("jobs", "document", uid=uid))


@pages.get("/settings")
@access.members_only
def settings() -> ResponseReturnValue:
    user = access.ask("auth", "user", user_id=access.signed_in().user_id)
    values = {"time_zone": user["time_zone"]}
    return blank("member/settings.html", values=values, user=user, time_zones=time_zone_names())


@pages.post("/settings")
@access.members_only
def settings_sent() -> ResponseReturnValue:
    form = Form(schemas.ChosenTimeZone())
    if not form.send("auth", "set_time_zone"):
        return form.page(
            "member/settings.html", user=access.signed_in().as_json, time_zones=time_zone_names()
        )
    gateway().sessions.forget(str(access.session_hash()))
    return done("Times are shown in your zone now.", url_for("member.settings"))


def _plan(plan_id: UUID) -> dict[str, object]:
    for plan in access.ask("billing", "pricing")["plans"]:
        if plan["plan_id"] == str(plan_id):
            found: dict[str, object] = plan
            return found
    raise NotFound("plan_unknown", "This plan is not on sale (any more).")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
