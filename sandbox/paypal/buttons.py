"""Subscribe and Buy-now buttons: what their variables may be and what they ask for. Pure.

The variables and their ranges are those of PayPal's "HTML Variables for Payments Standard".
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from sandbox.paypal import amounts
from sandbox.paypal.identifiers import account_id
from sandbox.paypal.reading import Reading
from sandbox.paypal.schedule import LONGEST, Period, Terms

SUBSCRIBE = "_xclick-subscriptions"
BUY_NOW = "_xclick"

MayNotify = Callable[[str], bool]


class WrongButton(Exception):
    """The form is not a button PayPal would take; `faults` holds a sentence for each variable."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Buyer:
    """Who pays; buttons may fill it in beforehand."""

    email: str
    first_name: str
    last_name: str
    country: str = "US"

    @property
    def payer_id(self) -> str:
        return account_id(self.email)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a Buy-now button costs in all, and its parts as PayPal repeats them."""

    total: Decimal
    quantity: int
    tax: Decimal
    shipping: Decimal
    handling: Decimal
    discount: Decimal


@dataclass(frozen=True, kw_only=True)
class Button:
    """A valid button. Either `terms` (Subscribe) or `price` (Buy now) is given."""

    command: str
    business: str
    currency: str
    item_name: str
    item_number: str
    invoice: str
    custom: str
    notify_url: str
    return_url: str
    return_method: str
    return_label: str
    cancel_url: str
    charset: str
    options: tuple[tuple[str, str], ...]
    buyer: Buyer
    terms: Terms | None
    price: Price | None


def read_button(variables: Iterable[tuple[str, str]], may_notify: MayNotify) -> Button:
    """The button that a form's variables describe; WrongButton with every fault found."""
    reading = Reading(variables)
    command = reading.choice("cmd", (SUBSCRIBE, BUY_NOW), "")
    if not command:
        raise WrongButton(reading.faults)
    button = _button(reading, command, may_notify)
    reading.choice("no_shipping", ("0", "1", "2"), "0")
    if reading.faults:
        raise WrongButton(reading.faults)
    return button


def _button(reading: Reading, command: str, may_notify: MayNotify) -> Button:
    currency = reading.choice("currency_code", tuple(amounts.FIXED_FEES), "USD")
    subscribing = command == SUBSCRIBE
    return Button(
        command=command,
        business=_business(reading),
        currency=currency,
        item_name=reading.text("item_name", 127),
        item_number=reading.text("item_number", 127),
        invoice=reading.text("invoice", 127),
        custom=reading.text("custom", 255),
        notify_url=_notify_url(reading, may_notify),
        return_url=reading.address("return", 1024),
        return_method=reading.choice("rm", ("0", "1", "2"), "0"),
        return_label=reading.text("cbt", 60),
        cancel_url=reading.address("cancel_return", 1024),
        charset=_charset(reading),
        options=_options(reading),
        buyer=_buyer(reading),
        terms=_terms(reading, currency) if subscribing else None,
        price=None if subscribing else _price(reading, currency),
    )


def _business(reading: Reading) -> str:
    business = reading.text("business", 127, required=True)
    if business and "@" not in business and not (len(business) == 13 and business.isalnum()):
        reading.wrong("business", f"is {business!r}, neither an e-mail address nor a merchant id")
    return business


def _notify_url(reading: Reading, may_notify: MayNotify) -> str:
    address = reading.address("notify_url", 255)
    if address and not may_notify(address):
        reading.wrong(
            "notify_url",
            f"is {address!r}; the sandbox only sends to this machine and to the hosts in "
            "MEMBERHALL_SANDBOX_NOTIFY_HOSTS",
        )
    return address


def _charset(reading: Reading) -> str:
    name = reading.text("charset", 40) or "windows-1252"
    try:
        codecs.lookup(name).encode("")
    except (LookupError, UnicodeError, TypeError):
        reading.wrong("charset", f"is {name!r}, which is not a charset")
        return "windows-1252"
    return name


def _options(reading: Reading) -> tuple[tuple[str, str], ...]:
    numbers = [number for number in range(7) if reading.has(f"on{number}")]
    return tuple(
        (reading.text(f"on{number}", 64), reading.text(f"os{number}", 200)) for number in numbers
    )


def _buyer(reading: Reading) -> Buyer:
    return Buyer(
        email=(reading.text("email", 127) or "ann.lee@buyer.example").lower(),
        first_name=reading.text("first_name", 32) or "Ann",
        last_name=reading.text("last_name", 64) or "Lee",
        country=reading.choice("country", ("US", "DE", "FR", "GB", "ES", "NL", "PL"), "US"),
    )


def _terms(reading: Reading, currency: str) -> Terms:
    regular = _period(reading, 3, currency, least=Decimal("0.01"))
    trials = tuple(_period(reading, n, currency) for n in (1, 2) if reading.has(f"a{n}"))
    _check_trials(reading)
    _check_manners(reading)
    recurring = reading.choice("src", ("0", "1"), "0") == "1"
    times = reading.whole("srt", 2, 52) if reading.has("srt") else None
    if times is not None and not recurring:
        reading.wrong("srt", "is given without src=1")
    return Terms(
        regular=regular,
        trials=trials,
        recurring=recurring,
        times=times if recurring else 1,
        reattempt=reading.choice("sra", ("0", "1"), "1") == "1",
    )


def _period(reading: Reading, n: int, currency: str, least: Decimal | None = None) -> Period:
    unit = reading.choice(f"t{n}", tuple(LONGEST), "")
    return Period(
        amount=reading.amount(f"a{n}", currency, least=least),
        length=reading.whole(f"p{n}", 1, LONGEST.get(unit, 90)),
        unit=unit or "D",
    )


def _check_trials(reading: Reading) -> None:
    if reading.has("a2") and not reading.has("a1"):
        reading.wrong("a2", "is given without a1: a second trial needs a first")
    for n in (1, 2):
        for name in (f"p{n}", f"t{n}"):
            if reading.has(name) and not reading.has(f"a{n}"):
                reading.wrong(name, f"is given without a{n}")


def _check_manners(reading: Reading) -> None:
    """The variables of a subscription that change what we simulate, or that PayPal insists on."""
    if reading.choice("no_note", ("0", "1"), "1") == "0":
        reading.wrong("no_note", "must be 1 for a subscription")
    if reading.choice("usr_manage", ("0", "1"), "0") == "1":
        reading.wrong("usr_manage", "is 1, which the sandbox does not play")
    if reading.choice("modify", ("0", "1", "2"), "0") != "0":
        if reading.has("a1"):
            reading.wrong("modify", "does not allow trials")
        reading.wrong("modify", "is not 0, which the sandbox does not play")


def _price(reading: Reading, currency: str) -> Price:
    quantity = reading.whole("quantity", 1, 99999, default=1)
    goods = reading.amount("amount", currency, least=Decimal("0.01")) * quantity
    discount = reading.amount_or_nothing("discount_amount", currency)
    tax = reading.amount_or_nothing("tax", currency)
    shipping = reading.amount_or_nothing("shipping", currency)
    handling = reading.amount_or_nothing("handling", currency)
    if discount >= goods:
        reading.wrong("discount_amount", f"is {discount}, not less than the goods' {goods}")
    return Price(
        total=goods - discount + tax + shipping + handling,
        quantity=quantity,
        tax=tax,
        shipping=shipping,
        handling=handling,
        discount=discount,
    )
