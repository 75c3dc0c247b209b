"""Money: an integer of minor units and an ISO 4217 currency. There are no floats anywhere."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Self

# ISO 4217 exponents that differ from two (the list of SIX Interbank Clearing).
_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_WITH_THREE = "BHD IQD JOD KWD LYD OMR TND"
_EXPONENTS = {
    **dict.fromkeys(_WITHOUT_DECIMALS.split(), 0),
    **dict.fromkeys(_WITH_THREE.split(), 3),
}


def exponent(currency: str) -> int:
    """How many decimals the currency has: EUR 2, JPY 0, KWD 3."""
    return _EXPONENTS.get(currency, 2)


@dataclass(frozen=True, order=False)
class Money:
    """An exact amount in minor units, for example Money(1230, "EUR") for 12.30 euros."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if type(self.amount) is not int:
            raise ValueError(f"money is a whole number of minor units, not {self.amount!r}")
        if len(self.currency) != 3 or not self.currency.isalpha() or not self.currency.isupper():
            raise ValueError(f"{self.currency!r} is not an ISO 4217 currency code")

    @classmethod
    def parse(cls, text: str, currency: str) -> Self:
        """Read "12.30"; raises ValueError for more decimals than the currency has."""
        try:
            scaled = Decimal(text).scaleb(exponent(currency))
        except InvalidOperation:
            raise ValueError(f"{text!r} is not an amount of money") from None
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise ValueError(f"{text!r} is not an exact amount of {currency}")
        return cls(int(scaled), currency)

    @classmethod
    def from_json(cls, described: Mapping[str, Any]) -> Self:
        """Read {"amount": minor units, "currency": "EUR"}."""
        return cls(described["amount"], described["currency"])

    def as_json(self) -> dict[str, Any]:
        return {"amount": self.amount, "currency": self.currency}

    def text(self) -> str:
        """The plain decimal that payment providers write: "12.30"."""
        return f"{Decimal(self.amount).scaleb(-exponent(self.currency)):f}"

    def label(self) -> str:
        """For people and logs, never ambiguous: "EUR 12.30"."""
        return f"{self.currency} {self.text()}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same_currency(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same_currency(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same_currency(other)

    def __le__(self, other: "Money") -> bool:
        return self.amount <= self._same_currency(other)

    def _same_currency(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not mix")
        return other.amount
