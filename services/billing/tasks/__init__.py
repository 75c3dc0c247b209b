"""Billing's offline work: drawing invoices. Runs on a node, without a database."""

import base64
from importlib import import_module
from typing import Any

from chassis.jobkinds import Job, kind


@kind("billing.render_invoice", timeout=60, attempts=5)
def render_invoice(job: Job) -> None:
    """Draw the invoice named in the job's arguments and hand the PDF back to billing."""
    # Whoever only needs to know the kinds, or never draws, need not carry what it takes (8 MB).
    invoices: Any = import_module("services.billing.tasks.invoices")
    invoice_id = job.args["invoice_id"]
    described = job.call("billing", "invoice_print", invoice_id=invoice_id)
    content = base64.b64encode(invoices.draw(described)).decode("ascii")
    job.call("billing", "store_invoice_document", invoice_id=invoice_id, content=content)
