"""Billing's doors, called as the bus calls them: who gets in, and what comes out."""

import base64
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chassis.errors import Denied, Invalid, NotFound
from chassis.ids import new_id
from services.billing.models import Customer
from services.billing.service import BillingService
from services.billing.settings import CATALOG, Settings, parse_business, parse_lines
from services.billing.settings import parse_receiver_id as parse_id
from tests.billing import paypal
from tests.billing.story import Shop
from tests.doors import Doors, caller

SETTINGS = SimpleNamespace(
    paypal_url="https://paypal.example/webscr",
    paypal_verify_url="https://paypal.example/verify",
    paypal_business=paypal.MERCHANT.email,
    paypal_receiver_id=paypal.MERCHANT.receiver_id,
    public_url="https://club.example",
    seller_name="Club",
    seller_address=("12 High Street",),
    catalog=CATALOG,
    is_sandbox=True,
)
OPERATOR = caller(roles={"operator"})
NODE = caller(principal="node")
PDF = b"%PDF-1.4 a document"


@pytest.fixture
def doors(session: Session) -> Doors:
    return Doors(BillingService, session, SETTINGS)


def ann(shop: Shop) -> Any:
    return caller(shop.ann)


def test_anybody_sees_the_prices(shop: Shop, doors: Doors):
    plans = doors.ask("pricing", caller())["plans"]
    assert [plan["code"] for plan in plans] == ["basic", "pro", "handbook", "tried", "free"]
    assert plans[0]["price"] == {"amount": 1200, "currency": "EUR"}
    assert plans[0]["interval"] == {"unit": "month", "count": 1}
    assert plans[2]["interval"] is None
    assert plans[3]["trial"]["price"]["amount"] == 100


def test_a_checkout_answers_with_its_form(shop: Shop, doors: Doors):
    plan_id, invoice_id = shop.plan("basic").plan_id, new_id()
    asked = {"invoice_id": invoice_id, "plan_id": plan_id}
    answer = doors.ask("start_checkout", ann(shop), **asked)
    assert answer["invoice_id"] == str(invoice_id)
    assert answer["number"] is None
    assert answer["amount"] == {"amount": 1200, "currency": "EUR"}
    assert answer["form"]["action"] == SETTINGS.paypal_url
    assert answer["form"]["fields"]["invoice"] == str(invoice_id)
    assert doors.ask("start_checkout", ann(shop), **asked) == answer


@pytest.mark.parametrize("method", ["membership", "invoices"])
def test_a_visitor_has_nothing_to_see(doors: Doors, method: str):
    with pytest.raises(Denied):
        doors.ask(method, caller())


@pytest.mark.parametrize("method", ["payments_inbox", "revenue"])
def test_operators_doors_are_shut_to_members(shop: Shop, doors: Doors, method: str):
    with pytest.raises(Denied):
        doors.ask(method, ann(shop))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("load_catalog", {}),
        ("invoice_print", {"invoice_id": new_id()}),
        ("store_invoice_document", {"invoice_id": new_id(), "content": ""}),
    ],
)
def test_doors_of_other_processes_are_shut_to_the_gateway(doors: Doors, method, arguments):
    with pytest.raises(Denied):
        doors.ask(method, OPERATOR, **arguments)


def test_only_the_gateway_brings_messages(doors: Doors):
    raw = base64.b64encode(b"a=1").decode()
    with pytest.raises(Denied):
        doors.ask("receive_ipn", caller(principal="node"), message_id=new_id(), raw=raw)


@pytest.mark.parametrize("method", ["invoice", "checkout_state", "invoice_document"])
def test_what_is_anothers_is_not_there(shop: Shop, doors: Doors, method: str):
    order = shop.subscribed()
    doors.ask("store_invoice_document", NODE, invoice_id=order.invoice_id, content=encoded(PDF))
    with pytest.raises(NotFound):
        doors.ask(method, caller(shop.meet(new_id())), invoice_id=order.invoice_id)
    with pytest.raises(NotFound):
        doors.ask(method, ann(shop), invoice_id=new_id())


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_document_is_its_owners_an_operators_and_the_mailers_on_his_behalf(
    shop: Shop, doors: Doors
):
    order = shop.subscribed()
    asked = {"invoice_id": order.invoice_id}
    with pytest.raises(NotFound):
        doors.ask("invoice_document", ann(shop), **asked)
    doors.ask("store_invoice_document", NODE, content=encoded(PDF), **asked)
    mailer = caller(shop.ann, principal="notifications")
    for asker in (ann(shop), OPERATOR, mailer):
        document = doors.ask("invoice_document", asker, **asked)
        assert base64.b64decode(document["content"]) == PDF
        assert document["name"] == "invoice-2026-00001.pdf"


def test_an_operator_of_another_site_sees_nothing(shop: Shop, doors: Doors):
    order = shop.subscribed()
    elsewhere = caller(roles={"operator"}, site_id=new_id())
    with pytest.raises(NotFound):
        doors.ask("invoice", elsewhere, invoice_id=order.invoice_id)
    assert doors.ask("payments_inbox", elsewhere)["items"] == []


def test_a_checkout_is_open_then_pending_then_paid(shop: Shop, doors: Doors):
    order = shop.checkout()

    def state() -> str:
        return doors.ask("checkout_state", ann(shop), invoice_id=order.invoice_id)["state"]

    assert state() == "open"
    shop.deliver(paypal.payment(order, payment_status="Pending"))
    assert state() == "pending"
    shop.deliver(paypal.payment(order))
    assert state() == "paid"


def test_an_invoice_says_what_was_bought(shop: Shop, doors: Doors):
    order = shop.subscribed()
    invoice = doors.ask("invoice", ann(shop), invoice_id=order.invoice_id)
    assert invoice["state"] == "paid"
    assert invoice["period_from"] == "2026-01-31T11:15:05Z"
    assert invoice["lines"] == [
        {
            "description": "Basic",
            "quantity": 1,
            "unit_amount": {"amount": 1200, "currency": "EUR"},
            "amount": {"amount": 1200, "currency": "EUR"},
        }
    ]


def test_invoices_come_in_pages_newest_first(shop: Shop, doors: Doors):
    orders = [shop.checkout(code) for code in ("basic", "pro", "handbook")]
    first = doors.ask("invoices", ann(shop), limit=2)
    rest = doors.ask("invoices", ann(shop), limit=2, cursor=first["next_cursor"])
    found = [item["invoice_id"] for item in first["items"] + rest["items"]]
    assert found == [str(order.invoice_id) for order in reversed(orders)]
    assert rest["next_cursor"] is None


def test_the_renderer_gets_all_that_stands_on_the_invoice(shop: Shop, doors: Doors):
    order = shop.subscribed()
    described = doors.ask("invoice_print", NODE, invoice_id=order.invoice_id)
    assert described["number"] == "2026-00001"
    assert described["seller"]["address"] == ["12 High Street"]
    assert described["buyer"] == {"name": "Ann Lee", "email": "ann@example.com"}
    with pytest.raises(NotFound):
        doors.ask("invoice_print", NODE, invoice_id=shop.checkout("pro").invoice_id)


def test_a_membership_crosses_the_bus(shop: Shop, doors: Doors, monkeypatch):
    monkeypatch.setattr("chassis.clock.now", lambda: shop.now)
    assert doors.ask("membership", ann(shop))["status"] == "none"
    shop.subscribed()
    membership = doors.ask("membership", ann(shop))
    assert membership["status"] == "active"
    assert membership["plan"]["code"] == "basic"
    assert membership["next_payment"] == {
        "at": "2026-02-28T11:15:05Z",
        "amount": {"amount": 1200, "currency": "EUR"},
    }


def test_of_two_subscriptions_the_renewing_one_is_the_membership(shop: Shop):
    shop.deliver(paypal.cancel(shop.subscribed("basic")))
    other = {"subscr_id": "I-DDDDEEEEFFFF", "txn_id": paypal.TXN_2}
    shop.deliver(paypal.payment(shop.checkout("pro"), **other))
    assert shop.membership()["plan"]["code"] == "pro"


def test_the_overview_adds_up(shop: Shop, doors: Doors, monkeypatch):
    monkeypatch.setattr("chassis.clock.now", lambda: shop.now)
    order = shop.subscribed()
    shop.deliver(paypal.money_back(order, mc_gross="-2.00", mc_fee=None))
    shop.deliver(paypal.payment(shop.checkout("pro"), mc_gross="1.00", subscr_id="I-X", txn_id="X"))
    assert doors.ask("revenue", OPERATOR) == {
        "active_members": 1,
        "mrr": [{"amount": 1200, "currency": "EUR"}],
        "paid_last_30_days": [{"amount": 1000, "currency": "EUR"}],
        "open_invoices": 1,
        "unmatched_messages": 1,
    }


def receive(doors: Doors, raw: bytes, message_id: UUID | None = None) -> dict[str, str]:
    asked = {"message_id": message_id or new_id(), "raw": encoded(raw)}
    answer: dict[str, str] = doors.ask("receive_ipn", caller(), **asked)
    return answer


def test_an_operator_reads_a_message_and_has_it_replayed(shop: Shop, doors: Doors):
    raw = paypal.payment(shop.checkout(), mc_gross="1.00")
    which = receive(doors, raw)
    shop.apply(UUID(which["message_id"]))
    (item,) = doors.ask("payments_inbox", OPERATOR, state="unmatched")["items"]
    assert item["reason"] == "underpaid"
    detail = doors.ask("payment_message", OPERATOR, **which)
    assert {"name": "mc_gross", "value": "1.00"} in detail["fields"]
    assert detail["raw"] == raw.decode()
    assert doors.ask("replay_payment_message", OPERATOR, **which)["state"] == "received"


def test_messages_come_in_pages(doors: Doors):
    sent = [receive(doors, b"a=%d" % count)["message_id"] for count in range(3)]
    first = doors.ask("payments_inbox", OPERATOR, limit=2)
    rest = doors.ask("payments_inbox", OPERATOR, limit=2, cursor=first["next_cursor"])
    assert [item["message_id"] for item in first["items"] + rest["items"]] == sent[::-1]


def test_bytes_that_are_no_text_can_still_be_looked_at(doors: Doors):
    which = receive(doors, b"\xff\x00=1")
    assert doors.ask("payment_message", OPERATOR, **which)["raw"] == "\\xff\x00=1"


def test_a_wrong_request_says_where(doors: Doors):
    with pytest.raises(Invalid) as refused:
        doors.ask("receive_ipn", caller(), message_id=new_id(), raw="not base64!")
    assert list(refused.value.fields) == ["/raw"]


def test_the_console_loads_the_catalog_that_ships(doors: Doors):
    console = caller(principal="console")
    assert doors.ask("load_catalog", console) == {"added": 8, "retired": 0}
    assert doors.ask("load_catalog", console) == {"added": 0, "retired": 0}


WHO = {"user_id": new_id(), "account_id": new_id(), "name": "Bo", "email": "bo@example.com"}
TOLD = [
    ("auth.user_signed_up", {**WHO, "visit_id": None, "version": 1}),
    ("auth.user_confirmed", {**WHO, "time_zone": "Europe/Berlin", "version": 2}),
]


@pytest.mark.parametrize("tellings", [TOLD, TOLD[::-1]])
def test_what_auth_tells_makes_a_customer_in_any_order_and_twice(
    doors: Doors, session: Session, tellings
):
    for told in tellings:
        message = doors.hear(told)
        doors.hear_again(message, told[1])
        doors.hear(told)
    customer = session.get_one(Customer, WHO["account_id"])
    assert (customer.name, customer.time_zone) == ("Bo", "Europe/Berlin")


@pytest.mark.parametrize("text", ["short", "lowercase1234", "SHOPSHOPSHOP!"])
def test_a_merchant_id_is_checked(text: str):
    with pytest.raises(ValueError, match="13 capital letters"):
        parse_id(text)


def test_settings_are_read_as_text():
    assert parse_id("SHOPSHOPSHOP1") == "SHOPSHOPSHOP1"
    assert parse_business("a@example.com") == "a@example.com"
    assert parse_lines("12 High Street; Springfield;") == ("12 High Street", "Springfield")
    with pytest.raises(ValueError, match="e-mail"):
        parse_business("nobody")
    assert Settings.__dataclass_fields__["catalog"].default == CATALOG
