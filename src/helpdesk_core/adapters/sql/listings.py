"""Lists and counts of tickets: what is asked for, by whom it may be seen, and in which order (V13).

Each kind of question is built once, and asked again with other ids. A page is found first, and what
hangs on its tickets is looked up for these alone.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Any

import attrs
import sqlalchemy as sa
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from helpdesk_core.adapters.sql.scopes import Reach, apart, filter_clause
from helpdesk_core.adapters.sql.statements import Statements
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.ports import Position, TicketFilter
from helpdesk_core.visibility.scopes import Scope

#: Who may see so many tickets is shown a page by a walk to it; for fewer it may be a long way.
_MANY = 200

Question = tuple[sa.Select[Any], Mapping[str, Any]]


def page(
    statements: Statements,
    scope: Scope,
    query: TicketFilter,
    after: Position | None,
    limit: int | None,
    newest_first: bool,
    *,
    few: bool = False,
) -> Question:
    """The tickets themselves; the caller puts them into their order once more.

    `few`: as many as may be inside are looked up and sorted, and no way is walked to them.
    """
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        tables, reach = statements.tables, Reach(statements.tables, shape)
        walked = reach.is_walked and _asks_no_index(query)
        wanted = _on_the_way(statements, query) if walked else filter_clause(tables, query)
        inside = reach.by_id() if few else reach.clause()
        found = ordered(tables, sa.and_(inside, wanted), after, limit, newest_first)
        if walked and not few:
            return found.add_columns(*statements.lists_of(tables.tickets))
        return whole_rows(statements, found)

    key = ("page", shape, query, after is None, limit, newest_first, few)
    return statements.remembered(key, build), values | after_place(after)


def many(
    statements: Statements, scope: Scope, query: TicketFilter, limit: int | None
) -> Question | None:
    """What to ask before a page that may be walked: no row means few. None: it does not matter.

    On PostgreSQL not every session sees one state, and what were few may be many a moment later.
    """
    if statements.postgresql or limit is None or not _asks_no_index(query):
        return None
    shape, values = apart(scope, statements.tables.id_type)
    reach = Reach(statements.tables, shape)
    if not (reach.is_walked and reach.names_tickets):
        return None
    return statements.remembered(("many", shape, _MANY), lambda: reach.are_many(_MANY)), values


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


def _on_the_way(statements: Statements, query: TicketFilter) -> sa.ColumnElement[bool]:
    """The same as `filter_clause`, to be asked of each ticket of a walk, and to begin nothing with.

    When SQLite has statistics, it takes tickets that stand for as few as those that were merged
    into one master, finds all of them by an index, and sorts them: 2 s of a million.
    """
    if statements.postgresql or query.merged is None:
        return filter_clause(statements.tables, query)
    rest = filter_clause(statements.tables, attrs.evolve(query, merged=None))
    plus: Any = UnaryExpression(statements.tables.tickets.c.merged_into, operator=custom_op("+"))
    return sa.and_(rest, plus.is_(None))


def _is_narrow(query: TicketFilter) -> bool:
    """Whether few tickets are asked for, which are better looked at than counted."""
    few = (query.assignee_id, query.customer_id, query.tag)
    return any(asked is not None for asked in few)
