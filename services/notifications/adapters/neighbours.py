"""The services that hold what a mail needs and what is never stored here."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from chassis.context import Caller
from services.notifications.domain.letters import Secret

Ask = Callable[..., Any]
"""`Service.call`: (service, method, caller=…, **arguments) -> answer."""


@dataclass(frozen=True)
class Document:
    """A file to attach."""

    name: str
    content_type: str
    content: bytes


class Neighbours:
    """Asks auth and billing in this service's name, for the account that the mail is about."""

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def mail_secret(self, caller: Caller, token_id: UUID) -> Secret:
        """Raises NotFound when the token is used, void or too old."""
        answer = self._ask("auth", "mail_secret", caller=caller, token_id=token_id)
        return Secret(answer["token"], answer["code"])

    def invoice_document(self, caller: Caller, invoice_id: UUID) -> Document:
        """Raises NotFound while the document is still being made."""
        answer = self._ask("billing", "invoice_document", caller=caller, invoice_id=invoice_id)
        content = base64.b64decode(answer["content"])
        return Document(answer["name"], answer["content_type"], content)
