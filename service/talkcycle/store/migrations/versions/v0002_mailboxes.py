"""Entries in people's own calendars: with which revision they begin and end, what was answered, what was read."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("entries", sa.Column("opened", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("entries", sa.Column("closed", sa.Integer(), nullable=True))
    op.create_table(
        "answers",
        sa.Column("round", sa.String(length=200), nullable=False),
        sa.Column("talk", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=400), nullable=False),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("proposed_start", sa.BigInteger(), nullable=True),
        sa.Column("proposed_end", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round", "talk", "number"], ["entries.round", "entries.talk", "entries.number"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round", "talk", "number", "party"),
    )
    op.create_table(
        "watches",
        sa.Column("transport", sa.String(length=20), nullable=False),
        sa.Column("organizer", sa.String(length=320), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("transport", "organizer"),
    )
