"""Where each ticket stands in its column, and how many are in each stage of a team."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

from helpdesk_core.adapters.sql.types import UtcDateTime
from helpdesk_core.rank import rank_of_coming

revision = "0005"
down_revision = "0004"

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_RANK = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")
_AT_ONCE = 1000  # rows that are read and written together


def upgrade() -> None:
    """Give each ticket the rank of its coming, count them, and make two indexes anew."""
    tables = context.config.attributes["tables"]
    prefix, id_type = tables.prefix, _ID_COLUMNS[tables.id_type]
    tickets, counts = f"{prefix}tickets", f"{prefix}stage_counts"
    op.add_column(tickets, sa.Column("rank", _RANK, nullable=False, server_default="V"))
    _rank(sa.table(tickets, *_columns(id_type, "id", "created_at", "rank")))
    op.create_table(
        counts,
        sa.Column("team_id", id_type, nullable=False),
        sa.Column("stage_id", id_type, nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("unassigned", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team_id", "stage_id", name=f"pk_{counts}"),
        sa.ForeignKeyConstraint(["team_id"], [f"{prefix}teams.id"], name=f"fk_{counts}_team_id"),
    )
    op.execute(
        f"INSERT INTO {counts} (team_id, stage_id, tickets, unassigned, waiting) "
        "SELECT team_id, stage_id, count(*), count(CASE WHEN assignee_id IS NULL THEN 1 END), "
        f"count(CASE WHEN waiting THEN 1 END) FROM {tickets} WHERE merged_into IS NULL "
        "GROUP BY team_id, stage_id"
    )
    op.drop_index(f"ix_{tickets}_counted", tickets)
    op.drop_index(f"ix_{tickets}_stage_id", tickets)
    columns = ["stage_id", "rank", "id"]
    op.create_index(f"ix_{tickets}_of_team_in_column", tickets, ["team_id", *columns])
    op.create_index(f"ix_{tickets}_in_column", tickets, columns)


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")


def _columns(id_type: Any, *names: str) -> list[sa.ColumnClause[Any]]:
    types = {"id": id_type, "created_at": UtcDateTime(), "rank": _RANK}
    return [sa.column(name, types[name]) for name in names]


def _rank(tickets: Any) -> None:
    """Those that are there already, some at a time, by their ids."""
    db = op.get_bind()
    asked = sa.select(tickets.c.id, tickets.c.created_at).order_by(tickets.c.id).limit(_AT_ONCE)
    put = (
        sa.update(tickets)
        .where(tickets.c.id == sa.bindparam("of", type_=tickets.c.id.type))
        .values(rank=sa.bindparam("to", type_=tickets.c.rank.type))
    )
    rows = db.execute(asked).all()
    while rows:
        db.execute(
            put, [{"of": id, "to": rank_of_coming(created_at, id)} for id, created_at in rows]
        )
        rows = db.execute(asked.where(tickets.c.id > rows[-1].id)).all()
