"""Answers by mail: whether a server vouches for each, one of either kind a party; and mails found by their Message-ID."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEPT = "round, talk, number, party, answer, at, proposed_start, proposed_end, seen_at"


def upgrade() -> None:
    op.rename_table("answers", "answers_before")
    op.create_table(
        "answers",
        sa.Column("round", sa.String(length=200), nullable=False),
        sa.Column("talk", sa.String(length=200), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(length=400), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False, server_default=sa.true()),
        sa.Column("answer", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("proposed_start", sa.BigInteger(), nullable=True),
        sa.Column("proposed_end", sa.BigInteger(), nullable=True),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round", "talk", "number"], ["entries.round", "entries.talk", "entries.number"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round", "talk", "number", "party", "verified"),
    )
    op.execute(f"INSERT INTO answers ({KEPT}) SELECT {KEPT} FROM answers_before")  # noqa: S608  # our own words
    op.drop_table("answers_before")
    op.create_index("outbox_of_message_id", "outbox", ["message_id"])
