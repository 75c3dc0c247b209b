"""Create the plumbing, the catalog and the customers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "customer",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("known_since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_customer")),
    )
    op.create_table(
        "product",
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("features", JSONB(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_product")),
        sa.UniqueConstraint(
            "site_id", "code", "version", name=op.f("uq_product_site_id_code_version")
        ),
    )
    op.create_index(
        "ix_product_offered",
        "product",
        ["site_id", "code"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "plan",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("features", JSONB(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("interval_unit", sa.Text(), nullable=True),
        sa.Column("interval_count", sa.BigInteger(), nullable=True),
        sa.Column("trial_amount", sa.BigInteger(), nullable=True),
        sa.Column("trial_unit", sa.Text(), nullable=True),
        sa.Column("trial_count", sa.BigInteger(), nullable=True),
        sa.Column("offered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "interval_unit IN ('day', 'week', 'month', 'year')",
            name=op.f("ck_plan_interval_unit_known"),
        ),
        sa.CheckConstraint(
            "trial_unit IN ('day', 'week', 'month', 'year')", name=op.f("ck_plan_trial_unit_known")
        ),
        sa.CheckConstraint(
            "(interval_unit IS NULL) = (interval_count IS NULL)",
            name=op.f("ck_plan_interval_whole"),
        ),
        sa.CheckConstraint(
            "(trial_unit IS NULL) = (trial_count IS NULL) AND (trial_unit IS NULL) = (trial_amount IS NULL) AND (trial_unit IS NULL OR interval_unit IS NOT NULL)",
            name=op.f("ck_plan_trial_whole"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_plan_amount_positive")),
        sa.CheckConstraint("trial_amount >= 0", name=op.f("ck_plan_trial_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.product_id"], name=op.f("fk_plan_product_id")
        ),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan")),
        sa.UniqueConstraint(
            "site_id", "code", "version", name=op.f("uq_plan_site_id_code_version")
        ),
    )
    op.create_index(
        "ix_plan_offered",
        "plan",
        ["site_id", "code"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_index("ix_plan_product_id", "plan", ["product_id"], unique=False)
