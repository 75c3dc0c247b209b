"""A mail as bytes on the wire (RFC 5322, MIME), made by the standard library's email package."""

from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime

from services.notifications.adapters.neighbours import Document
from services.notifications.domain.wording import Sender, header_text, mailbox
from services.notifications.templates import Rendered

# 7 bit, so that no server on the way has to know 8BITMIME; lines stay below 998 by themselves,
# because longer ones are encoded (N15).
_WIRE = policy.SMTP.clone(cte_type="7bit")


@dataclass(frozen=True)
class Letter:
    """All that stands in one mail; `message_id` is the same in every attempt (N02)."""

    sender: Sender
    name: str
    email: str
    message_id: str
    request_id: str
    written_at: datetime
    rendered: Rendered
    document: Document | None = None

    @property
    def recipient(self) -> str:
        """The address for the envelope; raises UnusableAddress."""
        return mailbox(self.name, self.email).addr_spec

    def content(self) -> bytes:
        """Headers and body with CRLF line ends; raises UnusableAddress."""
        message = EmailMessage(policy=_WIRE)
        message["From"] = mailbox(self.sender.brand, self.sender.address)
        message["To"] = mailbox(self.name, self.email)
        message["Subject"] = header_text(self.rendered.subject)
        message["Date"] = format_datetime(self.written_at)
        message["Message-ID"] = header_text(self.message_id)
        message["X-Request-Id"] = header_text(self.request_id)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(self.rendered.text)
        message.add_alternative(self.rendered.html, subtype="html")
        if self.document:
            maintype, _, subtype = self.document.content_type.partition("/")
            message.add_attachment(
                self.document.content,
                maintype=maintype,
                subtype=subtype,
                filename=header_text(self.document.name),
            )
        return message.as_bytes()
