"""Which event is mailed as what. A rule is a frozen value; one line here is one kind of mail."""

from dataclasses import dataclass
from enum import StrEnum


class MailClass(StrEnum):
    """Why somebody gets a mail; it decides what happens when nobody knows whether it arrived."""

    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


class Needs(StrEnum):
    """What has to be fetched from another service just before a mail is sent."""

    NOTHING = "nothing"
    SECRET = "secret"  # noqa: S105 - a kind of thing, not one
    INVOICE_DOCUMENT = "invoice_document"


@dataclass(frozen=True)
class Rule:
    """One event, one mail. `because` ends the sentence "You get this mail because …"."""

    name: str
    wire: str
    template: str
    because: str
    mail_class: MailClass = MailClass.TRANSACTIONAL
    needs: Needs = Needs.NOTHING


RULES = (
    Rule(
        "confirm_address",
        "auth.confirmation_requested",
        "confirm",
        "somebody signed up with this address",
        needs=Needs.SECRET,
    ),
    Rule(
        "already_registered",
        "auth.sign_up_repeated",
        "already_registered",
        "somebody tried to sign up with this address",
    ),
    Rule(
        "reset_password",
        "auth.password_reset_requested",
        "reset",
        "somebody asked for a new password for this address",
        needs=Needs.SECRET,
    ),
    Rule(
        "password_changed",
        "auth.password_changed",
        "password_changed",
        "the password of your account was changed",
    ),
    Rule("welcome", "auth.user_confirmed", "welcome", "you confirmed your address"),
    Rule(
        "receipt",
        "billing.invoice_paid",
        "receipt",
        "a payment was made for your account",
        needs=Needs.INVOICE_DOCUMENT,
    ),
    Rule(
        "subscription_cancelled",
        "billing.subscription_cancelled",
        "subscription_cancelled",
        "your subscription was cancelled",
    ),
    Rule(
        "payment_refunded",
        "billing.payment_refunded",
        "payment_refunded",
        "a payment of yours was refunded",
    ),
    Rule(
        "commission_earned",
        "affiliates.commission_earned",
        "commission_earned",
        "you take part in the affiliate programme",
    ),
)

_BY_NAME = {rule.name: rule for rule in RULES}


def rule_named(name: str) -> Rule:
    """The rule of that name; raises KeyError."""
    return _BY_NAME[name]


def mail_class_of(name: str) -> MailClass:
    """The class of a rule's mails; a rule that is gone from the code has the more careful one."""
    rule = _BY_NAME.get(name)
    return rule.mail_class if rule else MailClass.MARKETING


def rules_for(wire: str) -> tuple[Rule, ...]:
    """Every rule that the event sets off."""
    return tuple(rule for rule in RULES if rule.wire == wire)
