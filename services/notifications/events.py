"""What the notifications service tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from chassis.events import Event


@dataclass(frozen=True, kw_only=True)
class MailSent(Event):
    """The mail server has accepted a delivery."""

    wire: ClassVar[str] = "notifications.mail_sent"

    delivery_id: UUID
    rule: str
    account_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class MailFailed(Event):
    """A delivery is given up; mail_sent may still follow when an operator has it tried again."""

    wire: ClassVar[str] = "notifications.mail_failed"

    delivery_id: UUID
    rule: str
    account_id: UUID | None
