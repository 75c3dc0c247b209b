"""Double entry: what each movement of money debits and credits.

An entry is a list of transfers, each naming the account it debits, the account it credits and one
positive amount. Such a row cannot be out of balance, so that the sum over all postings is zero by
construction: no deferred constraint and no trigger has to watch it, on any SQL engine.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chassis.money import Money


class Account(StrEnum):
    """The ledger's accounts; a customer's part of one is found by the entry's account id."""

    PAYPAL = "paypal"  # asset: what lies at the provider
    RECEIVABLE = "receivable"  # asset: what customers owe
    REVENUE = "revenue"  # income
    REFUNDS = "refunds"  # income given back
    CHARGEBACKS = "chargebacks"  # income taken back by the provider
    FEES = "fees"  # expense: what the provider keeps


class EntryKind(StrEnum):
    """What an entry records."""

    PAYMENT = "payment"
    REFUND = "refund"
    REVERSAL = "reversal"
    REVERSAL_CANCELLED = "reversal_cancelled"


@dataclass(frozen=True)
class Transfer:
    """`amount` moves from the account it credits to the account it debits."""

    debit: Account
    credit: Account
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.amount <= 0 or self.debit == self.credit:
            raise ValueError("a transfer moves a positive amount between two accounts")


def payment(amount: Money, fee: Money | None) -> tuple[Transfer, ...]:
    """An invoice becomes due and is paid at once: earned, collected, fee kept by the provider."""
    earned = Transfer(Account.RECEIVABLE, Account.REVENUE, amount)
    collected = Transfer(Account.PAYPAL, Account.RECEIVABLE, amount)
    return (earned, collected, *_some(Account.FEES, Account.PAYPAL, fee))


def money_back(kind: EntryKind, amount: Money, fee: Money | None) -> tuple[Transfer, ...]:
    """A refund or a reversal, or a reversal undone; `fee` is what moves back with it."""
    taken_from = Account.REFUNDS if kind is EntryKind.REFUND else Account.CHARGEBACKS
    if kind is EntryKind.REVERSAL_CANCELLED:
        returned = Transfer(Account.PAYPAL, taken_from, amount)
        return (returned, *_some(Account.FEES, Account.PAYPAL, fee))
    given = Transfer(taken_from, Account.PAYPAL, amount)
    return (given, *_some(Account.PAYPAL, Account.FEES, fee))


def balances(transfers: Iterable[Transfer]) -> dict[tuple[Account, str], int]:
    """The balance of each account and currency in minor units; debits are positive."""
    totals: Counter[tuple[Account, str]] = Counter()
    for transfer in transfers:
        totals[transfer.debit, transfer.amount.currency] += transfer.amount.amount
        totals[transfer.credit, transfer.amount.currency] -= transfer.amount.amount
    return dict(totals)


def _some(debit: Account, credit: Account, amount: Money | None) -> tuple[Transfer, ...]:
    if amount is None or amount.amount == 0:
        return ()
    return (Transfer(debit, credit, amount),)
