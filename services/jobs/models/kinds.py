"""Kinds, their schedules and their numbers."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.base import Base


class Kind(Base):
    """A kind of work: what is `declared` in code, under what operators `override`."""

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
    queue_size: Mapped[int | None] = mapped_column(SmallInteger)
    max_assigned: Mapped[int | None]
    max_pending: Mapped[int | None]
    weight: Mapped[float]
    node_filter: Mapped[str | None]
    node_labels: Mapped[dict[str, Any]]
    concurrency_key: Mapped[list[str] | None]
    concurrency_limit: Mapped[int | None]
    rate_per_s: Mapped[float | None]
    rate_burst: Mapped[int | None]
    unique_by: Mapped[list[str] | None]
    version_low: Mapped[int] = mapped_column(SmallInteger)
    version_high: Mapped[int] = mapped_column(SmallInteger)
    hooks: Mapped[dict[str, Any]]
    declared: Mapped[dict[str, Any]]
    override: Mapped[dict[str, Any]]
    paused_at: Mapped[datetime | None]


class RateState(Base):
    """When the last start of a kind with a limited rate would have been due (GCRA)."""

    __tablename__ = "rate_state"

    kind_id: Mapped[int] = mapped_column(primary_key=True)
    tat: Mapped[datetime]


class Schedule(Base):
    """When a kind is due again and again; without `next_fire_at` until the leader works it out."""

    __tablename__ = "schedule"

    schedule_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind_id: Mapped[int]
    cron: Mapped[str]
    time_zone: Mapped[str]
    missed: Mapped[str]
    args: Mapped[dict[str, Any]]
    is_declared: Mapped[bool]
    paused_at: Mapped[datetime | None]
    next_fire_at: Mapped[datetime | None]
    version: Mapped[int]


class Fire(Base):
    """That a schedule fired for an instant, and as which job."""

    __tablename__ = "fire"

    schedule_id: Mapped[UUID] = mapped_column(primary_key=True)
    fire_at: Mapped[datetime] = mapped_column(primary_key=True)
    uid: Mapped[UUID]
    fired_at: Mapped[datetime]


class KindMinute(Base):
    """What nodes told of a kind's runs within a minute; seconds are sums over the runs."""

    __tablename__ = "kind_minute"

    kind_id: Mapped[int] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    succeeded: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    run_s: Mapped[float]
    wait_s: Mapped[float]


class KindReport(Base):
    """What a kind's service told of its work as a whole."""

    __tablename__ = "kind_report"

    kind_id: Mapped[int] = mapped_column(primary_key=True)
    counts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
