"""The job core's tables as queries read them. They are written by the core's SQL functions alone,
which the migrations define."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Double, SmallInteger, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.plumbing import service_metadata


class Base(DeclarativeBase):
    metadata = service_metadata()
    type_annotation_map: ClassVar = {
        datetime: DateTime(timezone=True),
        str: Text,
        dict[str, Any]: JSONB,
        float: Double,
    }


class Kind(Base):
    """A kind of work, as declared in code."""

    __tablename__ = "kind"

    kind_id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    timeout_s: Mapped[int]
    max_attempts: Mapped[int] = mapped_column(SmallInteger)
    priority: Mapped[int] = mapped_column(SmallInteger)
    backoff_base_s: Mapped[float]
    backoff_factor: Mapped[float]
    backoff_cap_s: Mapped[float]
    backoff_jitter: Mapped[float]


class NodeSession(Base):
    """A node's membership, from joining to leaving or dying."""

    __tablename__ = "node_session"

    session_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    node_name: Mapped[str]
    labels: Mapped[dict[str, Any]]
    slots: Mapped[int]
    version: Mapped[str]
    host: Mapped[str]
    agent_pid: Mapped[int]
    state: Mapped[str]
    lease_until: Mapped[datetime]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    settled: Mapped[bool]


class NodeKind(Base):
    """A kind that a session's build can run."""

    __tablename__ = "node_kind"

    session_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind_id: Mapped[int] = mapped_column(primary_key=True)


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


class Live(JobColumns, Base):
    """A job that waits or runs."""

    __tablename__ = "live"

    state: Mapped[int] = mapped_column(SmallInteger)
    seq: Mapped[int] = mapped_column(BigInteger)
    deadline_at: Mapped[datetime | None]


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
