"""The doors: shapes, who may ask, and what happens before the transaction."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

import chassis.bus.doors
from chassis import plumbing
from chassis.bus import handled_events
from chassis.config import PRODUCTION, SettingsError, load
from chassis.context import Caller
from chassis.database import Database
from chassis.errors import Conflict, Invalid, NotFound
from chassis.ids import new_id
from services.auth.domain.accounts import DEMO_USER
from services.auth.domain.tokens import code_text, token_text
from services.auth.models import User
from services.auth.service import AuthService
from services.auth.settings import Settings
from tests.auth.acting import ANN, KEYS, PASSWORDS, hashed, session_hash
from tests.auth.doors import ENVIRONMENT, PASSWORD, SETTINGS, VISITOR, Doors, refusal

CONSOLE = Caller(principal="console", request_id="r-2")
NOTIFICATIONS = Caller(principal="notifications", request_id="r-3")


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds before which each answer must not leave, instead of holding it back.

    Not how long it waited: on a busy machine the answer itself may take longer than that.
    """
    floors: list[float] = []

    def noted(seconds: float) -> AbstractContextManager[None]:
        floors.append(seconds)
        return nullcontext()

    monkeypatch.setattr(chassis.bus.doors, "_at_least", noted)
    return floors


@pytest.fixture
def doors(database: Database, waits: list[float]) -> Doors:
    return Doors(database)


def test_from_sign_up_to_log_out(doors: Doors) -> None:
    assert doors.sign_up(time_zone="Europe/Berlin") == {}
    code = code_text(KEYS[0], doors.token_id())
    assert doors.ask("confirm_code", email=ANN, code=code) == {}
    view = doors.log_in()
    assert set(view) == {
        *("session_id", "user_id", "account_id", "site_id", "email", "name", "roles"),
        *("time_zone", "authenticated_at", "expires_at"),
    }
    assert (view["roles"], view["time_zone"]) == (["member"], "Europe/Berlin")
    assert doors.ask("session", session_hash=session_hash()) == view
    assert doors.ask("see_session", session_hash=session_hash()) == {}
    assert doors.ask("log_out", session_hash=session_hash()) == {}
    with pytest.raises(NotFound, match="session_unknown"):
        doors.ask("session", session_hash=session_hash())


def test_a_forgotten_password(doors: Doors) -> None:
    doors.member()
    assert doors.ask("request_password_reset", email=ANN) == {}
    token = token_text(KEYS[0], doors.token_id())
    with pytest.raises(Invalid) as refused:
        doors.ask("reset_password", token=token, password="ann@example.com")
    assert list(refused.value.fields) == ["/password"]
    assert doors.ask("reset_password", token=token, password="another horse") == {}
    assert refusal(doors.log_in)["code"] == "login_wrong"
    assert doors.log_in(password="another horse")["name"] == "Ann"


def test_a_dead_link_costs_no_hash(doors: Doors) -> None:
    token = "x" * 43
    ask = lambda: doors.ask("reset_password", token=token, password="another horse")  # noqa: E731
    assert refusal(ask)["code"] == "token_unusable"
    assert doors.passwords.asked == []


def test_a_form_hears_of_all_its_faults_at_once(doors: Doors) -> None:
    with pytest.raises(Invalid) as refused:
        doors.sign_up("nonsense", password="short", name="two\nlines", time_zone="Mars/Base")
    assert set(refused.value.fields) == {"/email", "/password", "/name", "/time_zone"}


@pytest.mark.parametrize("zone", ["Factory", "localtime", "berlin", "+02:00", "../etc/passwd", ""])
def test_id_22_only_zones_of_the_iana_database_are_taken(doors: Doors, zone: str) -> None:
    with pytest.raises(Invalid, match="invalid_request"):
        doors.sign_up(time_zone=zone)


def test_id_01_sign_up_answers_the_same_for_every_address(doors: Doors) -> None:
    doors.member()
    doors.sign_up("unconfirmed@example.com")
    asked = [ANN, "unconfirmed@example.com", "new@example.com"]
    for method in ("resend_confirmation", "request_password_reset"):
        assert {str(doors.ask(method, email=each)) for each in asked} == {"{}"}
    assert {str(doors.sign_up(each)) for each in asked} == {"{}"}


def test_id_02_every_sign_up_costs_one_hash(doors: Doors) -> None:
    doors.member()
    doors.passwords.asked.clear()
    doors.sign_up()
    doors.sign_up("new@example.com")
    assert doors.passwords.asked == ["hash", "hash"]


@pytest.mark.parametrize("email", [ANN, "unconfirmed@example.com", "nobody@example.com"])
def test_id_02_answers_about_addresses_are_held_back(
    doors: Doors, waits: list[float], email: str
) -> None:
    doors.member()
    doors.sign_up("unconfirmed@example.com")
    waits.clear()
    doors.sign_up(email)
    doors.ask("resend_confirmation", email=email)
    doors.ask("request_password_reset", email=email)
    refusal(lambda: doors.ask("confirm_code", email=email, code="WRNGC0DE"))
    assert len(waits) == 4
    assert all(wait > 0 for wait in waits)


def test_id_02_every_failed_login_costs_one_check(doors: Doors) -> None:
    doors.member()
    doors.passwords.asked.clear()
    logins = (ANN, "nobody@example.com", "no address", "")
    said = {str(refusal(lambda each=each: doors.log_in(each, "wrong"))) for each in logins}
    assert len(said) == 1
    assert doors.passwords.asked == ["check"] * 4


def test_ab_01_the_eleventh_login_is_refused_before_hashing(doors: Doors) -> None:
    doors.member()
    for _ in range(10):
        assert refusal(lambda: doors.log_in(password="wrong"))["code"] == "login_wrong"
    doors.passwords.asked.clear()
    right, wrong = refusal(doors.log_in), refusal(lambda: doors.log_in(password="wrong"))
    assert right == wrong
    assert right["code"] == "too_many_tries"
    assert doors.passwords.asked == []


def test_id_20_not_confirmed_is_said_after_the_right_password_only(doors: Doors) -> None:
    doors.sign_up()
    assert refusal(lambda: doors.log_in(password="wrong"))["code"] == "login_wrong"
    assert refusal(doors.log_in)["code"] == "not_confirmed"


def test_a_wrong_code_is_counted_although_it_is_refused(doors: Doors) -> None:
    doors.sign_up()
    for _ in range(10):
        refusal(lambda: doors.ask("confirm_code", email=ANN, code="WRNGC0DE"))
    code = code_text(KEYS[0], doors.token_id())
    assert refusal(lambda: doors.ask("confirm_code", email=ANN, code=code))["code"] == "code_wrong"


def test_a_login_asked_twice_is_one_session(doors: Doors, count: Callable[[str], int]) -> None:
    doors.member()
    call_id = new_id()
    asked = {"session_hash": session_hash(), "login": ANN, "password": PASSWORD}
    answers = [doors.ask("log_in", call_id=call_id, **asked) for _ in range(2)]
    assert answers[0] == answers[1]
    assert count("user_session") == 1


def test_no_password_is_kept_in_any_form_but_argon2(doors: Doors) -> None:
    call_id = new_id()
    asked = {"user_id": str(new_id()), "account_id": str(new_id()), "email": ANN, "name": "Ann"}
    doors.ask("sign_up", call_id=call_id, password=PASSWORD, **asked)
    # The call's fingerprint leaves it out: another password under the same id is a repetition.
    assert doors.ask("sign_up", call_id=call_id, password="another horse", **asked) == {}

    def everything(session: Session) -> str:
        tables = plumbing.metadata.sorted_tables + User.metadata.sorted_tables
        dumps = [session.execute(text(f"SELECT {each}::text FROM {each}")) for each in tables]
        return " ".join(row for dump in dumps for row in dump.scalars())

    kept = doors.database.read(everything)
    assert PASSWORD not in kept
    assert hashlib.sha256(PASSWORD.encode()).hexdigest() not in kept


def test_the_demo_user_logs_in_in_sandbox_mode_only(doors: Doors) -> None:
    assert doors.ask("seed_demo", CONSOLE) == {}
    assert doors.ask("seed_demo", CONSOLE) == {}
    view = doors.log_in("demo", "demo")
    assert (view["user_id"], view["roles"]) == (str(DEMO_USER), ["member", "operator"])
    production = Doors(doors.database, replace(SETTINGS, mode=PRODUCTION))
    for login in ("demo", "demo@example.com"):
        ask = lambda login=login: production.log_in(login, "demo")  # noqa: E731
        assert refusal(ask)["code"] == "login_wrong"
    assert refusal(lambda: production.ask("seed_demo", CONSOLE))["code"] == "sandbox_only"


def test_id_21_an_operator_is_made_on_the_console(doors: Doors) -> None:
    doors.member()
    assert refusal(lambda: doors.ask("make_operator", email=ANN))["code"] == "not_for_you"
    assert doors.ask("make_operator", CONSOLE, email=ANN) == {}
    with pytest.raises(Conflict, match="operator_already"):
        doors.ask("make_operator", CONSOLE, email=ANN)


def test_mail_secrets_are_for_notifications_alone(doors: Doors) -> None:
    doors.sign_up()
    token_id = doors.token_id()
    told = doors.ask("mail_secret", NOTIFICATIONS, token_id=str(token_id))
    assert told == {"token": token_text(KEYS[0], token_id), "code": code_text(KEYS[0], token_id)}
    assert (
        refusal(lambda: doors.ask("mail_secret", token_id=str(token_id)))["code"] == "not_for_you"
    )


def test_only_operators_read_the_overview(doors: Doors) -> None:
    doors.member()
    assert refusal(lambda: doors.ask("accounts_overview"))["code"] == "role_missing"
    operator = replace(VISITOR, user_id=new_id(), roles=frozenset({"member", "operator"}))
    counted = doors.ask("accounts_overview", operator)
    assert counted == {"users": 1, "confirmed": 1, "signed_up_recently": 1}


def test_people_see_themselves_and_set_their_own_zone(doors: Doors) -> None:
    doors.member()
    me = replace(VISITOR, user_id=UUID(doors.log_in()["user_id"]))
    assert doors.ask("set_time_zone", me, time_zone="Asia/Tokyo") == {}
    assert doors.ask("user", me, user_id=str(me.user_id))["time_zone"] == "Asia/Tokyo"
    with pytest.raises(NotFound, match="user_unknown"):
        doors.ask("user", user_id=str(me.user_id))
    code = refusal(lambda: doors.ask("set_time_zone", time_zone="UTC"))["code"]
    assert code == "log_in_first"


def test_nothing_is_asked_without_a_site(doors: Doors) -> None:
    nowhere = replace(VISITOR, site_id=None)
    ask = lambda: doors.ask("resend_confirmation", nowhere, email=ANN)  # noqa: E731
    assert refusal(ask)["code"] == "site_missing"


def test_a_strange_browser_does_not_prevent_a_login(doors: Doors) -> None:
    doors.member()
    view = doors.ask(
        "log_in",
        session_hash=session_hash(),
        login=ANN,
        password=PASSWORD,
        user_agent="Agent\x00" + "x" * 5000,
    )
    assert view["email"] == ANN


def test_id_18_a_login_renews_an_outdated_hash(doors: Doors) -> None:
    doors.member()
    doors.service.passwords = type(PASSWORDS)(time_cost=2, memory_cost=16)
    doors.log_in()
    held = doors.database.read(lambda session: session.scalars(select(User.password_hash)).one())
    assert "m=16,t=2" in held
    outdated = update(User).values(password_hash=hashed(PASSWORD))
    doors.database.transact(lambda session: session.execute(outdated))
    assert doors.log_in(number=2)["email"] == ANN


def test_rows_that_nothing_needs_are_pruned(doors: Doors, count: Callable[[str], int]) -> None:
    doors.sign_up()
    old = text("UPDATE try_count SET since = since - interval '2 days'")
    doors.database.transact(lambda session: session.execute(old))
    doors.service.prune_accounts()
    assert count("try_count") == 0


def test_auth_hears_of_nothing_but_the_clock() -> None:
    assert handled_events(AuthService) == ("jobs.clock_advanced",)


@pytest.mark.parametrize("keys", ["", "not base64!", "c2hvcnQ="])
def test_settings_refuse_missing_and_weak_token_keys(keys: str) -> None:
    with pytest.raises(SettingsError, match="MEMBERHALL_AUTH_TOKEN_KEYS"):
        load(Settings, "auth", {**ENVIRONMENT, "MEMBERHALL_AUTH_TOKEN_KEYS": keys})
