"""What is searched, kept by the transaction that changes it, and how it is asked for (V13).

A row of `texts` for how each ticket was opened and for each message, with the words of
`helpdesk_core.search` in it: the databases split, fold and rank nothing. It hangs on the ticket on
which the text stands, so that merging, un-merging and transfers change none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import TSQUERY

from helpdesk_core.adapters.sql.connection import Connection
from helpdesk_core.adapters.sql.listings import Question, after_place, ordered, whole_rows
from helpdesk_core.adapters.sql.scopes import Clause, Reach, apart, filter_clause
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.entities import Id, Message, Ticket
from helpdesk_core.plans import Kind, SetField
from helpdesk_core.ports import Position, TicketFilter
from helpdesk_core.search import Wanted, opening_of, opening_text, words_in
from helpdesk_core.visibility.scopes import Scope

#: The fields of a ticket that are searched.
_OF_THE_OPENING = frozenset({"subject", "description"})


def text_rows(things: Iterable[Any]) -> list[dict[str, Any]]:
    """The rows of what was added, as far as it is searched."""
    rows = []
    for thing in things:
        if isinstance(thing, Ticket):
            text = opening_of(thing)
            place = {"ticket_id": thing.id, "message_id": None, "internal": False}
        elif isinstance(thing, Message):
            text = thing.body
            place = {"ticket_id": thing.ticket_id, "message_id": thing.id}
            place["internal"] = thing.internal
        else:
            continue
        rows.append({**place, "words": words_in(text)})
    return rows


def reword(db: Connection, kind: Kind, id: Id, changes: Mapping[str, SetField]) -> bool:
    """Keep the words of a text that has just been changed; whether one was."""
    if kind is Kind.TICKET and not _OF_THE_OPENING.isdisjoint(changes):
        [(subject, description)] = db.rows(db.statements.opening, {"id": id})
        words = words_in(opening_text(subject, description))
        db.changed(db.statements.reword_opening, {"of": id, "v_words": words})
        return True
    if kind is Kind.MESSAGE and "body" in changes:
        words = words_in(changes["body"].value)
        db.changed(db.statements.reword_message, {"of": id, "v_words": words})
        return True
    return False


def forget_words(db: Connection) -> None:
    """Leave nothing in SQLite's index of words that stand in no text any more (T9).

    It marks them as gone until it is merged, which takes the longer the larger it is
    (`benchmarks/README.md`). PostgreSQL's is the affair of VACUUM.
    """
    if not db.statements.postgresql:
        name = db.tables.text_index
        db.changed(sa.text(f"INSERT INTO {name} ({name}) VALUES ('optimize')"), {})


def page(
    statements: Statements,
    scope: Scope,
    query: TicketFilter,
    wanted: Wanted,
    internal: bool,
    after: Position | None,
    limit: int | None,
) -> Question:
    """The tickets that are found, newest first; the caller puts them into that order once more."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        asked = _found(statements, shape, query, internal)
        found = ordered(statements.tables, asked, after, limit, newest_first=True)
        return whole_rows(statements, found)

    key = ("found", shape, query, internal, after is None, limit)
    values |= {"wanted": _words(statements, wanted)} | after_place(after)
    return statements.remembered(key, build), values


def count(
    statements: Statements, scope: Scope, query: TicketFilter, wanted: Wanted, internal: bool
) -> Question:
    """How many they are."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        number = sa.select(sa.func.count()).select_from(statements.tables.tickets)
        return number.where(_found(statements, shape, query, internal))

    key = ("number found", shape, query, internal)
    return statements.remembered(key, build), values | {"wanted": _words(statements, wanted)}


def _found(statements: Statements, shape: Scope, query: TicketFilter, internal: bool) -> Clause:
    tables = statements.tables
    inside = Reach(tables, shape).clause()
    found = _has_words(tables, statements.postgresql, inside, internal)
    return sa.and_(found, inside, filter_clause(tables, query))


def _has_words(tables: Tables, postgresql: bool, inside: Clause, internal: bool) -> Clause:
    """Tickets with a text that has the words: their own, or one of a tombstone inside the scope.

    Whether the ticket is inside is not asked here; that it is no tombstone itself is (M7, M8).
    """
    tickets, texts = tables.tickets, tables.texts
    hits = sa.select(texts.c.ticket_id).where(_match(tables, postgresql))
    if not internal:
        hits = hits.where(texts.c.internal == sa.false())
    told = hits.cte("told")
    above = (
        sa.select(tickets.c.merged_into.label("id"))
        .where(
            tickets.c.merged_into.is_not(None),
            tickets.c.id.in_(sa.select(told.c.ticket_id)),
            inside,
        )
        .cte("above", recursive=True)
    )
    further = tickets.alias()
    above = above.union(
        sa.select(further.c.merged_into)
        .join(above, further.c.id == above.c.id)
        .where(further.c.merged_into.is_not(None))
    )
    found = sa.union_all(sa.select(told.c.ticket_id), sa.select(above.c.id))
    return sa.and_(tickets.c.merged_into.is_(None), tickets.c.id.in_(found))


def _match(tables: Tables, postgresql: bool) -> Clause:
    texts, wanted = tables.texts, sa.bindparam("wanted", type_=sa.Text())
    if postgresql:
        return texts.c.words.op("@@", is_comparison=True)(sa.cast(wanted, TSQUERY()))
    index = sa.table(tables.text_index, sa.column("rowid"), sa.column(tables.text_index))
    match = index.c[tables.text_index].op("MATCH", is_comparison=True)
    return texts.c.number.in_(sa.select(index.c.rowid).where(match(wanted)))


def _words(statements: Statements, wanted: Wanted) -> str:
    """What is searched for as the database has it said."""
    whole, beginnings = sorted(wanted.whole), sorted(wanted.beginnings)
    if statements.postgresql:
        asked = [*(f"'{word}'" for word in whole), *(f"'{word}':*" for word in beginnings)]
        return " & ".join(asked)
    asked = [*(f'"{word}"' for word in whole), *(f'"{word}" *' for word in beginnings)]
    return " AND ".join(asked)
