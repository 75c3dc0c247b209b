"""The invoice as PDF: what a reader gets to see of it."""

import base64
import io
import uuid
from typing import Any

import pytest
from pypdf import PdfReader

from chassis.jobkinds import Job, kinds_in
from services.billing import tasks
from services.billing.tasks import invoices

INVOICE = {
    "invoice_id": "018f0000-0000-7000-8000-0000000000aa",
    "number": "2026-00017",
    "issued_at": "2026-01-31T23:30:00Z",
    "paid_at": "2026-01-31T23:45:00Z",
    "period_from": "2026-01-31T23:45:00Z",
    "period_to": "2026-02-28T23:45:00Z",
    "time_zone": "Europe/Berlin",
    "seller": {"name": "Club & Co", "address": ["12 High Street"], "email": "shop@example.com"},
    "buyer": {"name": "Zoë Müller <b>", "email": "zoe@example.com"},
    "lines": [
        {
            "description": "Pro monthly",
            "quantity": 1,
            "unit_amount": {"amount": 123450, "currency": "EUR"},
            "amount": {"amount": 123450, "currency": "EUR"},
        }
    ],
    "total": {"amount": 123450, "currency": "EUR"},
}


def text_of(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)


def test_everything_on_the_invoice_can_be_read():
    text = text_of(invoices.draw(INVOICE))
    for wanted in (
        "Invoice 2026-00017", "Club & Co", "12 High Street", "shop@example.com",
        "Zoë Müller <b>", "zoe@example.com", "Pro monthly", "EUR 1,234.50", "Total paid (EUR)",
    ):  # fmt: skip
        assert wanted in text


def test_dates_are_the_buyers():
    text = text_of(invoices.draw(INVOICE))
    assert "Paid on: 1 February 2026" in text
    assert "Period: 1 February 2026 to 1 March 2026 (Europe/Berlin)" in text


def test_a_second_rendering_is_the_same_document():
    assert invoices.draw(INVOICE) == invoices.draw(INVOICE)


def test_a_single_payment_has_no_period():
    assert "Period" not in text_of(
        invoices.draw({**INVOICE, "period_from": None, "period_to": None})
    )


@pytest.mark.parametrize(("currency", "label"), [("JPY", "JPY 123450"), ("KWD", "KWD 123.450")])
def test_amounts_have_their_currencys_decimals(currency: str, label: str):
    total = {"amount": 123450, "currency": currency}
    assert label in text_of(invoices.draw({**INVOICE, "total": total, "lines": []}))


def test_letters_that_the_font_lacks_come_as_near_as_it_can():
    buyer = {"name": "Łukasz Erdős 山", "email": "l@example.com"}
    assert "Łukasz Erdos ?" in text_of(invoices.draw({**INVOICE, "buyer": buyer}))


def test_the_job_draws_what_billing_describes_and_hands_it_back():
    asked: list[tuple[str, dict[str, Any]]] = []

    def ask(service: str, method: str, /, *, call_id: uuid.UUID, **arguments: Any) -> Any:
        asked.append((f"{service}.{method}", arguments))
        return INVOICE

    kind = kinds_in([tasks])["billing.render_invoice"]
    args = {"invoice_id": INVOICE["invoice_id"]}
    kind.handler(Job(uuid.uuid4(), 1, 1, 1, kind.name, args, "request-1", ask))
    (printed, which), (stored, handed) = asked
    assert (printed, which) == ("billing.invoice_print", args)
    assert stored == "billing.store_invoice_document"
    assert base64.b64decode(handed["content"]) == invoices.draw(INVOICE)
