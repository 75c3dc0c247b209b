"""auth and billing as the sender of mails meets them, and the settings it runs with."""

import base64
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from chassis.context import Caller
from chassis.errors import Failure, NotFound
from services.notifications.adapters.smtp import Server
from services.notifications.domain.wording import read_sender

TOKEN = "tok_3n-very-secret-0123456789"
CODE = "K7M2P9QX"
PDF = b"%PDF-1.4 an invoice"


def settings_for(smtp_url: str) -> Any:
    return SimpleNamespace(
        sender=read_sender("Memberhall <no-reply@memberhall.example>"),
        public_url="https://shop.example",
        smtp_url=Server.from_url(smtp_url),
    )


@dataclass
class Neighbours:
    """Stands for the bus client: answers what was put there, and remembers who asked."""

    documents: dict[UUID, bytes] = field(default_factory=dict)
    failure: Failure | None = None
    asked: list[tuple[str, Caller]] = field(default_factory=list)
    meanwhile: Any = None

    def call(self, service: str, method: str, /, *, caller: Caller, **arguments: Any) -> Any:
        self.asked.append((f"{service}.{method}", caller))
        if self.meanwhile:
            self.meanwhile()
        if self.failure:
            raise self.failure
        if method == "mail_secret":
            return {"token": TOKEN, "code": CODE}
        content = self.documents.get(arguments["invoice_id"])
        if content is None:
            raise NotFound("document_not_found", "There is no such document.")
        return {
            "name": "invoice-2026-0001.pdf",
            "content_type": "application/pdf",
            "content": base64.b64encode(content).decode(),
        }
