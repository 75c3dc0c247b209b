"""What the affiliates service does."""

from services.affiliates.commands.facts import remember_payment, remember_refund, remember_sign_up
from services.affiliates.commands.joining import join
from services.affiliates.commands.visits import record_visit

__all__ = ["join", "record_visit", "remember_payment", "remember_refund", "remember_sign_up"]
