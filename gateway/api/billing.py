"""Plans, checkout, invoices and membership, and the payments inbox, over the API."""

from typing import Any
from uuid import UUID

from flask import Response

from gateway import access
from gateway.api.describing import Operations
from gateway.api.idempotency import creation
from gateway.downloads import document
from services.billing import schemas

operations = Operations("billing", "Plans, checkout, invoices and membership.")


@operations.on("GET", "/plans", gives=schemas.Pricing(), who="everyone")
def plans() -> Any:
    """What is on sale."""
    return access.ask("billing", "pricing")


@operations.on(
    "POST",
    "/checkouts",
    takes=schemas.StartCheckout(exclude=("invoice_id",)),
    gives=schemas.Checkout(),
    status=201,
)
def start_checkout(body: dict[str, Any]) -> Any:
    """Make an invoice for a plan, and the form to post to the payment provider."""
    made = creation()
    return access.ask(
        "billing", "start_checkout", call_id=made.call_id, invoice_id=made.created_id, **body
    )


@operations.on("GET", "/membership", gives=schemas.Membership())
def membership() -> Any:
    """What the caller has bought, and until when it is paid."""
    return access.ask("billing", "membership")


@operations.on("GET", "/invoices", query=schemas.ListInvoices(), gives=schemas.InvoicePage())
def invoices(query: dict[str, Any]) -> Any:
    """The caller's invoices, newest first."""
    return access.ask("billing", "invoices", **query)


@operations.on("GET", "/invoices/<uuid:invoice_id>", gives=schemas.InvoiceDetail())
def invoice(invoice_id: UUID) -> Any:
    """One of the caller's invoices."""
    return access.ask("billing", "invoice", invoice_id=invoice_id)


@operations.on("GET", "/invoices/<uuid:invoice_id>/document")
def invoice_document(invoice_id: UUID) -> Response:
    """The invoice as a PDF."""
    return document(access.ask("billing", "invoice_document", invoice_id=invoice_id))


@operations.on(
    "GET",
    "/payment-messages",
    query=schemas.ListMessages(),
    gives=schemas.MessagePage(),
    who="operators",
)
def payment_messages(query: dict[str, Any]) -> Any:
    """Messages of the payment provider, newest first."""
    return access.ask("billing", "payments_inbox", **query)


@operations.on(
    "GET",
    "/payment-messages/<uuid:message_id>",
    gives=schemas.MessageDetail(),
    who="operators",
)
def payment_message(message_id: UUID) -> Any:
    """One message of the payment provider."""
    return access.ask("billing", "payment_message", message_id=message_id)


@operations.on(
    "POST",
    "/payment-messages/<uuid:message_id>/replays",
    gives=schemas.MessageView(),
    who="operators",
)
def replay_payment_message(message_id: UUID) -> Any:
    """Look at a message of the payment provider again."""
    return access.ask("billing", "replay_payment_message", message_id=message_id)
