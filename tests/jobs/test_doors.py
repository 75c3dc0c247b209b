"""Who may ask the jobs service for what."""

import uuid
from typing import Any
from unittest.mock import Mock

import pytest
from sqlalchemy.orm import Session

from chassis.context import Caller
from chassis.errors import Denied
from services.jobs.service import JobsService
from tests.doors import Doors, caller
from tests.jobs.accepting import ACCOUNT
from tests.jobs.core import Core

MEMBER = caller(ACCOUNT)
VISITOR = caller()
SERVICE = Caller(principal="billing", request_id="request-1", account_id=ACCOUNT)
OPERATOR = caller(uuid.UUID(int=9), roles={"operator"})

UID = uuid.UUID(int=1)
OPERATORS_ALONE = [
    ("overview", {}),
    ("nodes", {}),
    ("kinds", {}),
    ("kind", {"name": "tests.work"}),
    ("jobs", {}),
    ("schedules", {}),
    ("retry_job", {"job_id": UID}),
    ("retry_dead", {}),
    ("pause_kind", {"kind": "tests.work"}),
    ("change_kind", {"kind": "tests.work", "override": {}}),
    ("pause_node", {"node": "anna"}),
    ("change_node", {"node": "anna", "workers": 1}),
    ("remove_schedule", {"schedule_id": UID}),
    ("fire_now", {"schedule_id": UID, "uid": UID}),
    ("advance_clock", {"seconds": 1}),
]
INSIDERS_ALONE = [
    ("enqueue", {"uid": UID, "kind": "tests.work"}),
    ("enqueue_many", {"jobs": [{"uid": UID, "kind": "tests.work"}]}),
    ("cancel_job", {"job_id": UID}),
    ("group", {"group_id": UID}),
]


@pytest.fixture
def doors(session: Session, core: Core) -> Doors:
    doors = Doors(JobsService, session)
    doors.service.bell = Mock()
    return doors


@pytest.mark.parametrize(("request_name", "arguments"), OPERATORS_ALONE)
@pytest.mark.parametrize("asking", [MEMBER, VISITOR, SERVICE])
def test_the_cluster_is_for_operators(
    doors: Doors, request_name: str, arguments: dict[str, Any], asking: Caller
) -> None:
    with pytest.raises(Denied):
        doors.ask(request_name, asking, **arguments)


@pytest.mark.parametrize(("request_name", "arguments"), INSIDERS_ALONE)
@pytest.mark.parametrize("asking", [MEMBER, VISITOR])
def test_jobs_are_asked_for_by_operators_and_services(
    doors: Doors, request_name: str, arguments: dict[str, Any], asking: Caller
) -> None:
    with pytest.raises(Denied):
        doors.ask(request_name, asking, **arguments)


@pytest.mark.parametrize("asking", [OPERATOR, SERVICE])
def test_who_may_ask_is_answered_and_the_bell_is_rung(doors: Doors, asking: Caller) -> None:
    job = {"uid": UID, "kind": "tests.work"}
    answer = doors.ask("enqueue", asking, **job)
    assert answer == {"uid": str(UID), "repeated": False, "duplicate_of": None}
    assert doors.ask("enqueue", asking, **job)["repeated"] is True
    many = doors.ask("enqueue_many", asking, jobs=[job])
    assert many == {"items": [{"uid": str(UID), "verdict": "repeated"}]}
    assert doors.ask("job", asking, uid=UID)["state"] == "ready"
    assert doors.ask("cancel_job", asking, job_id=UID) == {"state": "cancelled"}
    rung = [call.args[1] for call in doors.service.bell.ring_after.call_args_list]
    assert {kind for kinds in rung for kind in kinds} == {"tests.work"}


def test_files_are_stored_by_nodes_alone(doors: Doors) -> None:
    document = {"uid": UID, "name": "r", "content_type": "text/csv", "content": ""}
    for asking in (OPERATOR, SERVICE, MEMBER):
        with pytest.raises(Denied):
            doors.ask("store_document", asking, **document)


def test_many_jobs_told_of_in_one_event_are_accepted_once(doors: Doors, core: Core) -> None:
    jobs = [{"uid": str(uuid.UUID(int=n)), "args": {"n": n}} for n in range(1, 4)]
    told = ("billing.jobs_requested", {"kind": "tests.work", "jobs": jobs, "tags": ["bulk"]})
    doors.hear(told)
    doors.hear(told)
    doors.session.commit()
    rows = core.rows("SELECT args, tags FROM live ORDER BY seq")
    assert [(row.args, row.tags) for row in rows] == [({"n": n}, ["bulk"]) for n in (1, 2, 3)]
