"""Subjects that a tick has taken and not given back: until then nothing is sent about them."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("schedule", sa.Column("taken", sa.Boolean(), nullable=False, server_default=sa.false()))
