"""One call id, one effect, one answer: whoever asks when, whatever dies."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import migrating, registry
from chassis.database import Database
from chassis.errors import Conflict
from chassis.ids import new_id
from chassis.inbox import Asked, answered_once

ASKED = Asked("work", "me", {"a": 1})
EFFECT = text("INSERT INTO inbox (message_id, wire) VALUES (:id, 'effect')")
EFFECTS = text("SELECT count(*) FROM inbox WHERE wire = 'effect'")


@pytest.fixture
def database(auth_url: str) -> Iterator[Database]:
    migrating.upgrade(auth_url, registry.service("auth").migrations_folder)
    database = Database(auth_url)
    database.transact(lambda session: session.execute(text("DELETE FROM inbox")))
    yield database
    database.close()


def effects(database: Database) -> int:
    return database.look(lambda session: int(session.execute(EFFECTS).scalar_one()))


def effect(session: Session) -> str:
    made = str(new_id())
    session.execute(EFFECT, {"id": made})
    return made


def ask(database: Database, call_id: Any, work: Any = effect, asked: Asked = ASKED) -> Any:
    return database.transact_as(
        {}, lambda session: answered_once(session, call_id, asked, lambda: work(session))
    )


def test_a_repeat_is_answered_and_does_nothing(database: Database) -> None:
    call_id = new_id()
    assert ask(database, call_id) == ask(database, call_id)
    assert effects(database) == 1


@pytest.mark.parametrize("answer", [None, [], 0, {"text": "50 % of 'this'; COMMIT"}])
def test_an_answer_may_be_anything(database: Database, answer: Any) -> None:
    call_id = new_id()
    assert ask(database, call_id, lambda _: answer) == answer
    assert ask(database, call_id) == answer


def test_two_at_the_same_moment_are_one(database: Database) -> None:
    """The second comes while the first is at work, and waits for it."""
    call_id, begun, go_on = new_id(), threading.Event(), threading.Event()

    def slow(session: Session) -> str:
        begun.set()
        go_on.wait(10)
        return effect(session)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, database, call_id, slow)
        assert begun.wait(10)
        second = threads.submit(ask, database, call_id)
        while not database.look(waiting):
            assert not second.done()
        go_on.set()
        assert first.result(10) == second.result(10)
    assert effects(database) == 1


def test_the_second_does_it_when_the_first_fails(database: Database) -> None:
    call_id, begun, go_on = new_id(), threading.Event(), threading.Event()

    def fails(session: Session) -> str:
        effect(session)
        begun.set()
        go_on.wait(10)
        raise LookupError

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask, database, call_id, fails)
        assert begun.wait(10)
        second = threads.submit(ask, database, call_id)
        while not database.look(waiting):
            assert not second.done()
        go_on.set()
        with pytest.raises(LookupError):
            first.result(10)
        assert second.result(10) == ask(database, call_id)
    assert effects(database) == 1


def test_a_connection_that_dies_at_work_leaves_one_effect(database: Database) -> None:
    call_id, tries = new_id(), []

    def work(session: Session) -> str:
        made = effect(session)
        tries.append(made)
        if len(tries) == 1:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return made

    assert ask(database, call_id, work) == tries[1] == ask(database, call_id)
    assert effects(database) == 1


@pytest.mark.parametrize("other", [Asked("work", "you", {"a": 1}), Asked("work", "me", {"a": 2})])
def test_an_id_stands_for_one_content_and_one_asker(database: Database, other: Asked) -> None:
    call_id = new_id()
    ask(database, call_id)
    with pytest.raises(Conflict, match="call_id_reused"):
        ask(database, call_id, asked=other)


def waiting(session: Session) -> bool:
    """Whether a transaction waits for another one."""
    found = session.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted"))
    return int(found.scalar_one()) > 0
