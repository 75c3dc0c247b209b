"""Reading a button's variables one by one, collecting every fault instead of the first. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from urllib.parse import urlsplit

from sandbox.paypal import amounts


class Reading:
    """The variables of one form and the faults found in them so far."""

    def __init__(self, variables: Iterable[tuple[str, str]]) -> None:
        self.faults: list[str] = []
        self._values: dict[str, str] = {}
        for name, value in variables:
            if name in self._values:
                self.wrong(name, "is given twice")
            self._values[name] = value.strip()

    def wrong(self, name: str, fault: str) -> None:
        self.faults.append(f"{name} {fault}.")

    def has(self, name: str) -> bool:
        return self._values.get(name, "") != ""

    def text(self, name: str, longest: int, *, required: bool = False) -> str:
        value = self._values.get(name, "")
        if required and not value:
            self.wrong(name, "is missing")
        if len(value) > longest:
            self.wrong(name, f"has {len(value)} characters, {longest} are allowed")
        if re.search(r"[\x00-\x1f\x7f]", value):
            self.wrong(name, "has control characters")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self._values.get(name) or default
        if value in allowed:
            return value
        self.wrong(name, f"is {value!r}, not one of {', '.join(allowed)}")
        return default

    def whole(self, name: str, least: int, most: int, default: int | None = None) -> int:
        """A whole number from `least` to `most`; without a default it is required."""
        value = self._values.get(name, "")
        if not value and default is not None:
            return default
        if re.fullmatch(r"[0-9]{1,6}", value) and least <= int(value) <= most:
            return int(value)
        self.wrong(name, f"is {value!r}, not a whole number from {least} to {most}")
        return least

    def amount(self, name: str, currency: str, *, least: Decimal | None = None) -> Decimal:
        """A dot decimal with the currency's decimals; at least `least` when given."""
        try:
            amount = amounts.parse(self._values.get(name, ""), currency)
        except ValueError as fault:
            self.wrong(name, str(fault))
            return Decimal(1)
        if least is not None and amount < least:
            self.wrong(name, f"is {amount}, less than {least}")
        return amount

    def amount_or_nothing(self, name: str, currency: str) -> Decimal:
        return self.amount(name, currency) if self.has(name) else Decimal(0)

    def address(self, name: str, longest: int) -> str:
        """An absolute http(s) URL, or "" when the variable is not given."""
        value = self.text(name, longest)
        if value and not is_web_address(value):
            self.wrong(name, f"is {value!r}, not an absolute http or https address")
            return ""
        return value


# What may stand between "//" and the next "/": these addresses go into a security policy.
_AUTHORITY = re.compile(r"[A-Za-z0-9._~%@:\[\]-]+", re.ASCII)


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        plain = parts.hostname and parts.port != 0 and _AUTHORITY.fullmatch(parts.netloc)
        return parts.scheme in {"http", "https"} and bool(plain)
    except ValueError:
        return False
