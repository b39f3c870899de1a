"""Tickets are counted by an index alone, and tombstones have one for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make two indexes anew; there are as many as before, and they are smaller together."""
    tickets = f"{context.config.attributes['tables'].prefix}tickets"
    op.drop_index(f"ix_{tickets}_team_id_stage_id", tickets)
    op.create_index(f"ix_{tickets}_counted", tickets, ["team_id", "stage_id", "merged_into"])
    op.drop_index(f"ix_{tickets}_merged_into", tickets)
    there = sa.text("merged_into IS NOT NULL")
    op.create_index(
        f"ix_{tickets}_merged_into",
        tickets,
        ["merged_into"],
        sqlite_where=there,
        postgresql_where=there,
    )


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
