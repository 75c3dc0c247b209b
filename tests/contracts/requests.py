"""How each command of each service is asked for, with the state that it needs brought about before.

A new command needs an entry in REQUESTS; the run-twice test names it until it has one. Whatever an
entry needs first, it does through the service's own doors and commands.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.context import Caller
from services.auth.domain.tokens import code_text, token_text
from services.jobs import commands as job_commands
from tests.affiliates.story import FIREFOX
from tests.billing import paypal
from tests.billing.story import Shop
from tests.contracts.samples import ACCOUNT, AFFILIATE_ACCOUNT, NAMED, SAMPLES, an_id
from tests.doors import Doors, caller
from tests.jobs.core import USUAL_KIND, Core

VISITOR = caller()
MEMBER = caller(ACCOUNT)
OPERATOR = caller(an_id(0xAD), roles={"operator"})
AFFILIATE = caller(AFFILIATE_ACCOUNT)
CONSOLE = caller(principal="console")
NODE = caller(principal="node")

EMAIL, PASSWORD = NAMED["email"], "correct horse"
SESSION_HASH = "a" * 64
JOB = an_id(0x10B)
SCHEDULE = an_id(0x5C)
KIND = NAMED["kind"]


@dataclass(frozen=True)
class Request:
    """Who asks, and with what."""

    caller: Caller
    arguments: dict[str, Any] = field(default_factory=dict)


Prepare = Callable[[Doors], Request]
REQUESTS: dict[str, Prepare] = {}


def asks_for(name: str) -> Callable[[Prepare], Prepare]:
    """The decorated function brings about what the command needs and says how it is asked for."""

    def register(prepare: Prepare) -> Prepare:
        REQUESTS[name] = prepare
        return prepare

    return register


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
@asks_for("billing.load_catalog")
def from_the_console(doors: Doors) -> Request:
    return Request(CONSOLE)


@asks_for("billing.start_checkout")
def start_checkout(doors: Doors) -> Request:
    account_id, plan_id = in_shop(doors, lambda shop: (shop.ann, shop.plan("basic").plan_id))
    return Request(caller(account_id), {"invoice_id": an_id(0x10C), "plan_id": plan_id})


@asks_for("billing.store_invoice_document")
def store_invoice_document(doors: Doors) -> Request:
    order = in_shop(doors, Shop.subscribed)
    content = base64.b64encode(b"%PDF-1.4 an invoice").decode()
    return Request(NODE, {"invoice_id": order.invoice_id, "content": content})


@asks_for("billing.receive_ipn")
def receive_ipn(doors: Doors) -> Request:
    raw = base64.b64encode(in_shop(doors, lambda shop: paypal.payment(shop.checkout()))).decode()
    return Request(VISITOR, {"message_id": an_id(0x1B), "raw": raw, "content_type": "text/plain"})


@asks_for("billing.replay_payment_message")
def replay_payment_message(doors: Doors) -> Request:
    ask(doors, "receive_ipn", receive_ipn(doors))
    return Request(OPERATOR, {"message_id": an_id(0x1B)})


@asks_for("notifications.retry_delivery")
def retry_delivery(doors: Doors) -> Request:
    doors.hear(("auth.password_changed", SAMPLES["auth.password_changed"]))
    (planned,) = doors.ask("deliveries", OPERATOR)["items"]
    return Request(OPERATOR, {"delivery_id": planned["delivery_id"]})


@asks_for("affiliates.join")
def join(doors: Doors) -> Request:
    return Request(AFFILIATE, {"affiliate_id": an_id(0xAF)})


@asks_for("affiliates.record_visit")
def record_visit(doors: Doors) -> Request:
    code = ask(doors, "join", join(doors))["code"]
    by = {"user_agent": FIREFOX, "visitor_hash": "abc123"}
    return Request(VISITOR, {"visit_id": NAMED["visit_id"], "code": code, **by})


@asks_for("jobs.enqueue")
def enqueue(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"uid": JOB, "kind": KIND, "args": {"invoice_id": str(an_id(0x10C))}})


@asks_for("jobs.enqueue_many")
def enqueue_many(doors: Doors) -> Request:
    declared(doors)
    jobs = [{"uid": an_id(0x200 + number), "kind": KIND, "args": {}} for number in range(3)]
    callback = {"uid": JOB, "kind": KIND, "args": {"all": True}}
    group = {"group_id": an_id(0x6), "callback": callback, "sealed": True}
    return Request(caller(principal="billing"), {"jobs": jobs, "group": group})


@asks_for("jobs.cancel_job")
def cancel_job(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    return Request(OPERATOR, {"job_id": JOB})


@asks_for("jobs.retry_job")
def retry_job(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    core = Core(doors.service.settings.database_url)
    session = core.join(kinds=[KIND])
    core.fail(session, core.claim(session, kinds=[KIND]))
    core.close()
    return Request(OPERATOR, {"job_id": JOB})


@asks_for("jobs.retry_dead")
def retry_dead(doors: Doors) -> Request:
    retry_job(doors)
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.store_document")
def store_document(doors: Doors) -> Request:
    ask(doors, "enqueue", enqueue(doors))
    content = base64.b64encode(b"a;b").decode()
    described = {"name": "report.csv", "content_type": "text/csv", "content": content}
    return Request(NODE, {"uid": JOB, **described})


@asks_for("jobs.pause_kind")
def pause_kind(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.resume_kind")
def resume_kind(doors: Doors) -> Request:
    ask(doors, "pause_kind", pause_kind(doors))
    return Request(OPERATOR, {"kind": KIND})


@asks_for("jobs.change_kind")
def change_kind(doors: Doors) -> Request:
    declared(doors)
    return Request(OPERATOR, {"kind": KIND, "override": {"max_assigned": 2}})


@asks_for("jobs.pause_node")
def pause_node(doors: Doors) -> Request:
    joined(doors)
    return Request(OPERATOR, {"node": "anna"})


@asks_for("jobs.resume_node")
def resume_node(doors: Doors) -> Request:
    ask(doors, "pause_node", pause_node(doors))
    return Request(OPERATOR, {"node": "anna"})


@asks_for("jobs.change_node")
def change_node(doors: Doors) -> Request:
    joined(doors)
    return Request(OPERATOR, {"node": "anna", "workers": 7})


@asks_for("jobs.save_schedule")
def save_schedule(doors: Doors) -> Request:
    declared(doors)
    when = {"cron": "0 3 * * *", "time_zone": "Europe/Madrid"}
    return Request(OPERATOR, {"schedule_id": SCHEDULE, "name": "nightly", "kind": KIND, **when})


@asks_for("jobs.remove_schedule")
@asks_for("jobs.pause_schedule")
def pause_schedule(doors: Doors) -> Request:
    ask(doors, "save_schedule", save_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE})


@asks_for("jobs.resume_schedule")
def resume_schedule(doors: Doors) -> Request:
    ask(doors, "pause_schedule", pause_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE})


@asks_for("jobs.fire_now")
def fire_now(doors: Doors) -> Request:
    ask(doors, "save_schedule", save_schedule(doors))
    return Request(OPERATOR, {"schedule_id": SCHEDULE, "uid": JOB})


@asks_for("jobs.advance_clock")
def advance_clock(doors: Doors) -> Request:
    return Request(OPERATOR, {"seconds": 60})


def referring(doors: Doors) -> None:
    """A visit through an affiliate's link, which a sign-up can then name."""
    ask(doors, "record_visit", record_visit(doors))


def declared(doors: Doors) -> None:
    """A kind of jobs, whose jobs die of their first failure."""
    kind = {**USUAL_KIND, "name": KIND, "max_attempts": 1}
    doors.service.db.transact(job_commands.declare_kinds, [kind])


def joined(doors: Doors) -> None:
    """A node called anna."""
    declared(doors)
    core = Core(doors.service.settings.database_url)
    core.join(kinds=[KIND])
    core.close()


# What a service has to know already for what it hears to have its whole effect.
BEFORE_HEARING: dict[str, Callable[[Doors], None]] = {"affiliates": referring, "jobs": declared}


def ask(doors: Doors, method: str, request: Request) -> Any:
    return doors.ask(method, request.caller, **request.arguments)


def signed_up(doors: Doors) -> None:
    ask(doors, "sign_up", sign_up(doors))


def confirmed(doors: Doors) -> None:
    ask(doors, "confirm", confirm(doors))


def newest_token(doors: Doors) -> UUID:
    return UUID([body["token_id"] for _, body in doors.told() if "token_id" in body][-1])


def mailed_token(doors: Doors) -> str:
    return token_text(doors.service.settings.token_keys[0], newest_token(doors))


def in_shop(doors: Doors, act: Callable[[Shop], Any]) -> Any:
    """What happens in a shop with a catalog and one customer, in one transaction."""
    return doors.service.db.transact(lambda session: act(Shop(session).opened()))
