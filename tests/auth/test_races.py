"""Many at once, with real commits: the database decides who was first."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.database import Database
from chassis.errors import Denied, Failure, Unavailable
from chassis.plumbing import outbox
from services.auth.commands import confirmation, tries
from services.auth.domain.accounts import MAIN_SITE
from services.auth.domain.addresses import read_address
from services.auth.domain.tokens import code_text, token_text
from tests.auth.acting import ANN, KEYS, Acting
from tests.auth.conftest import Count

TIMES = 20
REAL = datetime.now(UTC)


def at_once(work: Callable[[], Any]) -> list[str]:
    """How each of twenty threads fared: "ok", or the code it was refused with.

    Like the bus client, a thread asks again where it hears that something is away for now, as it
    may from a database whose transactions are serializable.
    """

    def outcome(number: int) -> str:
        try:
            work()
        except Unavailable:
            return outcome(number)
        except Failure as failure:
            return failure.code
        return "ok"

    with ThreadPoolExecutor(TIMES) as threads:
        return list(threads.map(outcome, range(TIMES)))


def sign_up(session: Session) -> UUID:
    return Acting(session, now=REAL).sign_up()


def token_id_told(session: Session) -> UUID:
    (requested,) = session.execute(
        select(outbox.c.body).where(outbox.c.wire == "auth.confirmation_requested")
    ).scalars()
    return UUID(requested.decode().split('"token_id":"')[1][:36])


def test_id_15_twenty_sign_ups_of_one_address_make_one_user(
    database: Database, count: Count
) -> None:
    assert at_once(lambda: database.transact(sign_up)) == ["ok"] * TIMES
    assert (count("site_user"), count("account")) == (1, 1)
    told = "outbox WHERE wire = 'auth.user_signed_up'"
    assert count(told) == 1


def test_id_06_twenty_threads_redeem_one_token_once(database: Database, count: Count) -> None:
    database.transact(sign_up)
    token = token_text(KEYS[0], database.read(token_id_told))
    asked = {"now": REAL, "real": REAL, "site_id": MAIN_SITE, "token": token}
    outcomes = at_once(lambda: database.transact(confirmation.confirm, **asked))
    assert sorted(outcomes) == ["ok"] + ["token_unusable"] * (TIMES - 1)
    assert count("outbox WHERE wire = 'auth.user_confirmed'") == 1


def test_a_code_tried_twenty_times_at_once_is_dead(database: Database, count: Count) -> None:
    database.transact(sign_up)
    asked = {"real": REAL, "site_id": MAIN_SITE, "email": read_address(ANN)}
    at_once(lambda: database.transact(confirmation.count_code_try, **asked))
    code = code_text(KEYS[0], database.read(token_id_told))
    right = {**asked, "now": REAL, "keys": KEYS, "code": code}
    with pytest.raises(Denied, match="code_wrong"):
        database.transact(confirmation.confirm_code, **right)
    assert count("site_user WHERE confirmed_at IS NOT NULL") == 0


def test_ab_01_of_twenty_tries_at_once_ten_are_let_through(database: Database) -> None:
    asked = {"real": REAL, "site_id": MAIN_SITE, "subject": ANN}
    outcomes = at_once(lambda: database.transact(tries.count_login, **asked))
    assert sorted(outcomes) == ["ok"] * 10 + ["too_many_tries"] * 10
