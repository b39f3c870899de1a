"""Who may see what, and what is asked for, as WHERE clauses (V13).

The same rule as `Scope.matches` and `TicketFilter.matches`, in SQL. Ids of another type than the
installation's name nothing here, so they match nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from helpdesk_core.adapters.sql.tables import Tables
from helpdesk_core.adapters.sql.types import is_id, known_ids
from helpdesk_core.entities import Id, Visibility
from helpdesk_core.errors import RepositoryError
from helpdesk_core.ports import TicketFilter
from helpdesk_core.visibility.scopes import (
    AllOf,
    AnyOf,
    AssignedTo,
    CompanyIs,
    Everything,
    FollowsTeam,
    FollowsTicket,
    LevelIn,
    Nothing,
    Scope,
)

Clause = sa.ColumnElement[bool]


def scope_clause(tables: Tables, scope: Scope) -> Clause:
    """The tickets inside the scope; a scope that is not known is refused, never taken for all.

    >>> from helpdesk_core.adapters.sql.tables import tables_for
    >>> print(scope_clause(tables_for(str, ""), Nothing()))
    false
    """
    tickets, teams = tables.tickets.c, tables.teams.c
    match scope:
        case Everything():
            return sa.true()
        case Nothing():
            return sa.false()
        case LevelIn(levels=levels):
            known = sorted((v for v in levels if isinstance(v, Visibility)), key=lambda v: v.value)
            return tickets.team_id.in_(sa.select(teams.id).where(teams.visibility.in_(known)))
        case CompanyIs(company=company):
            own = sa.select(teams.id).where(teams.company.in_(["", company]))
            return tickets.team_id.in_(own)
        case FollowsTicket(user_id=user_id):
            follows = tables.ticket_follows.c
            return _of_user(tables, tickets.id, follows.ticket_id, follows.user_id, user_id)
        case FollowsTeam(user_id=user_id):
            follows = tables.team_follows.c
            return _of_user(tables, tickets.team_id, follows.team_id, follows.user_id, user_id)
        case AssignedTo(user_id=user_id):
            return _equals(tables, tickets.assignee_id, user_id)
        case AnyOf(parts=parts):
            return sa.or_(sa.false(), *(scope_clause(tables, part) for part in parts))
        case AllOf(parts=parts):
            return sa.and_(sa.true(), *(scope_clause(tables, part) for part in parts))
    raise RepositoryError(f"a scope of type {type(scope).__name__} cannot be asked for in SQL")


def filter_clause(tables: Tables, query: TicketFilter) -> Clause:
    """The tickets that the query asks for.

    >>> from helpdesk_core.adapters.sql.tables import tables_for
    >>> print(filter_clause(tables_for(str, ""), TicketFilter()))
    tickets.merged_into IS NULL
    """
    tickets, stages, tags = tables.tickets.c, tables.stages.c, tables.ticket_tags.c
    clauses: list[Clause] = []
    if query.team_ids is not None:
        clauses.append(tickets.team_id.in_(_known(tables, query.team_ids)))
    if query.stage_ids is not None:
        clauses.append(tickets.stage_id.in_(_known(tables, query.stage_ids)))
    if query.assignee_id is not None:
        clauses.append(_equals(tables, tickets.assignee_id, query.assignee_id))
    if query.unassigned is not None:
        clauses.append(_is_null(tickets.assignee_id, query.unassigned))
    if query.customer_id is not None:
        clauses.append(_equals(tables, tickets.customer_id, query.customer_id))
    if query.priority is not None:
        clauses.append(tickets.priority == query.priority)
    if query.tag is not None:
        clauses.append(tickets.id.in_(sa.select(tags.ticket_id).where(tags.tag == query.tag)))
    if query.waiting is not None:
        clauses.append(tickets.waiting == sa.literal(query.waiting))
    if query.closed is not None:
        folded = sa.select(stages.id).where(stages.folded == sa.literal(query.closed))
        clauses += (tickets.merged_into.is_(None), tickets.stage_id.in_(folded))
    if query.merged is not None:
        clauses.append(_is_null(tickets.merged_into, not query.merged))
    return sa.and_(sa.true(), *clauses)


def _known(tables: Tables, ids: Iterable[Id]) -> list[Id]:
    # In one order, so that the database may know the statement again.
    return sorted(known_ids(ids, tables.id_type), key=str)


def _equals(tables: Tables, column: sa.Column[Any], id: Id) -> Clause:
    return column == id if is_id(id, tables.id_type) else sa.false()


def _is_null(column: sa.Column[Any], yes: bool) -> Clause:
    return column.is_(None) if yes else column.is_not(None)


def _of_user(
    tables: Tables,
    column: sa.Column[Any],
    followed: sa.Column[Any],
    user: sa.Column[Any],
    user_id: Id,
) -> Clause:
    if not is_id(user_id, tables.id_type):
        return sa.false()
    return column.in_(sa.select(followed).where(user == user_id))
