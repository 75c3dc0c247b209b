"""Create subscriptions, invoices, their numbers and their documents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "number_series",
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("last_count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("site_id", "series", name=op.f("pk_number_series")),
    )
    op.create_table(
        "subscription",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("provider_ref", sa.Text(), nullable=False),
        sa.Column("with_trial", sa.Boolean(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("anchor_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paid_through", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(started_at IS NULL) = (anchor_at IS NULL)",
            name=op.f("ck_subscription_anchored_when_started"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["customer.account_id"], name=op.f("fk_subscription_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["plan.plan_id"], name=op.f("fk_subscription_plan_id")
        ),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_subscription")),
        sa.UniqueConstraint(
            "provider", "provider_ref", name=op.f("uq_subscription_provider_provider_ref")
        ),
    )
    op.create_index("ix_subscription_account_id", "subscription", ["account_id"], unique=False)
    op.create_index("ix_subscription_plan_id", "subscription", ["plan_id"], unique=False)
    op.create_index(
        "ix_subscription_site_id_paid_through",
        "subscription",
        ["site_id", "paid_through"],
        unique=False,
    )
    op.create_table(
        "invoice",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("subscription_id", sa.Uuid(), nullable=True),
        sa.Column("period_index", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("charge", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("customer_name", sa.Text(), nullable=False),
        sa.Column("customer_email", sa.Text(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("period_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("series_count", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (paid_at IS NULL) AND (state = 'open') = (number IS NULL) AND (number IS NULL) = (series IS NULL) AND (number IS NULL) = (series_count IS NULL)",
            name=op.f("ck_invoice_numbered_when_final"),
        ),
        sa.CheckConstraint(
            "(state = 'refunded') = (amount > 0 AND refunded_amount = amount)",
            name=op.f("ck_invoice_refunded_when_all_is"),
        ),
        sa.CheckConstraint(
            "charge IN ('trial', 'regular', 'once')", name=op.f("ck_invoice_charge_known")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'paid', 'refunded')", name=op.f("ck_invoice_state_known")
        ),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_invoice_amount_not_negative")),
        sa.CheckConstraint("period_from < period_to", name=op.f("ck_invoice_period_forward")),
        sa.CheckConstraint(
            "refunded_amount >= 0 AND refunded_amount <= amount",
            name=op.f("ck_invoice_refund_within_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["customer.account_id"], name=op.f("fk_invoice_account_id")
        ),
        sa.ForeignKeyConstraint(["plan_id"], ["plan.plan_id"], name=op.f("fk_invoice_plan_id")),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscription.subscription_id"],
            name=op.f("fk_invoice_subscription_id"),
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_invoice")),
        sa.UniqueConstraint(
            "site_id", "series", "series_count", name=op.f("uq_invoice_site_id_series_series_count")
        ),
        sa.UniqueConstraint(
            "subscription_id", "period_index", name=op.f("uq_invoice_subscription_id_period_index")
        ),
    )
    op.create_index(
        "ix_invoice_account_id_invoice_id", "invoice", ["account_id", "invoice_id"], unique=False
    )
    op.create_index("ix_invoice_plan_id", "invoice", ["plan_id"], unique=False)
    op.create_index(
        "ix_invoice_site_open",
        "invoice",
        ["site_id"],
        unique=False,
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "document",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "octet_length(content) <= 10485760", name=op.f("ck_document_content_size")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.invoice_id"], name=op.f("fk_document_invoice_id")
        ),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_document")),
    )
    op.create_table(
        "invoice_line",
        sa.Column("invoice_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_amount", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "amount = quantity * unit_amount", name=op.f("ck_invoice_line_amount_is_product")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_invoice_line_quantity_positive")),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.invoice_id"], name=op.f("fk_invoice_line_invoice_id")
        ),
        sa.PrimaryKeyConstraint("invoice_id", "position", name=op.f("pk_invoice_line")),
    )
