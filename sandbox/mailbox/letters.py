"""A mail as it was taken in, and what can be read in it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage, MIMEPart
from email.policy import default as modern
from functools import cached_property

_LINK = re.compile(r"https?://[^\s<>\"')\]]+")


@dataclass(frozen=True)
class Attachment:
    """A file in a mail; `content` is decoded."""

    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One mail. `recipients` are the envelope's, so that a Bcc is found as well."""

    id: str
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime
    source: bytes = field(repr=False)

    @cached_property
    def _message(self) -> EmailMessage:
        return message_from_bytes(self.source, _class=EmailMessage, policy=modern)

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self._message.items()]

    @property
    def subject(self) -> str:
        return str(self._message.get("Subject", ""))

    @cached_property
    def text(self) -> str:
        return self._body("plain")

    @cached_property
    def html(self) -> str:
        return self._body("html")

    @property
    def links(self) -> list[str]:
        """Every web address in the text, in order, without the full stop behind it."""
        return [found.rstrip(".,;:!?") for found in _LINK.findall(self.text)]

    @cached_property
    def attachments(self) -> list[Attachment]:
        return [
            Attachment(
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                _decoded(part),
            )
            for number, part in enumerate(self._message.iter_attachments(), 1)
        ]

    def is_to(self, wanted: str) -> bool:
        """A whole address is compared whole; anything without @ may be a part of one."""
        sought = wanted.strip().lower()
        addresses = [recipient.lower() for recipient in self.recipients]
        if "@" in sought:
            return sought in addresses
        return any(sought in address for address in addresses)

    def as_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "from": self.sender,
            "to": list(self.recipients),
            "subject": self.subject,
            "received_at": self.received_at.isoformat(),
            "headers": [list(header) for header in self.headers],
            "text": self.text,
            "html": self.html,
            "links": self.links,
            "attachments": [
                {
                    "name": attachment.name,
                    "content_type": attachment.content_type,
                    "size": len(attachment.content),
                    "url": f"/mailbox/{self.id}/attachments/{number}",
                }
                for number, attachment in enumerate(self.attachments, 1)
            ],
        }

    def _body(self, kind: str) -> str:
        part = self._message.get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except (LookupError, ValueError):
            # An unknown charset or broken encoding: show the bytes rather than nothing.
            return _decoded(part).decode("utf-8", "replace")


def _decoded(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    # An attached mail (message/rfc822) has no bytes of its own; its source stands for it.
    return part.as_bytes()
