"""The rules of delivering and wording, without a database."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import Money
from services.notifications.domain import delivering
from services.notifications.domain.delivering import Ending, State, Step, after, in_doubt
from services.notifications.domain.rules import (
    RULES,
    MailClass,
    mail_class_of,
    rule_named,
    rules_for,
)
from services.notifications.domain.wording import (
    UnusableAddress,
    header_text,
    local_time,
    mailbox,
    read_sender,
    words,
)
from services.notifications.schemas import HEARD


def step(ending: Ending, **values: object) -> Step:
    given_values = {
        "attempts": 1,
        "resends": 0,
        "mail_class": MailClass.TRANSACTIONAL,
        "give_up": False,
        "chance": 0.5,
        **values,
    }
    return after(ending, **given_values)  # type: ignore[arg-type]  # a dict of each one's own type


def test_every_rule_has_a_name_of_its_own_and_an_event_that_can_be_read_again() -> None:
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert {rule.wire for rule in RULES} == set(HEARD)
    assert all(rule in rules_for(rule.wire) and rule_named(rule.name) is rule for rule in RULES)


def test_n02_a_transactional_mail_in_doubt_goes_once_more() -> None:
    assert in_doubt(MailClass.TRANSACTIONAL, 0) == Step(State.UNKNOWN, 0.0)
    assert in_doubt(MailClass.TRANSACTIONAL, 1) == Step(State.UNKNOWN, None)


def test_n02_a_marketing_mail_in_doubt_stays_there() -> None:
    assert in_doubt(MailClass.MARKETING, 0) == Step(State.UNKNOWN, None)
    assert mail_class_of("a rule that was deleted") is MailClass.MARKETING


def test_n29_a_refusal_is_final_and_what_is_put_off_comes_again() -> None:
    assert step(Ending.REFUSED) == Step(State.FAILED)
    assert step(Ending.PUT_OFF).state is State.DUE
    assert step(Ending.PUT_OFF, give_up=True) == Step(State.FAILED)


def test_n29_a_server_that_is_away_is_asked_again_soon_however_often_it_was() -> None:
    assert step(Ending.SERVER_AWAY, attempts=40) == Step(State.DUE, delivering.AWAY_PAUSE)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_n29_pauses_grow_to_an_hour_and_are_spread(attempts: int, chance: float) -> None:
    seconds = step(Ending.PUT_OFF, attempts=attempts, chance=chance).due_in
    middle = step(Ending.PUT_OFF, attempts=attempts).due_in
    assert seconds is not None
    assert middle is not None
    assert 7.9 < seconds < 4321
    assert abs(seconds - middle) <= 0.2 * middle + 0.001


def test_a_document_that_is_being_made_is_asked_for_again_in_seconds() -> None:
    assert step(Ending.NO_DOCUMENT) == Step(State.WAITING_FOR_DOCUMENT, 2.0)


def test_a_delivery_is_tried_for_three_days() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert not delivering.is_over(start, start + timedelta(days=3))
    assert delivering.is_over(start, start + timedelta(days=3, seconds=1))


INJECTIONS = [
    "Ann\r\nBcc: victim@example.org",
    "Ann\nBcc: victim@example.org",
    "Ann\rBcc: victim@example.org",
    "Ann\0",
    "Ann\u2028Bcc: victim@example.org",
    "Ann\x85Bcc: victim@example.org",
    'Ann" <victim@example.org>, "x',
    "Ann <victim@example.org>",
    "=?utf-8?q?Ann=0D=0ABcc:_victim@example.org?=",
]


@given(st.text())
def test_n14_a_header_value_is_one_printable_line(text: str) -> None:
    value = header_text(text)
    assert len(value.splitlines()) <= 1
    assert "\0" not in value
    assert value == header_text(value)


@pytest.mark.parametrize("name", INJECTIONS)
def test_n14_no_name_adds_an_address(name: str) -> None:
    address = mailbox(name, "ann@example.org")
    assert address.addr_spec == "ann@example.org"
    assert len(str(address).splitlines()) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example.org\r\nBcc: victim@example.org",
        "ann@example.org, victim@example.org",
        "ann@example.org victim@example.org",
        "ann@ex\0ample.org",
        "änn@example.org",
        "<ann@example.org>",
        "ann@" + "x" * 70 + ".org",
    ],
)
def test_n14_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(UnusableAddress):
        mailbox("Ann", address)


def test_a_host_with_other_letters_is_written_in_ascii() -> None:
    assert mailbox("Ann", "ann@bücher.example").addr_spec == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize("text", ["no-reply@example.org", "Brand", "Brand <x>", ""])
def test_a_sender_needs_a_brand_and_an_address(text: str) -> None:
    with pytest.raises(ValueError, match="must be"):
        read_sender(text)


def test_a_senders_brand_and_domain_are_read() -> None:
    sender = read_sender("Memberhall <no-reply@mail.example.org>")
    assert (sender.brand, sender.domain) == ("Memberhall", "mail.example.org")


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("Europe/Berlin", "29 March 2026, 03:30 CEST"),
        ("America/New_York", "28 March 2026, 21:30 EDT"),
        ("UTC", "29 March 2026, 01:30 UTC"),
        ("Mars/X", "29 March 2026, 01:30 UTC"),
        ("../etc/passwd", "29 March 2026, 01:30 UTC"),
        (None, "29 March 2026, 01:30 UTC"),
    ],
)
def test_n09_moments_are_the_readers_own_and_an_unknown_zone_is_utc(
    zone: str | None, text: str
) -> None:
    assert local_time(datetime(2026, 3, 29, 1, 30, tzinfo=UTC), zone) == text


def test_n12_templates_get_plain_texts() -> None:
    account = uuid4()
    given_words = words(
        {
            "amount": Money(1230, "EUR"),
            "account_id": account,
            "on": date(2026, 3, 5),
            "at": datetime(2026, 3, 5, 13, 5, tzinfo=UTC),
            "until": None,
        },
        "Europe/Berlin",
    )
    assert given_words == {
        "amount": "EUR 12.30",
        "account_id": str(account),
        "on": "5 March 2026",
        "at": "5 March 2026, 14:05 CET",
        "until": None,
    }
    with pytest.raises(TypeError):
        words({"row": object()}, None)
