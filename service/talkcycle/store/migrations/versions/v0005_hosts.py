"""Talks that change hosts: under whom each entry was made; and the roster that one being applied takes the place of."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

THEIRS = "SELECT manager FROM talks WHERE talks.round = entries.round AND talks.id = entries.talk"


def upgrade() -> None:
    op.add_column("entries", sa.Column("host", sa.String(length=200), nullable=False, server_default=""))
    # Until now a talk kept its manager, so they made every entry.
    op.execute(f"UPDATE entries SET host = COALESCE(({THEIRS}), '')")  # noqa: S608  # our own words
    op.add_column("rounds", sa.Column("roster_before", sa.String(length=64), nullable=True))
