"""What billing does: each function is one unit of work on an open session."""

from services.billing.commands.applying import apply_message
from services.billing.commands.catalog import load_catalog
from services.billing.commands.checkout import start_checkout
from services.billing.commands.customers import confirm_customer, meet_customer
from services.billing.commands.documents import store_invoice_document
from services.billing.commands.messages import (
    Claimed,
    ask_again,
    claim_messages,
    receive_ipn,
    refuse_message,
    replay_payment_message,
)

__all__ = [
    "Claimed",
    "apply_message",
    "ask_again",
    "claim_messages",
    "confirm_customer",
    "load_catalog",
    "meet_customer",
    "receive_ipn",
    "refuse_message",
    "replay_payment_message",
    "start_checkout",
    "store_invoice_document",
]
