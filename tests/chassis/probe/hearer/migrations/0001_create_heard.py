import sqlalchemy as sa
from alembic import op

from chassis.plumbing import create_plumbing

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_plumbing(op)
    op.create_table(
        "heard",
        sa.Column("word", sa.Text, primary_key=True),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
    )
    op.create_table(
        "try",
        sa.Column("try_id", sa.Integer, primary_key=True),
        sa.Column("word", sa.Text, nullable=False),
    )
    op.create_table(
        "tick",
        sa.Column("tick_id", sa.Integer, primary_key=True),
        sa.Column("pid", sa.Integer, nullable=False),
    )
