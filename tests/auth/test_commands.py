"""Operators, the demo user and all that auth keeps, on a real database."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Denied, NotFound
from chassis.ids import new_id
from services.auth.commands import people, pruning, tries
from services.auth.domain.accounts import DEMO_USER, MAIN_SITE
from services.auth.domain.addresses import read_address
from services.auth.models import MailedToken, TryCount, User, UserSession
from tests.auth.acting import ANN, START, Acting, hashed


def test_id_21_a_confirmed_user_is_made_operator_once(acting: Acting, session: Session) -> None:
    acting.member()
    acting.log_in()
    acting.told()
    asked = {"real": START, "site_id": MAIN_SITE, "email": read_address(ANN)}
    people.make_operator(session, **asked)
    assert acting.wires() == ["auth.sessions_ended"]
    assert acting.log_in(number=2).roles == ("member", "operator")
    with pytest.raises(Conflict, match="operator_already"):
        people.make_operator(session, **asked)


def test_id_21_nobody_else_can_be_made_operator(acting: Acting, session: Session) -> None:
    asked = {"real": START, "site_id": MAIN_SITE, "email": read_address(ANN)}
    with pytest.raises(NotFound, match="user_unknown"):
        people.make_operator(session, **asked)
    acting.sign_up()
    with pytest.raises(Conflict, match="not_confirmed"):
        people.make_operator(session, **asked)


def test_the_demo_user_is_made_once_and_told_about(acting: Acting, session: Session) -> None:
    for expected in (["auth.user_signed_up", "auth.user_confirmed"], []):
        people.seed_demo(
            session, now=START, site_id=MAIN_SITE, password=hashed("demo"), is_sandbox=True
        )
        assert acting.wires() == expected
    view = acting.log_in("demo", "demo@example.com")
    assert (view.user_id, view.name) == (DEMO_USER, "Demo Operator")
    assert "operator" in view.roles


def test_production_refuses_the_demo_user(session: Session) -> None:
    with pytest.raises(Denied, match="sandbox_only"):
        people.seed_demo(
            session, now=START, site_id=MAIN_SITE, password=hashed("demo"), is_sandbox=False
        )


def test_outlived_rows_go_and_the_others_stay(acting: Acting, session: Session) -> None:
    acting.member()
    acting.log_in()
    acting.ask_reset()
    tries.count_login(session, real=START, site_id=MAIN_SITE, subject=ANN)
    session.flush()
    assert pruning.prune(session, real=START) == 0
    gone = pruning.prune(session, real=START + timedelta(days=61))
    for table in (TryCount, MailedToken, UserSession):
        assert session.scalar(select(func.count()).select_from(table)) == 0
    assert gone >= 5
    assert session.scalar(select(func.count()).select_from(User)) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE site_user SET password_hash = 'plain'",
        "UPDATE site_user SET is_operator = true",
        "UPDATE site_user SET name = ''",
        f"UPDATE site_user SET site_id = '{new_id()}'",
        "UPDATE mailed_token SET used_at = now(), voided_at = now()",
        "UPDATE mailed_token SET purpose = 'reset'",
        "UPDATE mailed_token SET token_hash = 'short'",
    ],
)
def test_the_database_keeps_the_promises(acting: Acting, statement: str) -> None:
    acting.sign_up()
    acting.session.flush()
    with pytest.raises(IntegrityError):
        acting.session.execute(text(statement))


def test_a_changed_time_zone_is_told_once(acting: Acting) -> None:
    user_id = acting.sign_up()
    acting.wires()
    for _ in range(2):
        people.set_time_zone(
            acting.session, site_id=acting.site_id, user_id=user_id, time_zone="Asia/Tokyo"
        )
    assert acting.wires() == ["auth.user_changed"]
