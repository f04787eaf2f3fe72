"""Links to pages: how often somebody's were revoked. The links themselves are kept nowhere."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "link_epochs",
        sa.Column("round", sa.String(length=200), nullable=False),
        sa.Column("person", sa.String(length=200), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["round"], ["rounds.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("round", "person"),
    )
