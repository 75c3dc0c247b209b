"""What a visitor sees: the front page, the plans, and every way to an account and back into it."""

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from chassis.ids import new_id
from gateway import access, signing_in, tracking
from gateway.asking import settle_away
from gateway.forms import Form, blank
from gateway.notes import done
from gateway.security.headers import keep_secret
from gateway.security.own_paths import own_path
from gateway.session import new_token, token_hash
from services.auth import schemas

pages = Blueprint("public", __name__)

HOME = "/dashboard"


@pages.get("/")
def home() -> ResponseReturnValue:
    return render_template("public/home.html")


@pages.get("/pricing")
def pricing() -> ResponseReturnValue:
    calls = {"pricing": access.begin("billing", "pricing")}
    if access.me_if_known():
        calls["membership"] = access.begin("billing", "membership")
    found, _ = settle_away(**calls)
    pricing_now = found["pricing"]
    return render_template(
        "public/pricing.html",
        plans=pricing_now["plans"] if pricing_now else None,
        membership=found.get("membership"),
    )


@pages.get("/sign-up")
def sign_up() -> ResponseReturnValue:
    if access.me_if_known():
        return redirect(HOME, 303)
    return blank("public/sign_up.html", next=_next())


@pages.post("/sign-up")
def sign_up_sent() -> ResponseReturnValue:
    """The answer is the same whether the address is known or not; auth sees to that."""
    form = Form(schemas.SignUp(only=("email", "password", "name", "time_zone")))
    made = {"user_id": new_id(), "account_id": new_id(), "visit_id": tracking.visit_id()}
    if not form.send("auth", "sign_up", **made):
        return form.page("public/sign_up.html", next=_next())
    session["confirming"] = form.values["email"]
    return redirect(url_for("public.sign_up_done"), 303)


@pages.get("/sign-up/done")
def sign_up_done() -> ResponseReturnValue:
    return blank("public/sign_up_done.html", email=session.get("confirming"))


@pages.post("/sign-up/resend")
def resend_confirmation() -> ResponseReturnValue:
    form = Form(schemas.OneAddress())
    if not form.send("auth", "resend_confirmation"):
        return form.page("public/sign_up_done.html", email=session.get("confirming"))
    session["confirming"] = form.values["email"]
    return done(
        "If this address waits to be confirmed, a new message is on its way to it.",
        url_for("public.sign_up_done"),
    )


@pages.get("/confirm")
def confirm() -> ResponseReturnValue:
    """Only shows a button: mail scanners follow links, and must not confirm by doing so."""
    keep_secret()
    return blank("public/confirm.html", token=request.args.get("token"), email=_confirming())


@pages.post("/confirm")
def confirm_sent() -> ResponseReturnValue:
    """By the link's token, or by the code typed with the address it was mailed to."""
    keep_secret()
    token = request.form.get("token")
    form = Form(schemas.OneToken() if token else schemas.TypedCode())
    if not form.send("auth", "confirm" if token else "confirm_code"):
        return form.page("public/confirm.html", token=token, email=_confirming())
    session.pop("confirming", None)
    return done("Your address is confirmed. You can log in now.", url_for("public.log_in"))


@pages.get("/log-in")
def log_in() -> ResponseReturnValue:
    if access.me_if_known():
        return redirect(_next(), 303)
    return blank("public/log_in.html", next=_next())


@pages.post("/log-in")
def log_in_sent() -> ResponseReturnValue:
    form = Form(schemas.LogIn(only=("login", "password")))
    token = new_token()
    hashed = token_hash("page", token)
    if not form.send("auth", "log_in", session_hash=hashed, **signing_in.asked_by()):
        return form.page("public/log_in.html", next=_next())
    return signing_in.open_session(redirect(_next(), 303), token, form.answer)


@pages.post("/log-out")
def log_out() -> ResponseReturnValue:
    response = signing_in.end_session(redirect(url_for("public.home"), 303))
    session.clear()
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@pages.get("/recover")
def recover() -> ResponseReturnValue:
    return blank("public/recover.html", sent=False)


@pages.post("/recover")
def recover_sent() -> ResponseReturnValue:
    form = Form(schemas.OneAddress())
    if not form.send("auth", "request_password_reset"):
        return form.page("public/recover.html", sent=False)
    return done(
        "If we know this address, a link to set a new password is on its way to it.",
        url_for("public.log_in"),
    )


@pages.get("/reset")
def reset() -> ResponseReturnValue:
    keep_secret()
    return blank("public/reset.html", token=request.args.get("token"))


@pages.post("/reset")
def reset_sent() -> ResponseReturnValue:
    keep_secret()
    form = Form(schemas.ResetPassword())
    if not form.send("auth", "reset_password"):
        return form.page("public/reset.html", token=request.form.get("token"))
    return done("Your password is changed. Log in with the new one.", url_for("public.log_in"))


def _next() -> str:
    return own_path(request.values.get("next"), HOME)


def _confirming() -> str | None:
    email: str | None = session.get("confirming")
    return email
