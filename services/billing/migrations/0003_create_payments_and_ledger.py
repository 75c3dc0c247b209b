"""Create the provider's messages, payments, money back and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "payment_message",
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deliveries", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("waits_for", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "state IN ('received', 'waiting', 'applied', 'ignored', 'unmatched', 'invalid')",
            name=op.f("ck_payment_message_state_known"),
        ),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_payment_message")),
        sa.UniqueConstraint("digest", name=op.f("uq_payment_message_digest")),
    )
    op.create_index(
        "ix_payment_message_due",
        "payment_message",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('received', 'waiting')"),
    )
    op.create_index(
        "ix_payment_message_site_state",
        "payment_message",
        ["site_id", "state", "message_id"],
        unique=False,
    )
    op.create_index("ix_payment_message_waits_for", "payment_message", ["waits_for"], unique=False)
    op.create_table(
        "provider_fact",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("provider", "key", name=op.f("pk_provider_fact")),
    )
    op.create_table(
        "ledger_entry",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('payment', 'refund', 'reversal', 'reversal_cancelled')",
            name=op.f("ck_ledger_entry_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["customer.account_id"], name=op.f("fk_ledger_entry_account_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_ledger_entry")),
        sa.UniqueConstraint("kind", "source_id", name=op.f("uq_ledger_entry_kind_source_id")),
    )
    op.create_index("ix_ledger_entry_account_id", "ledger_entry", ["account_id"], unique=False)
    op.create_table(
        "ledger_transfer",
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "credit IN ('paypal', 'receivable', 'revenue', 'refunds', 'chargebacks', 'fees')",
            name=op.f("ck_ledger_transfer_credit_known"),
        ),
        sa.CheckConstraint(
            "debit IN ('paypal', 'receivable', 'revenue', 'refunds', 'chargebacks', 'fees')",
            name=op.f("ck_ledger_transfer_debit_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_transfer_amount_positive")),
        sa.CheckConstraint("debit <> credit", name=op.f("ck_ledger_transfer_two_accounts")),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["ledger_entry.entry_id"], name=op.f("fk_ledger_transfer_entry_id")
        ),
        sa.PrimaryKeyConstraint("entry_id", "position", name=op.f("pk_ledger_transfer")),
    )
    op.create_table(
        "payment",
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("invoice_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee_amount", sa.BigInteger(), nullable=True),
        sa.Column("refunded_amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "standing <> 'completed' OR invoice_id IS NOT NULL",
            name=op.f("ck_payment_completed_pays_an_invoice"),
        ),
        sa.CheckConstraint(
            "standing IN ('pending', 'completed', 'failed')", name=op.f("ck_payment_standing_known")
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_payment_amount_positive")),
        sa.CheckConstraint(
            "refunded_amount >= 0 AND refunded_amount <= amount",
            name=op.f("ck_payment_refund_within_amount"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["customer.account_id"], name=op.f("fk_payment_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["invoice_id"], ["invoice.invoice_id"], name=op.f("fk_payment_invoice_id")
        ),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payment")),
        sa.UniqueConstraint(
            "provider", "transaction", name=op.f("uq_payment_provider_transaction")
        ),
    )
    op.create_index("ix_payment_account_id", "payment", ["account_id"], unique=False)
    op.create_index("ix_payment_invoice_id", "payment", ["invoice_id"], unique=False)
    op.create_index(
        "ix_payment_one_completed",
        "payment",
        ["invoice_id"],
        unique=True,
        postgresql_where=sa.text("standing = 'completed'"),
    )
    op.create_index(
        "ix_payment_site_id_occurred_at", "payment", ["site_id", "occurred_at"], unique=False
    )
    op.create_table(
        "money_back",
        sa.Column("refund_id", sa.Uuid(), nullable=False),
        sa.Column("site_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("payment_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("transaction", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("fee_amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('refund', 'reversal', 'reversal_cancelled')",
            name=op.f("ck_money_back_kind_known"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_money_back_amount_positive")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.payment_id"], name=op.f("fk_money_back_payment_id")
        ),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_money_back")),
        sa.UniqueConstraint(
            "provider", "transaction", "kind", name=op.f("uq_money_back_provider_transaction_kind")
        ),
    )
    op.create_index("ix_money_back_payment_id", "money_back", ["payment_id"], unique=False)
