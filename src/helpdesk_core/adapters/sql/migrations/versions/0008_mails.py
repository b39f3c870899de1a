"""Mails that came in, and what became of those that leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

revision = "0008"
down_revision = "0007"

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_MOMENT = sa.String(26).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")


def upgrade() -> None:
    """Make the table of mails, and add to the outbox; nothing there was caused by a mail."""
    tables = context.config.attributes["tables"]
    prefix, id_type = tables.prefix, _ID_COLUMNS[tables.id_type]
    name, outbox = f"{prefix}mails", f"{prefix}outbox"
    op.create_table(
        name,
        sa.Column("id", id_type, nullable=False),
        sa.Column("ticket_id", id_type, nullable=False),
        sa.Column("team_id", id_type, nullable=False),
        sa.Column("sender_id", id_type, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=True),
        sa.Column("message_id", id_type, nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("quoted", sa.Text(), nullable=False),
        sa.Column("internal", sa.Boolean(), nullable=False),
        sa.Column("automatic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(
            ["ticket_id"], [f"{prefix}tickets.id"], name=f"fk_{name}_ticket_id"
        ),
    )
    op.create_index(f"ix_{name}_ticket_id_at", name, ["ticket_id", "at"])
    op.create_index(f"ix_{name}_sender_id_at", name, ["sender_id", "at"])
    op.create_index(f"ix_{name}_mail_id", name, ["mail_id"])
    for column in (
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("in_answer", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("error", sa.String(200), nullable=True),
        sa.Column("held_until", _MOMENT, nullable=True),
    ):
        op.add_column(outbox, column)
    for columns, status in (
        (["ticket_id", "sequence"], "pending"),
        (["recipient_id", "held_until"], "held"),
    ):
        some = sa.text(f"status = '{status}'")
        op.create_index(
            f"ix_{outbox}_{'_'.join(columns)}",
            outbox,
            columns,
            postgresql_where=some,
            sqlite_where=some,
        )
    _addresses(f"{prefix}users")


def _addresses(users: str) -> None:
    """A column by which a sender is found: A to Z are a to z, whatever the server's language."""
    op.add_column(users, sa.Column("address", sa.String(320), nullable=True))
    email = 'email COLLATE "C"' if op.get_bind().dialect.name == "postgresql" else "email"
    op.execute(sa.text(f"UPDATE {users} SET address = lower({email})"))
    op.create_index(f"ix_{users}_address", users, ["address"])


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")
