"""What visitors see."""

from collections.abc import Iterator
from typing import Any

from tests.gateway.sample_pages import billing
from tests.gateway.sample_pages.forms import BLANK, wrong
from tests.gateway.sample_pages.page import Page
from tests.gateway.sample_pages.values import Row, an_id


def problem(status: int, detail: str, errors: list[Row] | None = None) -> Row:
    return {
        "problem": {
            "status": status,
            "title": "Failed",
            "detail": detail,
            "code": "failed",
            "request_id": str(an_id(900)),
            "errors": errors or [],
        }
    }


def public_pages() -> Iterator[Page]:
    def page(name: str, template: str, path: str, reader: str = "visitor", **given: Any) -> Page:
        return Page(name, f"public/{template}.html", path, reader, given)

    token: Row = {"token": "tok.en", "email": None}
    yield page("home", "home", "/")
    yield page("pricing", "pricing", "/pricing", plans=billing.PLANS, membership=None)
    yield page(
        "pricing-member",
        "pricing",
        "/pricing",
        "member",
        plans=billing.PLANS,
        membership=billing.MEMBERSHIP,
    )
    yield page("pricing-empty", "pricing", "/pricing", plans=[], membership=None)
    yield page("pricing-away", "pricing", "/pricing", plans=None, membership=None)
    yield page("sign-up", "sign_up", "/sign-up", next="/dashboard", **BLANK)
    refused = wrong(
        name="This is too long.", email="This is not an e-mail address.", password="Too short."
    )
    yield page("sign-up-wrong", "sign_up", "/sign-up", next="/", problem=None, **refused)
    done = {**BLANK, "email": "ada.moreau@example.org"}
    yield page("sign-up-done", "sign_up_done", "/sign-up/done", **done)
    yield page("sign-up-done-unknown", "sign_up_done", "/sign-up/done", **{**done, "email": None})
    yield page("confirm", "confirm", "/confirm", **BLANK, **token)
    bad_code = {**wrong(code="This code is not right."), "token": None, "email": None}
    yield page("confirm-wrong", "confirm", "/confirm", problem=None, **bad_code)
    stale = {**BLANK, "problem": "This link was used or is too old."}
    yield page("confirm-stale", "confirm", "/confirm", **stale, **token)
    yield page("log-in", "log_in", "/log-in", next="/dashboard", **BLANK)
    denied = {**BLANK, "problem": "Address and password do not fit.", "values": {"login": "ada"}}
    yield page("log-in-wrong", "log_in", "/log-in", next="/dashboard", **denied)
    yield page("recover", "recover", "/recover", sent=False, **BLANK)
    yield page("recover-sent", "recover", "/recover", sent=True, **BLANK)
    yield page("reset", "reset", "/reset", token="tok.en", **BLANK)
    weak = wrong(password="Too short.", token="Too old.")
    yield page("reset-wrong", "reset", "/reset", token="tok.en", problem=None, **weak)
    yield page("reset-incomplete", "reset", "/reset", token=None, **BLANK)
    yield page("error-404", "error", "/lost", **problem(404, "There is nothing at this address."))
    yield page("error-503", "error", "/dashboard", "member", **problem(503, "It is away."))
    field_errors = [{"pointer": "/limit", "detail": "Not a valid integer."}]
    yield page("error-422", "error", "/invoices", "member", **problem(422, "Wrong.", field_errors))
