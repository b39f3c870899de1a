"""Fields of tickets that a host defines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add a column; nobody has any."""
    tickets = f"{context.config.attributes['tables'].prefix}tickets"
    op.add_column(tickets, sa.Column("fields", sa.Text(), nullable=False, server_default="{}"))


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
