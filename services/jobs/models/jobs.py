"""Jobs, what ties them together, and what their runs leave behind."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import REAL, BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.base import Base


class JobColumns:
    """What a job carries all its life, live and done."""

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    uid: Mapped[UUID]
    kind_id: Mapped[int]
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempt: Mapped[int] = mapped_column(SmallInteger)
    max_attempts: Mapped[int] = mapped_column(SmallInteger)
    run_no: Mapped[int]
    session_id: Mapped[int | None] = mapped_column(BigInteger)
    run_at: Mapped[datetime]
    created_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    site_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    request_id: Mapped[str | None]
    args: Mapped[dict[str, Any]]
    version: Mapped[int] = mapped_column(SmallInteger)
    unique_key: Mapped[str | None]
    concurrency_key: Mapped[str | None]
    group_id: Mapped[UUID | None]
    tags: Mapped[list[str] | None]


class Live(JobColumns, Base):
    """A job that waits or runs."""

    __tablename__ = "live"

    state: Mapped[int] = mapped_column(SmallInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    deadline_at: Mapped[datetime | None]
    needs: Mapped[int] = mapped_column(SmallInteger)
    has_dependents: Mapped[bool]
    cancel_requested: Mapped[bool]
    blocked_by: Mapped[int | None] = mapped_column(SmallInteger)


class Done(JobColumns, Base):
    """A job that ended; partitioned by the day."""

    __tablename__ = "done"

    finished_at: Mapped[datetime] = mapped_column(primary_key=True)
    outcome: Mapped[int] = mapped_column(SmallInteger)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    announced: Mapped[bool]


class Attempt(Base):
    """A run that did not succeed; partitioned by the day."""

    __tablename__ = "attempt"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    run_no: Mapped[int] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[datetime]
    outcome: Mapped[str]
    error: Mapped[str]


class EnqueueReceipt(Base):
    """That a uid was accepted, and as which job."""

    __tablename__ = "enqueue_receipt"

    uid: Mapped[UUID] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str]
    accepted_at: Mapped[datetime]
    is_duplicate: Mapped[bool]


class Dependency(Base):
    """That a job waits until another has succeeded."""

    __tablename__ = "dependency"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    needs_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class JobGroup(Base):
    """Jobs that are counted together; its callback runs when it is sealed and all have ended."""

    __tablename__ = "job_group"

    group_id: Mapped[UUID] = mapped_column(primary_key=True)
    total: Mapped[int]
    succeeded: Mapped[int]
    dead: Mapped[int]
    cancelled: Mapped[int]
    sealed: Mapped[bool]
    callback_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[UUID | None]
    site_id: Mapped[UUID | None]
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Progress(Base):
    """How far a run is, as its handler said last."""

    __tablename__ = "progress"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    run_no: Mapped[int]
    percent: Mapped[float] = mapped_column(REAL)
    note: Mapped[str]
    at: Mapped[datetime]


class JobLog(Base):
    """A line that a run's handler wrote; partitioned by the day."""

    __tablename__ = "job_log"

    job_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    run_no: Mapped[int] = mapped_column(primary_key=True)
    line_no: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    text: Mapped[str]


class Document(Base):
    """A file that a job made."""

    __tablename__ = "document"

    uid: Mapped[UUID] = mapped_column(primary_key=True)
    account_id: Mapped[UUID | None]
    site_id: Mapped[UUID | None]
    name: Mapped[str]
    content_type: Mapped[str]
    content: Mapped[bytes]
    created_at: Mapped[datetime]
