"""What is searched: the words of every ticket and message, with an index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import TSVECTOR

from helpdesk_core.adapters.sql.types import Words
from helpdesk_core.search import opening_text, words_in

revision = "0004"
down_revision = "0003"

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_AT_ONCE = 1000  # rows that are read and written together


def upgrade() -> None:
    """Make the table and its index, and fill it with what is there."""
    tables = context.config.attributes["tables"]
    prefix, id_type = tables.prefix, _ID_COLUMNS[tables.id_type]
    name = f"{prefix}texts"
    op.create_table(
        name,
        sa.Column(
            "number",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("ticket_id", id_type, nullable=False),
        sa.Column("message_id", id_type, nullable=True),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], [f"{prefix}tickets.id"], name=f"fk_{name}_ticket_id"
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        _index_by_fts5(name)
    _fill(name, prefix, id_type)
    op.create_index(f"ix_{name}_ticket_id", name, ["ticket_id"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index(f"ix_{name}_words", name, ["words"], postgresql_using="gin")


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")


def _index_by_fts5(name: str) -> None:
    """An index over the table, which follows each change of it; words are split at blanks alone."""
    add = f"INSERT INTO {name}_fts (rowid, words) VALUES (new.number, new.words);"
    drop = (
        f"INSERT INTO {name}_fts ({name}_fts, rowid, words) "
        "VALUES ('delete', old.number, old.words);"
    )
    options = "content_rowid='number', tokenize='ascii', detail=none, columnsize=0"
    for statement in (
        f"CREATE VIRTUAL TABLE {name}_fts USING fts5(words, content='{name}', {options})",
        f"CREATE TRIGGER {name}_added AFTER INSERT ON {name} BEGIN {add} END",
        f"CREATE TRIGGER {name}_gone AFTER DELETE ON {name} BEGIN {drop} END",
        f"CREATE TRIGGER {name}_changed AFTER UPDATE ON {name} BEGIN {drop} {add} END",
    ):
        op.execute(sa.text(statement))


def _fill(name: str, prefix: str, id_type: Any) -> None:
    def columns(*names: str) -> list[sa.ColumnClause[Any]]:
        return [sa.column(one, id_type if one.endswith("id") else None) for one in names]

    texts = sa.table(
        name,
        *columns("ticket_id", "message_id"),
        sa.column("internal", sa.Boolean()),
        sa.column("words", Words()),
    )
    tickets = sa.table(f"{prefix}tickets", *columns("id", "subject", "description"))
    messages = sa.table(
        f"{prefix}messages",
        *columns("id", "ticket_id", "body"),
        sa.column("internal", sa.Boolean()),
    )
    for rows in _read(tickets):
        _put(texts, ((row.id, None, False, opening_text(*row[1:])) for row in rows))
    for rows in _read(messages):
        _put(texts, ((row.ticket_id, row.id, row.internal, row.body) for row in rows))


def _read(table: Any) -> Iterator[Any]:
    """All rows, some at a time, by their ids."""
    asked = sa.select(table).order_by(table.c.id).limit(_AT_ONCE)
    rows = op.get_bind().execute(asked).all()
    while rows:
        yield rows
        rows = op.get_bind().execute(asked.where(table.c.id > rows[-1].id)).all()


def _put(texts: Any, found: Iterable[tuple[Any, Any, Any, str]]) -> None:
    names = ("ticket_id", "message_id", "internal", "words")
    rows = [dict(zip(names, (*row, words_in(text)), strict=True)) for *row, text in found]
    op.get_bind().execute(sa.insert(texts), rows)
