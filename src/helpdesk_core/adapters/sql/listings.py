"""Lists and counts of tickets: what is asked for, by whom it may be seen, and in which order (V13).

Each kind of question is built once, and asked again with other ids. A page is found first, and what
hangs on its tickets is looked up for these alone.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.scopes import Reach, apart, filter_clause
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.ports import Position, TicketFilter
from helpdesk_core.visibility.scopes import Scope

Question = tuple[sa.Select[Any], Mapping[str, Any]]


def page(
    statements: Statements,
    scope: Scope,
    query: TicketFilter,
    after: Position | None,
    limit: int | None,
    newest_first: bool,
) -> Question:
    """The tickets themselves; the caller puts them into their order once more."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        reach = Reach(statements.tables, shape)
        asked = sa.and_(reach.clause(), filter_clause(statements.tables, query))
        found = ordered(statements.tables, asked, after, limit, newest_first)
        if reach.is_walked and _asks_no_index(query):
            return found.add_columns(*statements.lists_of(statements.tables.tickets))
        return whole_rows(statements, found)

    key = ("page", shape, query, after is None, limit, newest_first)
    return statements.remembered(key, build), values | after_place(after)


def ordered(
    tables: Tables,
    asked: sa.ColumnElement[bool],
    after: Position | None,
    limit: int | None,
    newest_first: bool,
) -> sa.Select[Any]:
    """Rows of the tickets of which this is true, in order, after a place that is a parameter."""
    tickets = tables.tickets
    found, place = sa.select(tickets).where(asked), (tickets.c.created_at, tickets.c.id)
    if after is not None:
        here = sa.tuple_(*place)
        mark = sa.tuple_(*(sa.bindparam(f"after_{c.name}", type_=c.type) for c in place))
        found = found.where(here < mark if newest_first else here > mark)
    found = found.order_by(*(c.desc() if newest_first else c.asc() for c in place))
    if limit is not None:  # as a number, since a database plans for it
        found = found.limit(sa.literal_column(str(int(limit)), sa.Integer()))
    return found


def inactive(
    statements: Statements, scope: Scope, query: TicketFilter, since: datetime, limit: int | None
) -> Question:
    """Of the tickets that are asked for, those of which nothing was recorded since (G13)."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        tables = statements.tables
        tickets, events = tables.tickets, tables.events.c
        moment = sa.bindparam("since", type_=events.at.type)
        own = sa.select(events.at).where(events.ticket_id == tickets.c.id)
        latest = own.order_by(events.sequence.desc()).limit(sa.literal_column("1"))
        # In this order, and by no other index than that of the stages, few of whose tickets may be
        # open; the latest event alone tells of most, and is a step of its index away.
        rests = sa.case(
            (tickets.c.created_at > moment, sa.false()),
            (latest.scalar_subquery() > moment, sa.false()),
            else_=~own.where(events.at > moment).exists(),
        )
        asked = sa.and_(Reach(tables, shape).clause(), filter_clause(tables, query), rests)
        # By itself, or PostgreSQL would rather walk all tickets in the order of the page.
        found = sa.select(tickets).where(asked).cte("found")
        found = found.prefix_with("MATERIALIZED", dialect="postgresql")
        first = sa.select(found).order_by(found.c.created_at, found.c.id)
        if limit is not None:
            first = first.limit(sa.literal_column(str(limit), sa.Integer()))
        return whole_rows(statements, first)

    key = ("inactive", shape, query, limit)
    return statements.remembered(key, build), values | {"since": since}


def whole_rows(statements: Statements, found: sa.Select[Any]) -> sa.Select[Any]:
    """What was found, with what hangs on these tickets alone."""
    rows = found.subquery("page")
    return sa.select(*rows.c, *statements.lists_of(rows))


def after_place(after: Position | None) -> dict[str, Any]:
    """The place as parameters."""
    if after is None:
        return {}
    return {"after_created_at": after.created_at, "after_id": after.id}


def count(statements: Statements, scope: Scope, query: TicketFilter) -> Question:
    """How many they are, in one row."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        counts = [
            part.with_only_columns(number).scalar_subquery()
            for part, number in _parts(statements, shape, query)
        ]
        return sa.select(functools.reduce(operator.add, counts))

    return statements.remembered(("count", shape, query), build), values


def count_by_stage(statements: Statements, scope: Scope, query: TicketFilter) -> Question:
    """How many they are in each stage; a stage may come twice, and none is no ticket."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        parts = [part.subquery() for part, _ in _parts(statements, shape, query)]
        counts = [
            sa.select(rows.c.stage_id, sa.func.count().label("number")).group_by(rows.c.stage_id)
            for rows in parts
        ]
        if len(counts) == 1:
            return counts[0]
        return sa.select(sa.union_all(*counts).subquery())

    return statements.remembered(("count_by_stage", shape, query), build), values


def _parts(
    statements: Statements, shape: Scope, query: TicketFilter
) -> list[tuple[sa.Select[Any], sa.ColumnElement[int]]]:
    """The stages of the tickets, in parts that have no ticket in common, and how to count each.

    Whole teams are counted by an index alone; then come the tickets that the user may see by
    themselves, one by one, however many others there are. NULL is one that is not asked for.
    """
    tickets, reach = statements.tables.tickets, Reach(statements.tables, shape)
    stages = sa.select(tickets.c.stage_id).select_from(tickets)
    stages = stages.where(filter_clause(statements.tables, query))
    at_once, each = statements.postgresql, sa.func.count()
    if not reach.names_tickets or _is_narrow(query):
        return [(stages.where(reach.clause()), each)]
    parts: list[tuple[sa.Select[Any], sa.ColumnElement[int]]] = []
    if reach.has_whole_teams:
        parts.append((stages.where(reach.whole(at_once=at_once)), each))
    ids = reach.candidates()
    # A value, not a join: databases that guess badly would rather read all tickets than these.
    named = stages.where(tickets.c.id == ids.c.id, reach.named(at_once=at_once))
    stage = named.scalar_subquery()
    parts.append((sa.select(stage.label("stage_id")).select_from(ids), sa.func.count(stage)))
    return parts


def _asks_no_index(query: TicketFilter) -> bool:
    """Whether a walk in the order of the page is all that is left to a database.

    Then nothing is sorted, and what hangs on a ticket may be looked up on the way; SQLite would
    look it up for each ticket that it sorts.
    """
    return not query.merged and query == TicketFilter(priority=query.priority, merged=query.merged)


def _is_narrow(query: TicketFilter) -> bool:
    """Whether few tickets are asked for, which are better looked at than counted."""
    few = (query.assignee_id, query.customer_id, query.tag)
    return any(asked is not None for asked in few)
