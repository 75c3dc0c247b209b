"""What may stand in a mail: header values on one line, moments in the reader's own zone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.money import Money

LONGEST_HEADER = 250  # characters; a subject beyond that is nobody's

# Control characters and the separators that some readers take for a line's end.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Written out, because the names that strftime gives depend on the process' locale.
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


class UnusableAddress(ValueError):
    """No mail can be sent to this address."""


@dataclass(frozen=True)
class Sender:
    """In whose name mails go out."""

    brand: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


def read_sender(text: str) -> Sender:
    """Read "Brand <address>"; raises ValueError with what is wrong."""
    brand, address = parseaddr(text)
    try:
        mailbox(brand, address)
    except UnusableAddress as error:
        raise ValueError(f"is {text!r}, must be 'Brand <address>': {error}") from error
    if not brand:
        raise ValueError(f"is {text!r}, must be 'Brand <address>' with a brand")
    return Sender(header_text(brand), address)


def header_text(text: str) -> str:
    """The one function that every header value goes through: one printable line (N14).

    An encoded word (RFC 2047) in it is broken up, because Python's email package would decode it,
    line ends and all, and write what follows as a header of its own.
    """
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())[:LONGEST_HEADER].rstrip()
    return line.replace("=?", "= ?")


def mailbox(name: str, address: str) -> Address:
    """A display name and an address for a header; raises UnusableAddress for an address that is
    none, hides a second one, or has a local part that mail servers do not all take (RFC 6531).
    """
    local, _, host = address.rpartition("@")
    if _UNPRINTABLE.search(address) or not local.isascii():
        raise UnusableAddress("the address has characters that cannot be mailed to")
    try:
        ascii_host = host.encode("idna").decode("ascii")
        return Address(header_text(name), addr_spec=f"{local}@{ascii_host}")
    except (HeaderParseError, UnicodeError, ValueError, IndexError) as error:
        raise UnusableAddress("the address is not an e-mail address") from error


def zone(name: str | None) -> ZoneInfo:
    """The IANA zone of that name, UTC for an unknown one (N09)."""
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):  # an unknown name, a wrong one, a folder
        return ZoneInfo("UTC")


def local_time(moment: datetime, time_zone: str | None) -> str:
    """As people write it, with the zone: "5 March 2026, 14:05 CET"."""
    local = moment.astimezone(zone(time_zone))
    return f"{local_day(local.date())}, {local:%H:%M %Z}"


def local_day(day: date) -> str:
    """ "5 March 2026" """
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def words(facts: Mapping[str, Any], time_zone: str | None) -> dict[str, str | None]:
    """An event's facts as plain texts for a template (N12)."""
    return {name: _word(value, time_zone) for name, value in facts.items()}


def _word(value: Any, time_zone: str | None) -> str | None:
    match value:
        case None:
            return None
        case Money():
            return value.label()
        case datetime():
            return local_time(value, time_zone)
        case date():
            return local_day(value)
        case str() | int() | UUID():
            return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a mail")
