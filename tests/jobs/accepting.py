"""Jobs as another service asks for them, in a session whose commits are real."""

import uuid
from typing import Any

from sqlalchemy.orm import Session

from chassis.context import Caller
from services.jobs import commands, queries

ACCOUNT = uuid.UUID(int=5)
ASKING = Caller(principal="billing", request_id="request-1", account_id=ACCOUNT)


def accept(session: Session, **request: Any) -> uuid.UUID:
    """Have a job of `tests.work` accepted; returns its uid."""
    request = {"uid": uuid.uuid4(), "kind": "tests.work", "args": {}, **request}
    commands.enqueue(session, caller=ASKING, **request)
    session.commit()
    return uuid.UUID(str(request["uid"]))


def see(session: Session, uid: uuid.UUID) -> Any:
    """The job as its account sees it."""
    session.rollback()
    return queries.job(session, uid=uid, account_id=ACCOUNT, is_insider=False)
