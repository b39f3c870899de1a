"""What happened to a ticket at one moment is found by it, as a cursor into its history asks."""

from __future__ import annotations

from alembic import context, op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the index, in the order of a history."""
    events = f"{context.config.attributes['tables'].prefix}events"
    name = f"ix_{events}_ticket_id_at_sequence"
    op.create_index(name, events, ["ticket_id", "at", "sequence"])


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
