"""What travels together, and that it does what it would have done one by one."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chassis import migrating, registry
from chassis.database import Database, put_off

SENT = text("SELECT current_query()")
BEGUN = "BEGIN ISOLATION LEVEL READ COMMITTED;"
STORE = "INSERT INTO lease VALUES (%s, 'me', 1, clock_timestamp())"


@pytest.fixture
def database(auth_url: str) -> Iterator[Database]:
    migrating.upgrade(auth_url, registry.service("auth").migrations_folder)
    database = Database(auth_url, pool_size=1)
    database.transact(lambda session: session.execute(text("DELETE FROM lease")))
    yield database
    database.close()


@pytest.fixture
def onlooker(auth_url: str) -> Iterator[Database]:
    database = Database(auth_url)
    yield database
    database.close()


def stored(database: Database) -> list[str]:
    return database.look(lambda s: list(s.execute(text("SELECT name FROM lease")).scalars()))


def sent(session: Session) -> str:
    """All that came to the server with the question."""
    query: str = session.execute(SENT).scalar_one()
    return query


def test_a_transaction_begins_with_its_first_statement(database: Database) -> None:
    first, second = database.transact(lambda session: [sent(session), sent(session)])
    assert (first, second) == ("BEGIN;" + SENT.text, SENT.text)


def test_what_was_put_off_travels_with_the_next_statement(database: Database) -> None:
    def work(session: Session) -> str:
        put_off(session, STORE, ("100%",))
        return sent(session)

    assert database.transact(work) == "BEGIN;" + STORE % "'100%'" + ";" + SENT.text
    assert stored(database) == ["100%"]


def test_what_was_put_off_last_travels_with_the_commit(
    database: Database, onlooker: Database
) -> None:
    def work(session: Session) -> int:
        pid: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
        put_off(session, STORE, ("late",))
        return pid

    pid = database.transact(work)
    of_it = text("SELECT query FROM pg_stat_activity WHERE pid = :pid")
    last = onlooker.look(lambda session: session.execute(of_it, {"pid": pid}).scalar_one())
    assert last == STORE % "'late'" + ";COMMIT"
    assert stored(onlooker) == ["late"]


def test_only_what_was_put_off_is_a_transaction_too(database: Database) -> None:
    database.transact(put_off, STORE, ("alone",))
    assert stored(database) == ["alone"]


def test_what_fails_on_its_way_takes_the_transaction_with_it(database: Database) -> None:
    def work(session: Session) -> None:
        session.execute(text(STORE.replace("%s", "'first'")))
        put_off(session, STORE, ("twice",))
        put_off(session, STORE, ("twice",))

    with pytest.raises(DBAPIError, match="duplicate key"):
        database.transact(work)
    assert stored(database) == []


def test_a_transaction_that_is_rolled_back_sends_nothing_more(database: Database) -> None:
    def work(session: Session) -> None:
        session.execute(text("SELECT 1"))
        put_off(session, STORE, ("never",))
        raise LookupError

    with pytest.raises(LookupError):
        database.transact(work)
    assert stored(database) == []


def test_a_savepoint_takes_back_what_was_put_off_since(database: Database) -> None:
    def work(session: Session) -> None:
        put_off(session, STORE, ("before",))
        savepoint = session.begin_nested()
        put_off(session, STORE, ("within",))
        savepoint.rollback()
        put_off(session, STORE, ("after",))

    database.transact(work)
    assert stored(database) == ["before", "after"]


def test_many_rows_come_after_what_was_put_off(database: Database) -> None:
    def work(session: Session) -> None:
        put_off(session, STORE, ("one",))
        rows: list[dict[str, Any]] = [{"name": "one"}, {"name": "none"}]
        session.execute(text("DELETE FROM lease WHERE name = :name"), rows)

    database.transact(work)
    assert stored(database) == []


@pytest.mark.parametrize("level", ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_has_the_isolation_that_was_asked_for(database: Database, level: str) -> None:
    def work(session: Session) -> str:
        session.connection(execution_options={"isolation_level": level})
        shown: str = session.execute(text("SHOW transaction_isolation")).scalar_one()
        return shown

    assert database.transact(work) == level.lower()
    # And it is the connection's no longer.
    assert database.transact(sent) == BEGUN + SENT.text


def test_a_look_is_no_transaction(database: Database) -> None:
    assert database.look(sent) == SENT.text
    assert database.transact(sent) == BEGUN + SENT.text


def test_a_lost_connection_is_replaced(database: Database) -> None:
    tries: list[int] = []

    def work(session: Session) -> None:
        tries.append(1)
        put_off(session, STORE, ("kept",))
        if len(tries) == 1:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    database.transact_as({}, work)
    assert (len(tries), stored(database)) == (2, ["kept"])
