"""Schedules as operators make, change, pause and fire them."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Invalid, NotFound
from chassis.shapes import load
from services.jobs import commands, queries, schemas
from tests.jobs.accepting import ASKING, see
from tests.jobs.core import Core

NOW = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)


def save(session: Session, **options: Any) -> uuid.UUID:
    usual = {"name": "nightly", "kind": "tests.work", "cron": "0 3 * * *", "time_zone": "UTC"}
    request = {"schedule_id": str(uuid.uuid4()), **usual, **options}
    loaded = load(schemas.SaveSchedule(), request)
    commands.save_schedule(session, now=NOW, **loaded)
    session.commit()
    return uuid.UUID(request["schedule_id"])


def only_schedule(session: Session) -> Any:
    session.rollback()
    [schedule] = queries.schedules(session)["items"]
    return schedule


def test_a_schedule_is_saved_changed_and_removed(session: Session) -> None:
    schedule_id = save(session, time_zone="Europe/Madrid")
    kept = only_schedule(session)
    assert (kept["name"], kept["kind"], kept["missed"]) == ("nightly", "tests.work", "one")
    assert kept["next_fire_at"] == datetime(2026, 3, 28, 2, 0, tzinfo=UTC)
    save(session, schedule_id=str(schedule_id), cron="0 4 * * *")
    assert only_schedule(session)["next_fire_at"] == datetime(2026, 3, 28, 4, 0, tzinfo=UTC)
    commands.remove_schedule(session, schedule_id=schedule_id)
    session.commit()
    assert queries.schedules(session)["items"] == []
    with pytest.raises(NotFound):
        commands.remove_schedule(session, schedule_id=schedule_id)


@pytest.mark.parametrize(
    ("wrong", "place"),
    [
        ({"cron": "0 25 * * *"}, "/cron"),
        ({"cron": "* * * * * *"}, "/cron"),
        ({"time_zone": "Europe/Madird"}, "/time_zone"),
        ({"missed": "some"}, "/missed"),
        ({"args": {"a": "\x00"}}, "/args"),
        ({"name": ""}, "/name"),
    ],
)
def test_a_schedule_that_cannot_work_is_refused_with_its_place(
    session: Session, wrong: dict[str, Any], place: str
) -> None:
    with pytest.raises(Invalid) as refused:
        save(session, **wrong)
    assert list(refused.value.fields) == [place]
    assert queries.schedules(session)["items"] == []


def test_a_schedule_of_an_unknown_kind_or_with_a_name_in_use_is_refused(session: Session) -> None:
    with pytest.raises(NotFound) as unknown:
        save(session, kind="tests.unheard_of")
    assert list(unknown.value.fields) == ["/kind"]
    save(session)
    with pytest.raises(Conflict) as taken:
        save(session)
    assert list(taken.value.fields) == ["/name"]


def test_a_declared_schedule_can_be_paused_and_fired_and_changes_in_code_alone(
    session: Session, core: Core
) -> None:
    when = {"cron": "0 3 * * *", "time_zone": "UTC", "missed": "one", "args": {"all": True}}
    core.declare(schedule=when)
    schedule_id = only_schedule(session)["schedule_id"]
    with pytest.raises(Conflict):
        commands.remove_schedule(session, schedule_id=schedule_id)
    with pytest.raises(Conflict):
        save(session, schedule_id=str(schedule_id), name="other")
    session.rollback()
    commands.pause_schedule(session, schedule_id=schedule_id)
    uid = uuid.uuid4()
    assert commands.fire_now(session, schedule_id=schedule_id, uid=uid, caller=ASKING) == (
        "tests.work"
    )
    session.commit()
    assert only_schedule(session)["paused_at"] is not None
    assert see(session, uid)["args"] == {"all": True}
