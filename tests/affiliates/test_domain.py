"""The rules of attribution and commission, without a database."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.affiliates import domain
from services.affiliates.domain import Kept, commission_on, email_digest, entries_due

cents = st.integers(0, 10_000_000)
rates = st.integers(0, domain.BASIS_POINTS)


@given(cents, rates)
def test_a04_commission_is_a_whole_number_of_minor_units_rounded_down(base: int, rate: int) -> None:
    earned = commission_on(base, rate)
    assert 0 <= earned <= base
    assert earned * domain.BASIS_POINTS <= base * rate < (earned + 1) * domain.BASIS_POINTS


@given(cents, cents, cents)
def test_a02_the_base_is_what_is_kept_and_never_negative(amount: int, fee: int, back: int) -> None:
    kept = Kept(amount, fee, back)
    assert 0 <= kept.base <= kept.before_refunds <= amount


@given(st.integers(1, 100_000), st.integers(0, 500), rates, st.lists(st.integers(1, 100_000)))
def test_a05_any_split_of_refunds_leaves_exactly_the_commission_on_what_is_left(
    amount: int, fee: int, rate: int, refunds: list[int]
) -> None:
    ledger, refunded = entries_due(Kept(amount, fee), rate, booked=None, refused=False), 0
    for part in refunds:
        refunded += part
        kept = Kept(amount, fee, refunded)
        booked = sum(ledger) if ledger else None
        ledger += entries_due(kept, rate, booked=booked, refused=False)
        assert sum(ledger) == commission_on(kept.base, rate)
    if refunded >= amount:
        assert sum(ledger) == 0


@given(st.integers(1, 100_000), rates, st.lists(st.integers(1, 50_000)), st.randoms())
def test_a09_the_moment_a_payment_is_heard_of_does_not_matter(
    amount: int, rate: int, refunds: list[int], chance: random.Random
) -> None:
    heard_after = chance.randint(0, len(refunds))
    ledger = entries_due(
        Kept(amount, 0, sum(refunds[:heard_after])), rate, booked=None, refused=False
    )
    booked = sum(ledger) if ledger else None
    ledger += entries_due(Kept(amount, 0, sum(refunds)), rate, booked=booked, refused=False)
    assert sum(ledger) == commission_on(max(0, amount - sum(refunds)), rate)


@given(st.integers(1, 100_000), rates)
def test_a06_nothing_due_once_the_ledger_says_what_the_facts_say(amount: int, rate: int) -> None:
    kept = Kept(amount, 0)
    first = entries_due(kept, rate, booked=None, refused=False)
    assert entries_due(kept, rate, booked=sum(first), refused=False) == []


def test_a15_a_refused_referral_earns_nothing_and_gives_back_what_it_earned() -> None:
    kept = Kept(1000, 0)
    assert entries_due(kept, 2000, booked=None, refused=True) == []
    assert entries_due(kept, 2000, booked=200, refused=True) == [-200]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bob@example.org", "BOB@Example.org "),
        ("bob@example.org", "bob+shop@example.org"),
        ("bob.smith@gmail.com", "b.o.b.s.m.i.t.h+x@googlemail.com"),
    ],
)
def test_a15_spellings_of_one_mailbox_are_one(one: str, other: str) -> None:
    assert email_digest(one) == email_digest(other)


def test_a15_dots_make_another_mailbox_where_the_host_minds_them() -> None:
    assert email_digest("b.ob@example.org") != email_digest("bob@example.org")


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "  ",
        "curl/8.5.0",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "facebookexternalhit/1.1",
        "python-requests/2.34",
        "WhatsApp/2.23.20.0",
    ],
)
def test_a14_machines_are_not_visitors(user_agent: str) -> None:
    assert domain.is_bot(user_agent)


@pytest.mark.parametrize(
    "user_agent",
    [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
        "Mozilla/5.0 (Linux; Android 14; CUBOT KING KONG) AppleWebKit/537.36 Chrome/140.0 Mobile",
    ],
)
def test_a14_people_are_visitors_whatever_their_telephone_is_called(user_agent: str) -> None:
    assert not domain.is_bot(user_agent)


@given(st.text())
def test_no_text_breaks_the_reading_of_a_code(text: str) -> None:
    code = domain.normal_code(text)
    assert code is None or set(code) <= set(domain.CODE_ALPHABET)


def test_a_code_is_read_however_it_was_typed() -> None:
    assert domain.normal_code(" abcd2345\n") == "ABCD2345"
    assert domain.normal_code("ABCD0345") is None
