"""What says how alike tickets are: their words with an index, and how many tickets hold each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0009"
down_revision = "0008"

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(26).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables; a similarity store is filled by the host, with `fill_similarity_store`."""
    tables = context.config.attributes["tables"]
    prefix, id_type = tables.prefix, _ID_COLUMNS[tables.id_type]
    teams, words, name = (f"{prefix}similar_{what}" for what in ("teams", "words", "tickets"))
    op.create_table(
        teams,
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("team_id", id_type, nullable=True),
        sa.Column("tickets", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{teams}"),
        sa.UniqueConstraint("team_id", name=f"uq_{teams}_team_id"),
    )
    op.create_table(
        words,
        sa.Column("team", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("word", _WORD, nullable=False),
        sa.Column("holders", sa.BigInteger(), nullable=False),
        sa.Column("in_subject", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("team", "word", name=f"pk_{words}"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        name,
        sa.Column("number", _COUNTER, autoincrement=True, nullable=False),
        sa.Column("ticket_id", id_type, nullable=False),
        sa.Column("team", sa.BigInteger(), nullable=False),
        sa.Column("customer_id", id_type, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("amounts", sa.LargeBinary(), nullable=False),
        sa.Column("shares", sa.LargeBinary(), nullable=False),
        sa.Column("words", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=f"pk_{name}"),
        sa.UniqueConstraint("ticket_id", name=f"uq_{name}_ticket_id"),
    )
    if op.get_bind().dialect.name == "postgresql":
        _index_by_gin(name, words)
    else:
        _index_by_fts5(name)


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")


def _index_by_gin(name: str, words: str) -> None:
    """An index that is never behind, over rows that are short: what is long lies beside them.

    A search goes to thousands of rows for their ids alone, and each writer to the same few counts.
    """
    for statement in (
        f"CREATE INDEX ix_{name}_words ON {name} USING gin (words) WITH (fastupdate = off)",
        f"ALTER TABLE {name} SET (toast_tuple_target = 256)",
        f"ALTER TABLE {name} ALTER COLUMN words SET STORAGE EXTERNAL",
        f"ALTER TABLE {words} SET (fillfactor = 70)",
    ):
        op.execute(sa.text(statement))


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
    ):
        op.execute(sa.text(statement))
