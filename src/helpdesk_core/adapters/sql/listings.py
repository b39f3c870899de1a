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

import attrs
import sqlalchemy as sa
from sqlalchemy.sql.expression import UnaryExpression
from sqlalchemy.sql.operators import custom_op

from helpdesk_core.adapters.sql.scopes import Reach, apart, filter_clause, places
from helpdesk_core.adapters.sql.statements import Statements, counted_columns
from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.ports import Position, Ranked, TicketFilter
from helpdesk_core.visibility.scopes import Scope

#: Who may see so many tickets is shown a page by a walk to it; for fewer it may be a long way.
_MANY = 200

Question = tuple[sa.Select[Any], Mapping[str, Any]]


#: The columns by which a list goes, and those by which a board's column goes (G12).
IN_TIME = ("created_at", "id")
IN_COLUMN = ("rank", "id")


def page(
    statements: Statements,
    scope: Scope,
    query: TicketFilter,
    after: Position | Ranked | None,
    limit: int | None,
    newest_first: bool,
    order: tuple[str, str] = IN_TIME,
    *,
    few: bool = False,
) -> Question:
    """The tickets themselves; the caller puts them into their order once more.

    `few`: as many as may be inside are looked up and sorted, and no way is walked to them.
    """
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        tables, reach = statements.tables, Reach(statements.tables, shape)
        walked = reach.is_walked and _is_walk(query, order)
        wanted = _on_the_way(statements, query) if walked else filter_clause(tables, query)
        inside = reach.by_id() if few else reach.clause()
        found = ordered(tables, sa.and_(inside, wanted), after, limit, newest_first, order)
        if walked and not few:
            return found.add_columns(*statements.lists_of(tables.tickets))
        return whole_rows(statements, found)

    key = ("page", shape, query, after is None, limit, newest_first, order, few)
    return statements.remembered(key, build), values | after_place(after)


def many(
    statements: Statements,
    scope: Scope,
    query: TicketFilter,
    limit: int | None,
    order: tuple[str, str] = IN_TIME,
) -> Question | None:
    """What to ask before a page that may be walked: no row means few. None: it does not matter.

    On PostgreSQL not every session sees one state, and what were few may be many a moment later.
    """
    if statements.postgresql or limit is None or not _is_walk(query, order):
        return None
    shape, values = apart(scope, statements.tables.id_type)
    reach = Reach(statements.tables, shape)
    if not (reach.is_walked and reach.names_tickets):
        return None
    return statements.remembered(("many", shape, _MANY), lambda: reach.are_many(_MANY)), values


def ordered(
    tables: Tables,
    asked: sa.ColumnElement[bool],
    after: Position | Ranked | None,
    limit: int | None,
    newest_first: bool,
    order: tuple[str, str] = IN_TIME,
) -> sa.Select[Any]:
    """Rows of the tickets of which this is true, in order, after a place that is a parameter."""
    tickets = tables.tickets
    found, place = sa.select(tickets).where(asked), tuple(tickets.c[name] for name in order)
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


def after_place(after: Position | Ranked | None) -> dict[str, Any]:
    """The place as parameters."""
    if after is None:
        return {}
    return {f"after_{name}": value for name, value in attrs.asdict(after).items()}


def count(statements: Statements, scope: Scope, query: TicketFilter) -> Question:
    """How many they are, in one row."""
    shape, values = apart(scope, statements.tables.id_type)

    def build() -> sa.Select[Any]:
        whole, named = _parts(statements, shape, query)
        counts = [] if whole is None else [_number(statements, whole, query)]
        if named is not None:
            stage = named.value(statements.tables.tickets.c.stage_id)
            counts.append(sa.select(sa.func.count(stage)).select_from(named.ids))
        return sa.select(
            functools.reduce(operator.add, (each.scalar_subquery() for each in counts))
        )

    return statements.remembered(("count", shape, query), build), values


def figures(statements: Statements, scope: Scope, query: TicketFilter) -> list[Question]:
    """How many they are by team and stage, in one question or two.

    Rows of the first are as `Figures`. Those of the second are the team, the stage, whether nobody
    has it and whether it waits, as a JSON array, and how many tickets are so: NULL is none.
    """
    shape, values = apart(scope, statements.tables.id_type)

    def of_teams() -> sa.Select[Any]:
        whole, _ = _parts(statements, shape, query)
        t = statements.tables
        if whole is None:
            return sa.select(t.stage_counts).where(sa.false())
        if _is_kept(query):
            return sa.select(t.stage_counts).where(whole)
        place = t.tickets.c.team_id, t.tickets.c.stage_id
        return sa.select(*place, *counted_columns(t)).where(whole).group_by(*place)

    def of_named() -> sa.Select[Any]:
        _, named = _parts(statements, shape, query)
        assert named is not None
        t = statements.tables.tickets.c
        values = t.team_id, t.stage_id, t.assignee_id.is_(None), t.waiting
        place = named.value(statements.listed(*values)).label("place")
        return sa.select(place, sa.func.count()).select_from(named.ids).group_by(place)

    asked: list[Question] = [(statements.remembered(("figures", shape, query), of_teams), values)]
    if _names_tickets(statements, shape, query):
        asked.append((statements.remembered(("figures named", shape, query), of_named), values))
    return asked


@attrs.frozen
class _Named:
    """Tickets that the user may see by themselves, looked up one by one."""

    ids: sa.Subquery
    asked: sa.ColumnElement[bool]

    def value(self, of: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        """Something of the ticket; NULL is one that is not asked for.

        A value, not a join: databases that guess badly would rather read all tickets than these.
        """
        return sa.select(of).where(self.asked).scalar_subquery()


def _parts(
    statements: Statements, shape: Scope, query: TicketFilter
) -> tuple[sa.ColumnElement[bool] | None, _Named | None]:
    """The tickets in two parts that have none in common.

    Of whole teams, counts are kept, or taken of the rows for which the first part is true; then
    come the tickets that the user may see by themselves, however many others there are.
    """
    t, at_once = statements.tables, statements.postgresql
    reach = Reach(t, shape)
    named: _Named | None = None
    if _names_tickets(statements, shape, query):
        ids, asked = reach.candidates(), filter_clause(t, query) & reach.named(at_once=at_once)
        named = _Named(ids, asked & (t.tickets.c.id == ids.c.id))
        if not reach.has_whole_teams:
            return None, named
    if _is_kept(query):
        kept = t.stage_counts
        there = reach.whole(at_once=at_once, of=kept.c.team_id)
        return sa.and_(there, *places(t, query, kept)), named
    there = reach.clause() if named is None else reach.whole(at_once=at_once)
    return filter_clause(t, query) & there, named


def _names_tickets(statements: Statements, shape: Scope, query: TicketFilter) -> bool:
    """Whether tickets are looked up one by one; few that are asked for are looked at anyway."""
    return Reach(statements.tables, shape).names_tickets and not _is_narrow(query)


def _number(
    statements: Statements, whole: sa.ColumnElement[bool], query: TicketFilter
) -> sa.Select[Any]:
    t = statements.tables
    if _is_kept(query):
        kept = t.stage_counts.c.tickets
        return sa.select(sa.func.coalesce(sa.func.sum(kept), 0)).where(whole)
    return sa.select(sa.func.count()).select_from(t.tickets).where(whole)


def _is_kept(query: TicketFilter) -> bool:
    """Whether the figures of teams and stages, which are kept, answer it (T2)."""
    return query == TicketFilter(
        team_ids=query.team_ids, stage_ids=query.stage_ids, closed=query.closed
    )


def _is_walk(query: TicketFilter, order: tuple[str, str]) -> bool:
    """Whether a walk in the order of the page is all that is left to a database.

    Then nothing is sorted, and what hangs on a ticket may be looked up on the way; SQLite would
    look it up for each ticket that it sorts. A board's column has an index of its own.
    """
    if order == IN_COLUMN:
        return not query.merged and not _is_narrow(query)
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
