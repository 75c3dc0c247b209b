"""The tables that every service's schema has beside its own: what makes its messaging safe.

They name no schema: the service's role has its schema as search path, so that one definition
serves all. `service_metadata` gives a service's models these tables too, and each service's first
migration creates them with `create_plumbing`.
"""

from alembic.operations import Operations
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

_WHEN = DateTime(timezone=True)

# What the relay has to publish; kept after publishing until no replay can need it.
outbox = Table(
    "outbox",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("wire", Text, nullable=False),
    Column("headers", JSONB, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("staged_at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    Column("published_at", _WHEN),
    Index("ix_outbox_unpublished", "message_id", postgresql_where=text("published_at IS NULL")),
    Index("ix_outbox_published_at", "published_at"),
)

# One row for each message whose effect is committed: the second delivery finds it and stops.
inbox = Table(
    "inbox",
    metadata,
    Column("message_id", Uuid, primary_key=True),
    Column("wire", Text, nullable=False),
    Column("handled_at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    Index("ix_inbox_handled_at", "handled_at"),
)

# The answer of each mutating call, so that a repeat of the call id is answered and not redone.
reply = Table(
    "reply",
    metadata,
    Column("call_id", Uuid, primary_key=True),
    Column("method", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("answer", JSONB),
    Column("answered_at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    Index("ix_reply_answered_at", "answered_at"),
)

# Who may do a periodic piece of work at the moment, in the database's own time.
lease = Table(
    "lease",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("term", BigInteger, nullable=False),
    Column("expires_at", _WHEN, nullable=False),
)

# How far this service's business time is ahead of real time; moved in sandbox mode only.
clock = Table(
    "clock",
    metadata,
    Column("clock_id", Integer, primary_key=True, autoincrement=False),
    Column("offset_seconds", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
)


def service_metadata() -> MetaData:
    """The metadata for a service's models: our naming of constraints, and the plumbing tables."""
    own = MetaData(naming_convention=NAMING)
    for table in metadata.sorted_tables:
        table.to_metadata(own)
    return own


def create_plumbing(op: Operations) -> None:
    """Create the plumbing tables; a service's first migration calls it with alembic's `op`."""
    metadata.create_all(op.get_bind())
