"""How billing is asked."""

import base64
from collections.abc import Callable
from typing import Any

from tests.billing import paypal
from tests.billing.story import Shop
from tests.contracts.asking import CONSOLE, NODE, OPERATOR, VISITOR, Request, ask, asks_for
from tests.contracts.samples import an_id
from tests.doors import Doors, caller


@asks_for("billing.load_catalog")
def load_catalog(doors: Doors) -> Request:
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


def in_shop(doors: Doors, act: Callable[[Shop], Any]) -> Any:
    """What happens in a shop with a catalog and one customer, in one transaction."""
    return doors.service.db.transact(lambda session: act(Shop(session).opened()))
