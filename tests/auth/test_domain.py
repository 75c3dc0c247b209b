"""The rules of identity, without a database."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import pytest

from chassis.errors import Denied, Invalid
from chassis.ids import new_id
from services.auth.adapters import Passwords
from services.auth.domain import sessions, tokens
from services.auth.domain.accounts import may_see_user, sign_up_fingerprint
from services.auth.domain.addresses import login_address, login_subject, read_address
from services.auth.domain.common_passwords import COMMON_PASSWORDS
from services.auth.domain.passwords import SHORTEST, password_faults, require_acceptable

START = datetime(2027, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("A@Ex.com", "a@ex.com"),
        ("  ann@example.com ", "ann@example.com"),
        ("\u00e9@example.com", "e\u0301@example.com"),
        ("ann@B\u00dcCHER.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_id_14_spellings_of_one_mailbox_are_one_address(one: str, other: str) -> None:
    assert read_address(one).canonical == read_address(other).canonical
    assert read_address(one).typed == one.strip()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ann@example.com", "\u0430nn@example.com"),  # a Cyrillic look-alike
        ("ann@example.com", "a.nn@example.com"),
        ("ann@example.com", "ann+shop@example.com"),
    ],
)
def test_id_14_look_alikes_dots_and_tags_are_other_addresses(one: str, other: str) -> None:
    assert read_address(one).canonical != read_address(other).canonical


@pytest.mark.parametrize(
    "text", ["", "ann", "ann@", "@example.com", "a b@example.com", "a@b\x00.co"]
)
def test_what_cannot_be_an_address_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_address(text)


def test_the_demo_login_names_a_user_in_sandbox_mode_only() -> None:
    assert login_address("Demo", is_sandbox=True) == "demo@example.com"
    assert login_address("demo", is_sandbox=False) is None
    assert login_address("demo@example.com", is_sandbox=False) is None


def test_ab_04_a_login_that_is_no_address_is_counted_by_itself() -> None:
    assert login_subject("  ", is_sandbox=True) == ""
    assert login_subject("Nonsense", is_sandbox=True) == "nonsense"
    assert login_subject("A@Ex.com", is_sandbox=True) == "a@ex.com"


FINE = ""
SHORT = "at least"
LONG = "at most"
COMMON = "most used"
SITE = "name of this site"
OWN = "e-mail address"


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", SHORT),
        ("seven77", SHORT),
        ("\U0001f600" * 7, SHORT),
        ("eight888", FINE),
        (" leading space", FINE),
        ("trailing space ", FINE),
        ("        ", FINE),
        ("\U0001f600" * 8, FINE),
        ("nul\x00inside", FINE),
        ("line\nbreak", FINE),
        ("tab\tinside it", FINE),
        ("caf\u00e9 au lait", FINE),
        ("cafe\u0301 au lait", FINE),
        ("no-digits-here", FINE),
        ("31415926535", FINE),
        ("ALLUPPERCASE", FINE),
        ("correct horse battery staple", FINE),
        ("p" * 1024, FINE),
        ("p" * 1025, LONG),
        ("password", COMMON),
        ("PassWord", COMMON),
        ("12345678", COMMON),
        ("qwertyuiop", COMMON),
        ("iloveyou", COMMON),
        ("memberhall", SITE),
        ("MemberHall1", SITE),
        ("memberhall makes me happy", FINE),
        ("alexandria", OWN),
        ("Alexandria1!", OWN),
        ("alexandria@example.com", OWN),
        ("alexandria likes tea", FINE),
    ],
)
def test_id_16_table_of_passwords(password: str, reason: str) -> None:
    faults = password_faults(password, "alexandria@example.com")
    assert bool(faults) == bool(reason)
    assert reason in " ".join(faults)


def test_id_16_the_reason_is_told_beside_the_field() -> None:
    with pytest.raises(Invalid) as refused:
        require_acceptable("alexandria", "alexandria@example.com")
    assert list(refused.value.fields) == ["/password"]


def test_a_short_local_part_rules_nothing_out() -> None:
    assert password_faults("alpine al", "al@example.com") == []


def test_the_list_holds_what_the_length_does_not_refuse_already() -> None:
    assert all(len(each) >= SHORTEST and each == each.casefold() for each in COMMON_PASSWORDS)


CHEAP = Passwords(time_cost=1, memory_cost=8)


@pytest.mark.parametrize("changed", ["Secret 123", "secret 123 ", " secret 123", "secret 12\u0663"])
def test_id_16_a_password_is_verified_exactly_as_received(changed: str) -> None:
    held = CHEAP.hash("secret 123")
    assert CHEAP.check(held, "secret 123").is_right
    assert not CHEAP.check(held, changed).is_right


def test_id_16_composed_and_decomposed_letters_are_two_passwords() -> None:
    assert not CHEAP.check(CHEAP.hash("caf\u00e9 au lait"), "cafe\u0301 au lait").is_right


def test_a_password_with_nul_or_half_a_surrogate_pair_works() -> None:
    for odd in ("nul\x00inside", "half \ud83d pair"):
        assert CHEAP.check(CHEAP.hash(odd), odd).is_right
    assert not CHEAP.check(CHEAP.hash("nul\x00inside"), "nul\x00other").is_right


def test_id_02_nobodys_hash_is_checked_and_never_right() -> None:
    assert not CHEAP.check(None, "nobody has this password").is_right


def test_id_18_a_hash_with_other_parameters_is_made_afresh() -> None:
    dearer = Passwords(time_cost=2, memory_cost=16)
    check = dearer.check(CHEAP.hash("secret 123"), "secret 123")
    assert check.fresh_hash is not None
    assert dearer.check(check.fresh_hash, "secret 123") == sessions.Check(is_right=True)


KEY, OLD_KEY = b"n" * 32, b"o" * 32


def test_id_06_a_token_has_256_bits_and_differs_by_id_and_key() -> None:
    one, other = new_id(), new_id()
    texts = {tokens.token_text(key, each) for key in (KEY, OLD_KEY) for each in (one, other)}
    assert len(texts) == 4
    assert all(len(text) == 43 for text in texts)


def test_a_token_made_with_an_older_key_is_still_found() -> None:
    token_id = new_id()
    stored = tokens.token_hash(tokens.token_text(OLD_KEY, token_id))
    assert tokens.key_of(token_id, stored, (KEY, OLD_KEY)) == OLD_KEY
    assert tokens.key_of(token_id, stored, (KEY,)) is None


def test_a_code_is_read_as_people_type_it() -> None:
    token_id = UUID("01900000-0000-7000-8000-000000000000")
    code = tokens.code_text(KEY, token_id)
    typed = code.lower().replace("0", "o").replace("1", "l")
    assert len(code) == 8
    assert set(code) <= set(tokens.CODE_ALPHABET)
    assert tokens.is_code_of(token_id, f" {typed[:4]}-{typed[4:]} ", (OLD_KEY, KEY))
    assert not tokens.is_code_of(token_id, code[:-1], (KEY,))
    assert not tokens.is_code_of(new_id(), code, (KEY,))


class Held(NamedTuple):
    authenticated_at: datetime = START
    last_seen_at: datetime = START
    ended_at: datetime | None = None


@pytest.mark.parametrize(
    ("is_operator", "seen_after", "asked_after", "is_live"),
    [
        (False, timedelta(0), timedelta(days=14, seconds=-1), True),
        (False, timedelta(0), timedelta(days=14), False),
        (False, timedelta(days=29), timedelta(days=30, seconds=-1), True),
        (False, timedelta(days=29), timedelta(days=30), False),
        (True, timedelta(0), timedelta(minutes=59), True),
        (True, timedelta(0), timedelta(hours=1), False),
        (True, timedelta(hours=11.5), timedelta(hours=12, seconds=-1), True),
        (True, timedelta(hours=11.5), timedelta(hours=12), False),
    ],
)
def test_se_04_sessions_end_idle_and_in_any_case(
    is_operator: bool, seen_after: timedelta, asked_after: timedelta, is_live: bool
) -> None:
    held = Held(last_seen_at=START + seen_after)
    assert sessions.is_live(START + asked_after, held, is_operator=is_operator) is is_live


def test_an_ended_session_is_not_live() -> None:
    assert not sessions.is_live(START, Held(ended_at=START), is_operator=False)


def test_id_01_unknown_login_and_wrong_password_are_refused_in_the_same_words() -> None:
    known = sessions.Credentials(new_id(), CHEAP.hash("x"), 1)
    said = set()
    for held in (known, None):
        with pytest.raises(Denied) as refused:
            sessions.proved(held, sessions.Check(is_right=False))
        said.add(str(refused.value.as_json()))
    assert len(said) == 1


def test_ab_01_the_eleventh_try_is_refused() -> None:
    sessions.require_tries_left(10)
    with pytest.raises(Denied, match="too_many_tries"):
        sessions.require_tries_left(11)


ANN, BOB = new_id(), new_id()


@pytest.mark.parametrize(
    ("principal", "asking", "roles", "may"),
    [
        ("gateway", ANN, {"member"}, True),
        ("gateway", BOB, {"member"}, False),
        ("gateway", BOB, {"member", "operator"}, True),
        ("gateway", None, set(), False),
        ("billing", None, set(), True),
    ],
)
def test_who_may_see_a_user(
    principal: str, asking: UUID | None, roles: set[str], may: bool
) -> None:
    assert may_see_user(principal, asking, frozenset(roles), ANN) is may


def test_two_sign_ups_are_the_same_when_everything_but_the_password_is() -> None:
    same = [sign_up_fingerprint(ANN, BOB, "a@ex.com", "Ann", "UTC") for _ in range(2)]
    assert same[0] == same[1]
    assert same[0] != sign_up_fingerprint(ANN, BOB, "a@ex.com", "Anna", "UTC")
