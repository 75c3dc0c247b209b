"""What a template is given: plain texts and nothing else (N12)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from services.notifications.domain.rules import Rule
from services.notifications.domain.wording import header_text, words


@dataclass(frozen=True)
class Secret:
    """The texts that prove who reads a mailbox; they live as long as the mail is being written."""

    token: str
    code: str


# Stands in previews, and in mails that have none.
HIDDEN = Secret("[hidden]", "[hidden]")


@dataclass(frozen=True)
class Shop:
    """Who writes, and where links lead."""

    brand: str
    public_url: str


def letter_values(
    rule: Rule,
    shop: Shop,
    *,
    name: str,
    time_zone: str | None,
    facts: Mapping[str, Any],
    secret: Secret = HIDDEN,
) -> dict[str, str | None]:
    """Everything a template may use, by name. Links are built on the public URL alone."""
    return {
        **words(facts, time_zone),
        "brand": shop.brand,
        "public_url": shop.public_url,
        "because": rule.because,
        "name": header_text(name),
        # Brackets stay, so that a preview shows "[hidden]" and not an escaped word.
        "token": quote(secret.token, safe="[]"),
        "code": secret.code,
    }
