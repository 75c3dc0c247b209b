"""What the notifications service does."""

from services.notifications.commands.planning import plan_mails, wake_for_document
from services.notifications.commands.recipients import remember_recipient
from services.notifications.commands.sending import claim_next, record, take_up_again
from services.notifications.commands.trying_again import retry_delivery

__all__ = [
    "claim_next",
    "plan_mails",
    "record",
    "remember_recipient",
    "retry_delivery",
    "take_up_again",
    "wake_for_document",
]
