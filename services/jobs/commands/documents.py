"""Files that jobs make."""

import base64
import binascii
from uuid import UUID

from sqlalchemy import Row, func, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import Invalid, NotFound
from services.jobs.models import Document, Done, EnqueueReceipt, Live

MOST_BYTES = 10 * 1024 * 1024


def store_document(
    session: Session, *, uid: UUID, name: str, content_type: str, content: str
) -> None:
    """Keep the file of the job `uid`, in place of an earlier run's; `content` is base64.

    Raises NotFound for an unknown job, Invalid for what is no base64 or too large.
    """
    raw = _decoded(content)
    whose = _whose(session, uid)
    if whose is None:
        raise NotFound("job_unknown", "There is no such job.")
    values = {"name": name, "content_type": content_type, "content": raw}
    stored = insert(Document).values(
        uid=uid,
        account_id=whose.account_id,
        site_id=whose.site_id,
        created_at=func.clock_timestamp(),
        **values,
    )
    session.execute(stored.on_conflict_do_update(index_elements=["uid"], set_=values))


def _whose(session: Session, uid: UUID) -> Row[UUID | None, UUID | None] | None:
    """The account and the site of a job."""
    columns = [
        select(table.account_id, table.site_id)
        .join(EnqueueReceipt, EnqueueReceipt.job_id == table.id)
        .where(EnqueueReceipt.uid == uid)
        for table in (Live, Done)
    ]
    return session.execute(union_all(*columns)).first()


def _decoded(content: str) -> bytes:
    try:
        raw = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        wrong = {"/content": ["Is not base64."]}
        raise Invalid("document_unreadable", "The content cannot be read.", wrong) from error
    if len(raw) > MOST_BYTES:
        wrong = {"/content": [f"Has {len(raw)} bytes, at most {MOST_BYTES} are taken."]}
        raise Invalid("document_too_large", "The file is too large.", wrong)
    return raw
