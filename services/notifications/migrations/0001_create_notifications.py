"""Recipients and deliveries."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None

WHEN = sa.DateTime(timezone=True)
STATES = "'due', 'waiting_for_document', 'sending', 'unknown', 'sent', 'failed', 'skipped'"


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "recipient",
        sa.Column("account_id", sa.Uuid, nullable=False),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_recipient"),
    )
    create_delivery()


def create_delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("delivery_id", sa.Uuid, nullable=False),
        sa.Column("site_id", sa.Uuid, nullable=False),
        sa.Column("event_id", sa.Uuid, nullable=False),
        sa.Column("wire", sa.Text, nullable=False),
        sa.Column("rule", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("account_id", sa.Uuid),
        sa.Column("email", sa.Text),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("time_zone", sa.Text),
        sa.Column("facts", JSONB, nullable=False),
        sa.Column("invoice_id", sa.Uuid),
        sa.Column("document_is_ready", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("resends", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.Column("due_at", WHEN),
        sa.Column("claim_id", sa.Uuid),
        sa.Column("claimed_until", WHEN),
        sa.Column("tried_since", WHEN, nullable=False),
        sa.Column("created_at", WHEN, nullable=False),
        sa.Column("sent_at", WHEN),
        sa.PrimaryKeyConstraint("delivery_id", name="pk_delivery"),
        sa.UniqueConstraint(
            "event_id", "rule", "recipient", name="uq_delivery_event_id_rule_recipient"
        ),
        sa.CheckConstraint(f"state IN ({STATES})", name="ck_delivery_state"),
        sa.CheckConstraint("email IS NOT NULL OR state = 'skipped'", name="ck_delivery_address"),
        sa.CheckConstraint(
            "(state = 'sending') = (claimed_until IS NOT NULL AND claim_id IS NOT NULL)",
            name="ck_delivery_claim",
        ),
    )
    for column in ("due_at", "claimed_until", "invoice_id"):
        op.create_index(
            f"ix_delivery_{column}",
            "delivery",
            [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
    op.create_index("ix_delivery_state", "delivery", ["site_id", "state", "delivery_id"])
    op.create_index(
        "ix_delivery_without_address",
        "delivery",
        ["account_id"],
        postgresql_where=sa.text("email IS NULL"),
    )
