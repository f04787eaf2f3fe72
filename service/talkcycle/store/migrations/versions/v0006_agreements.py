"""What a pair has agreed: sealed under a key of its own, since it outlives its round."""

import sqlalchemy as sa
from alembic import op

from talkcycle.store.instants import Instant

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreements",
        sa.Column("round", sa.String(length=200), nullable=False),
        sa.Column("talk", sa.String(length=200), nullable=False),
        sa.Column("employee", sa.String(length=200), nullable=False),
        sa.Column("cycle", sa.String(length=200), nullable=False),
        sa.Column("start", Instant(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("last_due", sa.String(length=10), nullable=True),
        sa.Column("keep_until", Instant(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("round", "talk"),
    )
    op.create_index("agreements_of_employee", "agreements", ["employee", "cycle", "start"])
