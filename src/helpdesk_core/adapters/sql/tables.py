"""The tables, for one type of ids and one prefix of names.

Users are referred to without a foreign key: a host may keep people elsewhere, and a follow or a
history outlives them. Users, teams and stages are numbered, so that their order is that of coming.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import attrs
import sqlalchemy as sa

from helpdesk_core.adapters.codec import codec_for
from helpdesk_core.adapters.sql.types import (
    COUNTER,
    ID_TYPES,
    KEPT_WORD,
    RANK,
    Choice,
    Duration,
    Json,
    OpaqueId,
    UtcDateTime,
    Words,
)
from helpdesk_core.entities import (
    AssignmentMethod,
    AssignmentMode,
    CatchUp,
    CountScope,
    FollowSource,
    HostFields,
    Id,
    OnAnswer,
    Options,
    Role,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.plans import Change, Channel, NoticeKind
from helpdesk_core.ports import DeliveryStatus
from helpdesk_core.templates import EmailTemplate, SmsTemplate

#: The revision of the migrations that these tables are.
REVISION = "0010"

_PREFIX = re.compile(r"(?a:[a-z_][a-z0-9_]{0,26})?")
_NAMES = {
    "pk": "pk_%(table_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
}


@attrs.frozen(kw_only=True)
class Tables:
    """All tables of one installation."""

    id_type: type
    prefix: str
    metadata: sa.MetaData
    meta: sa.Table
    users: sa.Table
    teams: sa.Table
    stages: sa.Table
    tickets: sa.Table
    team_stages: sa.Table
    team_follows: sa.Table
    ticket_follows: sa.Table
    ticket_tags: sa.Table
    messages: sa.Table
    attachments: sa.Table
    time_entries: sa.Table
    mails: sa.Table
    texts: sa.Table
    workloads: sa.Table
    stage_counts: sa.Table
    catching_up: sa.Table
    events: sa.Table
    outbox: sa.Table
    merges: sa.Table
    merge_tickets: sa.Table
    discards: sa.Table
    keys: sa.Table
    similar_teams: sa.Table
    similar_words: sa.Table
    similar_tickets: sa.Table

    @property
    def version_table(self) -> str:
        """Where Alembic keeps the revision: a table of the library's own."""
        return f"{self.prefix}alembic_version"

    @property
    def text_index(self) -> str:
        """The words' FTS5 index on SQLite, which triggers keep; on PostgreSQL it is a GIN index."""
        return f"{self.prefix}texts_fts"

    @property
    def similar_index(self) -> str:
        """The same for the words by which tickets that look alike are found."""
        return f"{self.prefix}similar_tickets_fts"


def _where(condition: str) -> dict[str, Any]:
    """For an index of some of the rows: what waits is few among what was sent."""
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def _counter(name: str) -> sa.Column[Any]:
    return sa.Column(name, COUNTER, primary_key=True, autoincrement=True)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, UtcDateTime(), nullable=nullable)


def _line(name: str, length: int) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length), nullable=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


@functools.cache
def tables_for(id_type: type, prefix: str) -> Tables:
    """The tables for ids of this type, with names that begin with `prefix`.

    >>> tables_for(str, "helpdesk_").tickets.name
    'helpdesk_tickets'
    """
    if id_type not in ID_TYPES.values():
        raise InvalidValueError("id_type", f"must be one of {', '.join(ID_TYPES)}")
    if not _PREFIX.fullmatch(prefix):
        raise InvalidValueError(
            "prefix", "must be lower-case letters, digits and underscores, at most 27"
        )
    metadata = sa.MetaData(naming_convention=_NAMES)
    made: dict[str, sa.Table] = {}

    def table(name: str, *parts: Any, **options: Any) -> None:
        made[name] = sa.Table(prefix + name, metadata, *parts, **options)

    def id_(name: str = "id", *parts: Any, nullable: bool = False, **options: Any) -> Any:
        return sa.Column(name, OpaqueId(id_type), *parts, nullable=nullable, **options)

    def to(name: str, **options: Any) -> sa.ForeignKey:
        return sa.ForeignKey(f"{prefix}{name}.id", **options)

    def json(name: str, shape: Any, *, nullable: bool = False, shared: bool = True) -> Any:
        return sa.Column(name, Json(codec_for(id_type), shape, shared=shared), nullable=nullable)

    def index(name: str, *columns: str) -> sa.Index:  # a name by columns would be too long
        return sa.Index(f"ix_{prefix}{name}", *columns)

    table("meta", sa.Column("name", sa.String(50), primary_key=True), _text("value"))
    _people_and_teams(table, id_, to, json)
    _tickets(table, id_, to, json, index)
    _what_happened(table, id_, to, json)
    _similar(table, id_, json)
    return Tables(id_type=id_type, prefix=prefix, metadata=metadata, **made)


def _people_and_teams(
    table: Callable[..., None], id_: Callable[..., Any], to: Callable[..., Any], json: Any
) -> None:
    table(
        "users",
        _counter("number"),
        id_(unique=True),
        _line("name", 200),
        sa.Column("kind", Choice(UserKind), nullable=False),
        json("roles", frozenset[Role]),
        _flag("active"),
        sa.Column("email", sa.String(320)),
        sa.Column("address", sa.String(320)),  # the e-mail, for comparing
        sa.Column("phone", sa.String(320)),
        _line("company", 200),
        _line("language", 35),
        sa.Index(None, "kind", "active"),
        sa.Index(None, "address"),
        sqlite_autoincrement=True,
    )
    table(
        "teams",
        _counter("number"),
        id_(unique=True),
        _line("name", 200),
        sa.Column("visibility", Choice(Visibility), nullable=False),
        _line("company", 200),
        _text("public_description"),
        json("member_ids", tuple[Id, ...]),
        _flag("auto_assign"),
        sa.Column("assignment_method", Choice(AssignmentMethod), nullable=False),
        sa.Column("assignment_scope", Choice(CountScope), nullable=False),
        sa.Column("look_ahead_window", Duration(), nullable=False),
        sa.Column("horizon", Duration(), nullable=False),
        sa.Column("assignment_mode", Choice(AssignmentMode), nullable=False),
        sa.Column("catch_up", Choice(CatchUp), nullable=False),
        json("member_options", Options),
        _flag("members_follow"),
        sa.Column("on_answer", Choice(OnAnswer), nullable=False),
        sa.Column("reopen_window", Duration(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sqlite_autoincrement=True,
    )
    table(
        "stages",
        _counter("number"),
        id_(unique=True),
        _line("name", 200),
        sa.Column("position", sa.Integer(), nullable=False),
        _text("description"),
        _flag("folded"),
        json("email_template", EmailTemplate, nullable=True),
        json("sms_template", SmsTemplate, nullable=True),
        _flag("once_per_ticket"),
        sqlite_autoincrement=True,
    )
    table(
        "team_stages",
        id_("team_id", to("teams"), primary_key=True),
        # Checked at the end: a plan may name a stage before it adds it.
        id_("stage_id", to("stages", deferrable=True, initially="DEFERRED"), primary_key=True),
        sa.Index(None, "stage_id"),
    )
    table(
        "team_follows",
        id_("team_id", to("teams"), primary_key=True),
        id_("user_id", primary_key=True),
        sa.Column("source", Choice(FollowSource), primary_key=True),
        sa.Index(None, "user_id"),
    )
    table(
        "workloads",
        id_("team_id", to("teams"), primary_key=True),
        id_("member_id", primary_key=True),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("open", sa.Integer(), nullable=False),
        sa.Column("credit", sa.Integer(), nullable=False),
        sa.Column("last_assigned", sa.BigInteger()),
    )
    table(
        "stage_counts",
        id_("team_id", to("teams"), primary_key=True),
        id_("stage_id", primary_key=True),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("unassigned", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
    )
    table(
        "catching_up",
        id_("team_id", to("teams"), primary_key=True),
        _moment("at"),
        json("member_ids", frozenset[Id]),
        json("behind", frozenset[Id]),
        _flag("their_turn"),
    )


def _tickets(
    table: Callable[..., None],
    id_: Callable[..., Any],
    to: Callable[..., Any],
    json: Any,
    index: Callable[..., sa.Index],
) -> None:
    there = sa.text("merged_into IS NOT NULL")
    table(
        "tickets",
        id_(primary_key=True),
        id_("team_id", to("teams")),
        id_("stage_id", to("stages")),
        _line("subject", 500),
        _moment("created_at"),
        _text("description"),
        id_("opener_id", nullable=True),
        id_("customer_id", nullable=True),
        id_("assignee_id", nullable=True),
        _moment("available_from", nullable=True),
        _flag("waiting"),
        sa.Column("priority", sa.Integer(), nullable=False),
        json("links", frozenset[Id]),
        json("references", frozenset[str]),
        json("fields", HostFields),
        _moment("closed_at", nullable=True),
        id_("merged_into", to("tickets"), nullable=True),
        sa.Column("rank", RANK, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        # A column of a team's board, and of the board over all teams.
        index("tickets_of_team_in_column", "team_id", "stage_id", "rank", "id"),
        index("tickets_in_column", "stage_id", "rank", "id"),
        sa.Index(None, "assignee_id"),
        sa.Index(None, "customer_id"),
        sa.Index(None, "created_at", "id"),
        # Tombstones only: as a way to all others SQLite would prefer it to the order of a page.
        sa.Index(None, "merged_into", sqlite_where=there, postgresql_where=there),
        sa.Index(None, "waiting", "created_at"),
    )
    table(
        "ticket_follows",
        id_("ticket_id", to("tickets"), primary_key=True),
        id_("user_id", primary_key=True),
        sa.Column("source", Choice(FollowSource), primary_key=True),
        sa.Index(None, "user_id", "ticket_id"),
    )
    table(
        "ticket_tags",
        id_("ticket_id", to("tickets"), primary_key=True),
        sa.Column("tag", sa.String(100), primary_key=True),
        sa.Index(None, "tag", "ticket_id"),
    )
    table(
        "messages",
        id_(primary_key=True),
        id_("ticket_id", to("tickets")),
        _text("body"),
        _moment("at"),
        id_("author_id", nullable=True),
        _flag("internal"),
        _flag("automatic"),
        sa.Index(None, "ticket_id", "at"),
    )
    table(
        "attachments",
        id_(primary_key=True),
        id_("ticket_id", to("tickets")),
        _line("name", 255),
        sa.Column("size", sa.BigInteger(), nullable=False),
        _line("digest", 64),
        _moment("at"),
        _line("media_type", 200),
        id_("author_id", nullable=True),
        id_("message_id", nullable=True),
        _flag("internal"),
        sa.Index(None, "ticket_id", "at"),
    )
    table(
        "time_entries",
        id_(primary_key=True),
        id_("ticket_id", to("tickets")),
        id_("user_id"),
        sa.Column("minutes", sa.Integer(), nullable=False),
        _moment("at"),
        _text("note"),
        sa.Index(None, "ticket_id", "at"),
    )
    table(
        "mails",
        id_(primary_key=True),
        id_("ticket_id", to("tickets")),
        id_("team_id"),
        id_("sender_id"),
        _moment("at"),
        _text("mail_id", nullable=True),
        id_("message_id", nullable=True),
        _text("subject"),
        _text("quoted"),
        _flag("internal"),
        _flag("automatic"),
        sa.Index(None, "ticket_id", "at"),
        sa.Index(None, "sender_id", "at"),
        sa.Index(None, "mail_id"),
    )

    table(
        "texts",  # what is searched: how each ticket was opened, and each message
        _counter("number"),
        id_("ticket_id", to("tickets")),
        id_("message_id", nullable=True),
        _flag("internal"),
        sa.Column("words", Words(), nullable=False),
        sa.Index(None, "ticket_id"),
    )


def _what_happened(
    table: Callable[..., None], id_: Callable[..., Any], to: Callable[..., Any], json: Any
) -> None:
    table(
        "events",
        _counter("sequence"),
        id_("ticket_id", nullable=True),
        id_("team_id", nullable=True),
        _line("name", 50),
        sa.Column("schema", sa.Integer(), nullable=False),
        _moment("at"),
        id_("by_id", nullable=True),
        sa.Column("by_system", sa.String(200)),
        _flag("internal"),
        _text("data"),
        sa.Index(None, "ticket_id", "sequence"),
        sa.Index(None, "ticket_id", "at", "sequence"),
        sqlite_autoincrement=True,
    )
    table(
        "outbox",
        _counter("sequence"),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        id_("ticket_id"),
        id_("recipient_id"),
        sa.Column("channel", Choice(Channel), nullable=False),
        sa.Column("kind", Choice(NoticeKind), nullable=False),
        id_("message_id", nullable=True),
        id_("stage_id", nullable=True),
        _text("subject", nullable=True),
        _text("text", nullable=True),
        _text("html", nullable=True),
        _flag("in_answer"),
        _moment("created_at"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("status", Choice(DeliveryStatus), nullable=False),
        _moment("not_before", nullable=True),
        sa.Column("error", sa.String(200)),
        _moment("held_until", nullable=True),
        sa.Index(None, "status", "sequence"),
        sa.Index(None, "ticket_id", "sequence", **_where("status = 'pending'")),
        sa.Index(None, "recipient_id", "held_until", **_where("status = 'held'")),
        sqlite_autoincrement=True,
    )
    table(
        "merges",
        _counter("sequence"),
        id_(unique=True),
        id_("master_id"),
        json("merged_ids", tuple[Id, ...]),
        _moment("at"),
        json("changes", tuple[Change, ...], shared=False),
        _moment("undone_at", nullable=True),
        sqlite_autoincrement=True,
    )
    table(
        "merge_tickets",
        id_("merge_id", to("merges"), primary_key=True),
        id_("ticket_id", primary_key=True),
        sa.Index(None, "ticket_id"),
    )
    table(
        "discards",
        id_("first_id", primary_key=True),
        id_("second_id", primary_key=True),
        _text("first_fingerprint"),
        _text("second_fingerprint"),
        sa.Index(None, "second_id"),
    )
    table(
        "keys",
        sa.Column("key", sa.Text(), primary_key=True),
        _text("digest"),
        _text("result"),
        _moment("at"),
        sa.Index(None, "at"),
    )


def _similar(table: Callable[..., None], id_: Callable[..., Any], json: Any) -> None:
    """What a `SqlSimilarityStore` keeps; it is told after the commit, so nothing is referred to."""
    table(
        "similar_teams",  # the number 0 is for all of them together
        _counter("number"),
        id_("team_id", nullable=True, unique=True),
        sa.Column("tickets", sa.BigInteger(), nullable=False),
    )
    table(
        "similar_words",  # how many tickets of a team, or of all, hold a word
        sa.Column("team", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("word", KEPT_WORD, primary_key=True),
        sa.Column("holders", sa.BigInteger(), nullable=False),
        sa.Column("in_subject", sa.BigInteger(), nullable=False),
        sqlite_with_rowid=False,
    )
    table(
        "similar_tickets",
        _counter("number"),
        id_("ticket_id", unique=True),
        sa.Column("team", sa.BigInteger(), nullable=False),
        id_("customer_id", nullable=True),
        _moment("created_at"),
        json("tags", frozenset[str]),
        _text("terms"),  # those of the subject first
        sa.Column("amounts", sa.LargeBinary(), nullable=False),  # a byte for each of the terms
        sa.Column("shares", sa.LargeBinary(), nullable=False),  # and for those of the subject
        sa.Column("words", Words(), nullable=False),
    )
