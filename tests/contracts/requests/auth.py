"""How auth is asked."""

from uuid import UUID

from services.auth.domain.tokens import code_text, token_text
from tests.contracts.asking import CONSOLE, MEMBER, VISITOR, Request, ask, asks_for
from tests.contracts.samples import ACCOUNT, NAMED
from tests.doors import Doors

EMAIL, PASSWORD = NAMED["email"], "correct horse"
SESSION_HASH = "a" * 64


@asks_for("auth.sign_up")
def sign_up(doors: Doors) -> Request:
    person = {"email": EMAIL, "password": PASSWORD, "name": NAMED["name"]}
    return Request(VISITOR, {"user_id": ACCOUNT, "account_id": ACCOUNT, **person})


@asks_for("auth.resend_confirmation")
def resend_confirmation(doors: Doors) -> Request:
    signed_up(doors)
    return Request(VISITOR, {"email": EMAIL})


@asks_for("auth.confirm")
def confirm(doors: Doors) -> Request:
    signed_up(doors)
    return Request(VISITOR, {"token": mailed_token(doors)})


@asks_for("auth.confirm_code")
def confirm_code(doors: Doors) -> Request:
    signed_up(doors)
    code = code_text(doors.service.settings.token_keys[0], newest_token(doors))
    return Request(VISITOR, {"email": EMAIL, "code": code})


@asks_for("auth.request_password_reset")
def request_password_reset(doors: Doors) -> Request:
    confirmed(doors)
    return Request(VISITOR, {"email": EMAIL})


@asks_for("auth.reset_password")
def reset_password(doors: Doors) -> Request:
    ask(doors, "log_in", log_in(doors))
    doors.ask("request_password_reset", VISITOR, email=EMAIL)
    return Request(VISITOR, {"token": mailed_token(doors), "password": "another horse"})


@asks_for("auth.log_in")
def log_in(doors: Doors) -> Request:
    confirmed(doors)
    given = {"login": EMAIL, "password": PASSWORD}
    return Request(VISITOR, {"session_hash": SESSION_HASH, **given})


@asks_for("auth.see_session")
@asks_for("auth.log_out")
def see_session(doors: Doors) -> Request:
    ask(doors, "log_in", log_in(doors))
    return Request(VISITOR, {"session_hash": SESSION_HASH})


@asks_for("auth.set_time_zone")
def set_time_zone(doors: Doors) -> Request:
    confirmed(doors)
    return Request(MEMBER, {"time_zone": "Asia/Tokyo"})


@asks_for("auth.make_operator")
def make_operator(doors: Doors) -> Request:
    ask(doors, "log_in", log_in(doors))
    return Request(CONSOLE, {"email": EMAIL})


@asks_for("auth.seed_demo")
def seed_demo(doors: Doors) -> Request:
    return Request(CONSOLE)


def signed_up(doors: Doors) -> None:
    ask(doors, "sign_up", sign_up(doors))


def confirmed(doors: Doors) -> None:
    ask(doors, "confirm", confirm(doors))


def newest_token(doors: Doors) -> UUID:
    return UUID([body["token_id"] for _, body in doors.told() if "token_id" in body][-1])


def mailed_token(doors: Doors) -> str:
    return token_text(doors.service.settings.token_keys[0], newest_token(doors))
