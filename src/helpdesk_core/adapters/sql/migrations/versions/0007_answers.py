"""What a customer's answer to a closed ticket does."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add two columns; within 30 days an answer opens the ticket again."""
    teams = f"{context.config.attributes['tables'].prefix}teams"
    for column in (
        sa.Column("on_answer", sa.String(20), nullable=False, server_default="reopen"),
        sa.Column("reopen_window", sa.String(30), nullable=False, server_default="P30DT0.000000S"),
    ):
        op.add_column(teams, column)


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
