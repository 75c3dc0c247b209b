"""E-mail addresses: kept as they were typed, compared in one canonical form (ID-14)."""

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email

DEMO_LOGIN = "demo"
DEMO_EMAIL = "demo@example.com"


@dataclass(frozen=True)
class Address:
    """`typed` is what mail is sent to; `canonical` is what makes two spellings one address."""

    typed: str
    canonical: str


def read_address(text: str) -> Address:
    """Read what somebody typed; raises ValueError when it cannot be an e-mail address.

    Canonical: the domain in lower case and IDNA form, the local part in NFC and case-folded. RFC
    5321 lets servers tell case apart in the local part; none that people use does, and two accounts
    for one mailbox would harm more. Dots and "+tags" count: to some servers they are other people.
    """
    typed = text.strip()
    try:
        parts = validate_email(typed, check_deliverability=False)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    local = unicodedata.normalize("NFC", parts.local_part.casefold())
    return Address(typed, f"{local}@{parts.ascii_domain.lower()}")


def login_address(login: str, *, is_sandbox: bool) -> str | None:
    """The canonical address that a login stands for, None where no user can have it.

    The demo user logs in as "demo", and only in sandbox mode.
    """
    named = DEMO_EMAIL if login.strip().casefold() == DEMO_LOGIN else login
    try:
        canonical = read_address(named).canonical
    except ValueError:
        return None
    return canonical if is_sandbox or canonical != DEMO_EMAIL else None


def login_subject(login: str, *, is_sandbox: bool) -> str:
    """What failed logins are counted under: the address, else the text itself (AB-04)."""
    return login_address(login, is_sandbox=is_sandbox) or login.strip().casefold()
