"""The first tables.

What is written here is what was released: it is not changed when the tables change later.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None

_ID_COLUMNS: dict[type, Any] = {
    str: sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql"),
    int: sa.BigInteger(),
    UUID: sa.Uuid(),
}
_MOMENT = sa.String(26).with_variant(sa.TIMESTAMP(timezone=True), "postgresql")
_COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    first = _First(context.config.attributes["tables"])
    first.people_and_teams()
    first.tickets()
    first.what_happened()


def downgrade() -> None:
    """Refused: what was kept since would be lost."""
    raise NotImplementedError("migrations go forward only: go back to a copy of the database")


class _First:
    def __init__(self, tables: Any) -> None:
        self.prefix: str = tables.prefix
        self.id_type = _ID_COLUMNS[tables.id_type]

    # --- shapes ----------------------------------------------------------------------------------

    def table(
        self,
        name: str,
        *columns: sa.Column[Any],
        key: tuple[str, ...],
        unique: str | None = None,
        to: dict[str, str] | None = None,
        deferred: tuple[str, ...] = (),
        indexes: tuple[tuple[str, ...], ...] = (),
        numbered: bool = False,
    ) -> None:
        """A table with its constraints and indexes under their names."""
        full = self.prefix + name
        constraints: list[Any] = [sa.PrimaryKeyConstraint(*key, name=f"pk_{full}")]
        if unique is not None:
            constraints.append(sa.UniqueConstraint(unique, name=f"uq_{full}_{unique}"))
        for column, other in (to or {}).items():
            options = {"deferrable": True, "initially": "DEFERRED"} if column in deferred else {}
            constraints.append(
                sa.ForeignKeyConstraint(
                    [column],
                    [f"{self.prefix}{other}.id"],
                    name=f"fk_{full}_{column}",
                    **options,  # type: ignore[arg-type]
                )
            )
        op.create_table(full, *columns, *constraints, sqlite_autoincrement=numbered)
        for index in indexes:
            op.create_index(f"ix_{full}_{'_'.join(index)}", full, list(index))

    def id(self, name: str = "id", *, null: bool = False) -> sa.Column[Any]:
        """An id of the installation's type."""
        return sa.Column(name, self.id_type, nullable=null)

    # --- tables ----------------------------------------------------------------------------------

    def people_and_teams(self) -> None:
        """Users, teams, stages, and what joins them."""
        self.table(
            "meta",
            sa.Column("name", sa.String(50), nullable=False),
            _text("value"),
            key=("name",),
        )
        self.table(
            "users",
            _number(),
            self.id(),
            _line("name", 200),
            _line("kind", 20),
            _text("roles"),
            _flag("active"),
            _line("email", 320, null=True),
            _line("phone", 320, null=True),
            _line("company", 200),
            _line("language", 35),
            key=("number",),
            unique="id",
            indexes=(("kind", "active"),),
            numbered=True,
        )
        self.table(
            "teams",
            _number(),
            self.id(),
            _line("name", 200),
            _line("visibility", 20),
            _line("company", 200),
            _text("public_description"),
            _text("member_ids"),
            _flag("auto_assign"),
            _line("assignment_method", 20),
            _line("assignment_scope", 20),
            _line("look_ahead_window", 30),
            _line("horizon", 30),
            _flag("members_follow"),
            _big("version"),
            key=("number",),
            unique="id",
            numbered=True,
        )
        self.table(
            "stages",
            _number(),
            self.id(),
            _line("name", 200),
            _int("position"),
            _text("description"),
            _flag("folded"),
            _text("email_template", null=True),
            _text("sms_template", null=True),
            _flag("once_per_ticket"),
            key=("number",),
            unique="id",
            numbered=True,
        )
        self.table(
            "team_stages",
            self.id("team_id"),
            self.id("stage_id"),
            key=("team_id", "stage_id"),
            to={"team_id": "teams", "stage_id": "stages"},
            deferred=("stage_id",),
            indexes=(("stage_id",),),
        )
        self.table(
            "team_follows",
            self.id("team_id"),
            self.id("user_id"),
            _line("source", 20),
            key=("team_id", "user_id", "source"),
            to={"team_id": "teams"},
            indexes=(("user_id",),),
        )
        self.table(
            "workloads",
            self.id("team_id"),
            self.id("member_id"),
            _int("total"),
            _int("open"),
            _int("credit"),
            sa.Column("last_assigned", sa.BigInteger()),
            key=("team_id", "member_id"),
            to={"team_id": "teams"},
        )

    def tickets(self) -> None:
        """Tickets and what hangs on them."""
        self.table(
            "tickets",
            self.id(),
            self.id("team_id"),
            self.id("stage_id"),
            _line("subject", 500),
            _moment("created_at"),
            _text("description"),
            self.id("opener_id", null=True),
            self.id("customer_id", null=True),
            self.id("assignee_id", null=True),
            _moment("available_from", null=True),
            _flag("waiting"),
            _int("priority"),
            _text("links"),
            _text("references"),
            _moment("closed_at", null=True),
            self.id("merged_into", null=True),
            _big("version"),
            key=("id",),
            to={"team_id": "teams", "stage_id": "stages", "merged_into": "tickets"},
            indexes=(
                ("team_id", "stage_id"),
                ("stage_id",),
                ("assignee_id",),
                ("customer_id",),
                ("created_at", "id"),
                ("merged_into",),
                ("waiting", "created_at"),
            ),
        )
        self.table(
            "ticket_follows",
            self.id("ticket_id"),
            self.id("user_id"),
            _line("source", 20),
            key=("ticket_id", "user_id", "source"),
            to={"ticket_id": "tickets"},
            indexes=(("user_id", "ticket_id"),),
        )
        self.table(
            "ticket_tags",
            self.id("ticket_id"),
            _line("tag", 100),
            key=("ticket_id", "tag"),
            to={"ticket_id": "tickets"},
            indexes=(("tag", "ticket_id"),),
        )
        self.table(
            "messages",
            self.id(),
            self.id("ticket_id"),
            _text("body"),
            _moment("at"),
            self.id("author_id", null=True),
            _flag("internal"),
            _flag("automatic"),
            key=("id",),
            to={"ticket_id": "tickets"},
            indexes=(("ticket_id", "at"),),
        )
        self.table(
            "attachments",
            self.id(),
            self.id("ticket_id"),
            _line("name", 255),
            _big("size"),
            _line("digest", 64),
            _moment("at"),
            _line("media_type", 200),
            self.id("author_id", null=True),
            self.id("message_id", null=True),
            _flag("internal"),
            key=("id",),
            to={"ticket_id": "tickets"},
            indexes=(("ticket_id", "at"),),
        )
        self.table(
            "time_entries",
            self.id(),
            self.id("ticket_id"),
            self.id("user_id"),
            _int("minutes"),
            _moment("at"),
            _text("note"),
            key=("id",),
            to={"ticket_id": "tickets"},
            indexes=(("ticket_id", "at"),),
        )

    def what_happened(self) -> None:
        """History, outbox, merges, discards and idempotency keys."""
        self.table(
            "events",
            _number("sequence"),
            self.id("ticket_id", null=True),
            self.id("team_id", null=True),
            _line("name", 50),
            _int("schema"),
            _moment("at"),
            self.id("by_id", null=True),
            _line("by_system", 200, null=True),
            _flag("internal"),
            _text("data"),
            key=("sequence",),
            indexes=(("ticket_id", "sequence"),),
            numbered=True,
        )
        self.table(
            "outbox",
            _number("sequence"),
            _text("key"),
            self.id("ticket_id"),
            self.id("recipient_id"),
            _line("channel", 20),
            _line("kind", 20),
            self.id("message_id", null=True),
            self.id("stage_id", null=True),
            _text("subject", null=True),
            _text("text", null=True),
            _moment("created_at"),
            _int("attempts"),
            _line("status", 20),
            _moment("not_before", null=True),
            key=("sequence",),
            unique="key",
            indexes=(("status", "sequence"),),
            numbered=True,
        )
        self.table(
            "merges",
            _number("sequence"),
            self.id(),
            self.id("master_id"),
            _text("merged_ids"),
            _moment("at"),
            _text("changes"),
            _moment("undone_at", null=True),
            key=("sequence",),
            unique="id",
            numbered=True,
        )
        self.table(
            "merge_tickets",
            self.id("merge_id"),
            self.id("ticket_id"),
            key=("merge_id", "ticket_id"),
            to={"merge_id": "merges"},
            indexes=(("ticket_id",),),
        )
        self.table(
            "discards",
            self.id("first_id"),
            self.id("second_id"),
            _text("first_fingerprint"),
            _text("second_fingerprint"),
            key=("first_id", "second_id"),
            indexes=(("second_id",),),
        )
        self.table(
            "keys",
            _text("key"),
            _text("digest"),
            _text("result"),
            _moment("at"),
            key=("key",),
            indexes=(("at",),),
        )


def _number(name: str = "number") -> sa.Column[Any]:
    return sa.Column(name, _COUNTER, nullable=False, autoincrement=True)


def _line(name: str, length: int, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=null)


def _text(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=null)


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _int(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=False)


def _big(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=False)


def _moment(name: str, *, null: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _MOMENT, nullable=null)
