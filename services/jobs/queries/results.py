"""What came of jobs: groups of them, and the files they made."""

import base64
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select, union_all
from sqlalchemy.orm import Session

from chassis.errors import NotFound
from services.jobs.domain import may_see
from services.jobs.models import Document, Done, JobGroup, Live


def group(session: Session, *, group_id: UUID) -> Mapping[str, Any]:
    """How far a group is; raises NotFound."""
    kept = session.get(JobGroup, group_id)
    if kept is None:
        raise NotFound("group_unknown", "There is no such group.")
    callbacks = [select(table.uid).where(table.id == kept.callback_id) for table in (Live, Done)]
    return {
        "group_id": kept.group_id,
        "total": kept.total,
        "succeeded": kept.succeeded,
        "dead": kept.dead,
        "cancelled": kept.cancelled,
        "sealed": kept.sealed,
        "created_at": kept.created_at,
        "finished_at": kept.finished_at,
        "callback_uid": session.execute(union_all(*callbacks)).scalar(),
    }


def document(
    session: Session, *, uid: UUID, account_id: UUID | None, is_insider: bool
) -> Mapping[str, Any]:
    """The file that a job made; raises NotFound also where it is not the caller's to see."""
    kept = session.get(Document, uid)
    if kept is None or not may_see(
        is_insider=is_insider, account_id=account_id, job_account_id=kept.account_id
    ):
        raise NotFound("document_unknown", "There is no such document.")
    return {
        "name": kept.name,
        "content_type": kept.content_type,
        "content": base64.b64encode(kept.content).decode(),
    }
