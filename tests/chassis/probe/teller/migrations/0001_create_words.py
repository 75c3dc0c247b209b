import sqlalchemy as sa
from alembic import op

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "word",
        sa.Column("word_id", sa.Uuid, primary_key=True),
        sa.Column("word", sa.Text, nullable=False),
    )
    op.create_table(
        "run",
        sa.Column("run_id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
    )
