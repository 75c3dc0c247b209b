"""Nodes and their leader."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.jobs.models.base import Base


class Node(Base):
    """A node by its name, whichever of its sessions is the last; what operators say of it stays."""

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(primary_key=True)
    first_seen_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    slots_wanted: Mapped[int | None]


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
    load: Mapped[dict[str, Any]]
    slots_at_start: Mapped[int | None]


class NodeKind(Base):
    """A kind that a session's build can run, and which versions of its jobs."""

    __tablename__ = "node_kind"

    session_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind_id: Mapped[int] = mapped_column(primary_key=True)
    version_low: Mapped[int] = mapped_column(SmallInteger)
    version_high: Mapped[int] = mapped_column(SmallInteger)


class Allocation(Base):
    """How many workers of a session may serve a kind."""

    __tablename__ = "allocation"

    kind_id: Mapped[int] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    slots: Mapped[int]
    epoch: Mapped[int] = mapped_column(BigInteger)


class Leader(Base):
    """Who leads, under which term; `epoch` counts the allocations written."""

    __tablename__ = "leader"

    name: Mapped[str] = mapped_column(primary_key=True)
    term: Mapped[int] = mapped_column(BigInteger)
    holder: Mapped[str]
    elected_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    epoch: Mapped[int] = mapped_column(BigInteger)
