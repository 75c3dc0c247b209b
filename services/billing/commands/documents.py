"""The file that a node made of an invoice."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import outbox
from chassis.errors import Conflict, Invalid, NotFound
from services.billing import events
from services.billing.models import Document, Invoice
from services.billing.models.invoices import MAX_DOCUMENT, InvoiceState

PDF = "application/pdf"


def store_invoice_document(
    session: Session, *, now: datetime, invoice_id: UUID, content: bytes
) -> None:
    """Keep the PDF of a final invoice and say that it is there, once.

    The first document stays: a job that runs twice, even in a newer version that draws otherwise,
    changes nothing that a customer may have downloaded.
    """
    if not content.startswith(b"%PDF-") or len(content) > MAX_DOCUMENT:
        raise Invalid("not_a_document", "A document is a PDF of at most 10 MB.")
    invoice = session.get(Invoice, invoice_id)
    if invoice is None:
        raise NotFound("invoice_not_found", "There is no such invoice.")
    if invoice.state == InvoiceState.OPEN or invoice.number is None:
        raise Conflict("invoice_open", "An open invoice has no document yet.")
    stored = insert(Document).values(
        invoice_id=invoice_id,
        account_id=invoice.account_id,
        site_id=invoice.site_id,
        name=f"invoice-{invoice.number}.pdf",
        content_type=PDF,
        content=content,
        stored_at=now,
    )
    first = stored.on_conflict_do_nothing().returning(Document.invoice_id)
    if session.scalar(first) is None:
        return
    ready = events.InvoiceDocumentReady(
        invoice_id=invoice_id,
        account_id=invoice.account_id,
        number=invoice.number,
        version=invoice.version,
    )
    outbox.stage(session, ready)
