"""Lists and counts of tickets: what is asked for, by whom it may be seen, and in which order (V13).

Each kind of question is built once, and asked again with other ids. A page is found first, and what
hangs on its tickets is looked up for these alone.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.scopes import Reach, apart, filter_clause
from helpdesk_core.adapters.sql.statements import Statements
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
    """The tickets themselves."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        tickets, reach = statements.tables.tickets, Reach(statements.tables, shape)
        found = sa.select(tickets).where(reach.clause(), filter_clause(statements.tables, query))
        if after is not None:
            place = tickets.c.created_at, tickets.c.id
            here = sa.tuple_(*place)
            mark = sa.tuple_(*(sa.bindparam(f"after_{c.name}", type_=c.type) for c in place))
            found = found.where(here < mark if newest_first else here > mark)
        found = found.order_by(*_order(tickets, newest_first))
        if limit is not None:  # as a number, since a database plans for it
            found = found.limit(sa.literal_column(str(int(limit)), sa.Integer()))
        rows = found.subquery("page")
        return statements.full_tickets(rows).order_by(*_order(rows, newest_first))

    parameters: dict[str, Any] = {**values}
    if after is not None:
        parameters |= {"after_created_at": after.created_at, "after_id": after.id}
    key = ("page", shape, query, after is None, limit, newest_first)
    return statements.remembered(key, build), parameters


def _order(rows: sa.FromClause, newest_first: bool) -> list[sa.ColumnElement[Any]]:
    place = rows.c.created_at, rows.c.id
    return [column.desc() if newest_first else column.asc() for column in place]


def count(statements: Statements, scope: Scope, query: TicketFilter) -> Question:
    """How many they are, in one row."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        counts = [
            sa.select(sa.func.count(rows.c.stage_id)).scalar_subquery()
            for rows in _parts(statements, shape, query)
        ]
        return sa.select(functools.reduce(operator.add, counts))

    return statements.remembered(("count", shape, query), build), values


def count_by_stage(statements: Statements, scope: Scope, query: TicketFilter) -> Question:
    """How many they are in each stage; a stage may come twice, and none is no ticket."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        counts = [
            sa.select(rows.c.stage_id, sa.func.count().label("number")).group_by(rows.c.stage_id)
            for rows in _parts(statements, shape, query)
        ]
        if len(counts) == 1:
            return counts[0]
        return sa.select(sa.union_all(*counts).subquery())

    return statements.remembered(("count_by_stage", shape, query), build), values


def _parts(statements: Statements, shape: Scope, query: TicketFilter) -> list[sa.Subquery]:
    """The stages of the tickets, in parts that have no ticket in common.

    Whole teams are counted by an index alone; then come the tickets that the user may see by
    themselves, one by one, however many others there are. NULL is one that is not asked for.
    """
    tickets, reach = statements.tables.tickets, Reach(statements.tables, shape)
    asked, stages = filter_clause(statements.tables, query), sa.select(tickets.c.stage_id)
    if not reach.names_tickets or _is_narrow(query):
        return [stages.where(reach.clause(), asked).subquery()]
    parts = []
    if reach.has_whole_teams:
        whole = reach.whole(at_once=statements.postgresql)
        parts.append(stages.where(whole, asked).subquery())
    ids = reach.candidates()
    # A value, not a join: databases that guess badly would rather read all tickets than these.
    stage = stages.where(tickets.c.id == ids.c.id, reach.named(), asked).scalar_subquery()
    parts.append(sa.select(stage.label("stage_id")).select_from(ids).subquery())
    return parts


def _is_narrow(query: TicketFilter) -> bool:
    """Whether few tickets are asked for, which are better looked at than counted."""
    few = (query.assignee_id, query.customer_id, query.tag)
    return any(asked is not None for asked in few)
