"""Mode, catching up and options per member of a team; what a team remembers of an assignment."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

revision = "0002"
down_revision = "0001"

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_MOMENT = sa.String(26).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Add three columns, which say what was so before, and a table."""
    tables = context.config.attributes["tables"]
    teams, name = f"{tables.prefix}teams", f"{tables.prefix}catching_up"
    for column in (
        sa.Column("assignment_mode", sa.String(20), nullable=False, server_default="assign_now"),
        sa.Column("catch_up", sa.String(20), nullable=False, server_default="full"),
        sa.Column("member_options", sa.Text(), nullable=False, server_default="[]"),
    ):
        op.add_column(teams, column)
    op.create_table(
        name,
        sa.Column("team_id", _ID_COLUMNS[tables.id_type], nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("member_ids", sa.Text(), nullable=False),
        sa.Column("behind", sa.Text(), nullable=False),
        sa.Column("their_turn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["team_id"], [f"{teams}.id"], name=f"fk_{name}_team_id"),
    )


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
