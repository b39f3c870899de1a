"""Who may see what, and what is asked for, as WHERE clauses (V13).

The same rule as `Scope.matches` and `TicketFilter.matches`, in SQL. Ids of another type than the
installation's name nothing here, so they match nothing.

A scope is taken apart into what the team alone decides (*whole* teams) and what is asked of the
ticket in some teams (*named* tickets). Databases are good at either and bad at an OR of both, so a
listing and a count put the two together in different ways.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import attrs
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


@attrs.frozen
class Who:
    """Stands for an id in a scope: the same question is asked for another user (see `apart`)."""

    name: str


def apart(scope: Scope, id_type: type) -> tuple[Scope, dict[str, Id]]:
    """The scope with names in place of ids, and the ids by these names.

    >>> apart(AnyOf((FollowsTeam("ada"), AssignedTo("ada"), AssignedTo(7))), str)[1]
    {'who_0': 'ada'}
    """
    names: dict[Id, str] = {}

    def of(part: Scope) -> Scope:
        match part:
            case AnyOf(parts=parts) | AllOf(parts=parts):
                return type(part)(tuple(map(of, parts)))
            case FollowsTicket(user_id=id) | FollowsTeam(user_id=id) | AssignedTo(user_id=id):
                if not is_id(id, id_type):
                    return Nothing()
                return type(part)(Who(names.setdefault(id, f"who_{len(names)}")))  # type: ignore[arg-type]
            case LevelIn() | CompanyIs() | Everything() | Nothing():
                return part
        raise _unknown(part)

    shape = of(scope)
    return shape, {name: id for id, name in names.items()}


# --- what a scope comes to -----------------------------------------------------------------------

_OfTicket = FollowsTicket | AssignedTo


class _Way(NamedTuple):
    """One way into a scope: all of these of the team, and all of these of the ticket."""

    teams: tuple[Scope, ...] = ()
    named: tuple[_OfTicket, ...] = ()


def _ways(scope: Scope) -> list[_Way]:
    match scope:
        case FollowsTicket() | AssignedTo():
            return [_Way(named=(scope,))]
        case LevelIn() | CompanyIs() | FollowsTeam():
            return [_Way(teams=(scope,))]
        case Everything():
            return [_Way()]
        case Nothing():
            return []
        case AnyOf(parts=parts):
            return [way for part in parts for way in _ways(part)]
        case AllOf(parts=parts):
            return [
                _Way(
                    tuple(test for way in ways for test in way.teams),
                    tuple(test for way in ways for test in way.named),
                )
                for ways in itertools.product(*map(_ways, parts))
            ]
    raise _unknown(scope)


def _unknown(scope: Scope) -> RepositoryError:
    # Refused, never taken for all.
    return RepositoryError(f"a scope of type {type(scope).__name__} cannot be asked for in SQL")


class Reach:
    """How far a scope reaches: whole teams, and named tickets in other teams.

    >>> from helpdesk_core.adapters.sql.tables import tables_for
    >>> print(Reach(tables_for(str, ""), Nothing()).clause())
    false
    """

    def __init__(self, tables: Tables, scope: Scope) -> None:
        self._tables = tables
        ways = _ways(scope)
        self._of_whole = [way.teams for way in ways if not way.named]
        self.everything = () in self._of_whole
        self._named: dict[tuple[Scope, ...], list[tuple[_OfTicket, ...]]] = {}
        for way in ways:
            if way.named and not self.everything:
                self._named.setdefault(way.teams, []).append(way.named)
        # When only one thing is asked beside the team, it holds for every candidate.
        tests = [tests for named in self._named.values() for tests in named]
        self._held = len(self._named) == 1 and all(len(test) == 1 for test in tests)

    @functools.cached_property
    def _whole(self) -> Clause | None:
        """The condition of the teams that are inside as a whole; None: there can be none.

        Put together only for who uses it: most of what is asked of a scope takes no SQL.
        """
        return sa.or_(*map(self._of_team, self._of_whole)) if self._of_whole else None

    @property
    def is_walked(self) -> bool:
        """Whether no index leads to the tickets inside: each is looked at."""
        return self.everything or (bool(self._named) and self.has_whole_teams)

    @property
    def names_tickets(self) -> bool:
        """Whether single tickets are inside of teams that are not."""
        return bool(self._named)

    @property
    def has_whole_teams(self) -> bool:
        """Whether there may be teams that are inside as a whole."""
        return bool(self._of_whole)

    def clause(self) -> Clause:
        """The tickets inside, to be looked at one by one, or begun with those that are named."""
        if self.everything:
            return sa.true()
        if not self._named:
            return self.whole()
        if self._whole is None:
            candidates = sa.select(self.candidates().c.id)
            inside = self._named_in(self._one_by_one, held=self._held)
            return sa.and_(self._tables.tickets.c.id.in_(candidates), inside)
        return sa.or_(self.whole(), self._named_in(self._one_by_one, held=False))

    def whole(self, *, at_once: bool = False, of: sa.Column[Any] | None = None) -> Clause:
        """The tickets of the teams that are inside as a whole; or what is `of` these teams.

        `at_once`, for PostgreSQL: the teams are looked up before any ticket, and then an index
        gives their tickets, whatever it thinks of how many there are.
        """
        if self.everything:
            return sa.true()
        return sa.false() if self._whole is None else self._in_teams(self._whole, at_once, of)

    def named(self, *, at_once: bool = False) -> Clause:
        """Of the candidates those that are inside, and not with their whole team."""

        def in_other_teams(team: Clause) -> Clause:
            other = team if self._whole is None else team & ~self._whole
            return self._in_teams(other, at_once)

        return self._named_in(in_other_teams, held=self._held)

    def candidates(self) -> sa.Subquery:
        """The ids of all tickets that may be inside by themselves."""
        ids = [*map(self._ids, self._asked())]
        return (ids[0].distinct() if len(ids) == 1 else sa.union(*ids)).subquery("named")

    def _asked(self) -> Iterable[_OfTicket]:
        """What is asked of single tickets, once each: who may be inside is so by one of these."""
        return dict.fromkeys(tests[0] for named in self._named.values() for tests in named)

    def are_many(self, number: int) -> sa.Select[Any]:
        """A row when so many tickets may be inside, or more; no more than that are counted.

        One that may be inside for two reasons counts twice.
        """
        one: sa.Label[Any] = sa.literal_column("1").label("one")
        counted = [
            ids.with_only_columns(one, maintain_column_froms=True) for ids in self._maybe_inside()
        ]
        every = sa.union_all(*counted).subquery("counted")
        place = sa.literal_column(str(number - 1), sa.Integer())
        return sa.select(every.c.one).limit(sa.literal_column("1", sa.Integer())).offset(place)

    def by_id(self) -> Clause:
        """The tickets inside, begun with the ids of all that may be."""
        ids = sa.union_all(*self._maybe_inside()).subquery("few")
        return sa.and_(self._tables.tickets.c.id.in_(sa.select(ids.c.id)), self.clause())

    def _maybe_inside(self) -> list[sa.Select[Any]]:
        """The ids of what is in whole teams, and of what may be inside by itself."""
        inside = sa.select(self._tables.tickets.c.id).where(self.whole()).correlate(None)
        return [inside, *map(self._ids, self._asked())]

    def _named_in(self, in_teams: Callable[[Clause], Clause], *, held: bool) -> Clause:
        clauses = []
        for tests, named in self._named.items():
            there = in_teams(self._of_team(tests))
            anyone = sa.or_(*(sa.and_(*map(self._holds, these)) for these in named))
            clauses.append(there if held else anyone & there)
        return sa.or_(*clauses)

    def _in_teams(self, team: Clause, at_once: bool, of: sa.Column[Any] | None = None) -> Clause:
        team_id, id = self._tables.tickets.c.team_id if of is None else of, self._tables.teams.c.id
        teams = sa.select(id).where(team)
        if not at_once:
            return team_id.in_(teams)
        return team_id == sa.any_(sa.func.array(teams.scalar_subquery(), type_=sa.ARRAY(id.type)))

    def _one_by_one(self, team: Clause) -> Clause:
        # Not by IN, or SQLite begins with all tickets of these teams.
        return sa.exists().where(self._tables.teams.c.id == self._tables.tickets.c.team_id, team)

    def _of_team(self, tests: Iterable[Scope]) -> Clause:
        teams, follows = self._tables.teams.c, self._tables.team_follows.c
        clauses: list[Clause] = []
        for test in tests:
            match test:
                case LevelIn(levels=levels):
                    known = sorted(v.value for v in levels if isinstance(v, Visibility))
                    texts: list[Any] = [sa.literal_column(f"'{value}'") for value in known]
                    clauses.append(sa.type_coerce(teams.visibility, sa.String).in_(texts))
                case CompanyIs(company=company):
                    clauses.append(sa.or_(teams.company == "", teams.company == company))
                case FollowsTeam(user_id=who):
                    mine = sa.select(follows.team_id).where(_is(follows.user_id, who))
                    clauses.append(teams.id.in_(mine))
        return sa.and_(sa.true(), *clauses)

    def _holds(self, test: _OfTicket) -> Clause:
        tickets, follows = self._tables.tickets.c, self._tables.ticket_follows.c
        if isinstance(test, AssignedTo):
            return _is(tickets.assignee_id, test.user_id)
        mine = _is(follows.user_id, test.user_id)
        # 1, not *: so the index by user has all that is asked, and what one follows lies together.
        one: sa.Select[Any] = sa.select(sa.literal_column("1"))
        return one.where(follows.ticket_id == tickets.id, mine).exists()

    def _ids(self, test: _OfTicket) -> sa.Select[Any]:
        follows, assigned = self._tables.ticket_follows.c, self._tables.tickets.alias("assigned").c
        if isinstance(test, AssignedTo):
            return sa.select(assigned.id).where(_is(assigned.assignee_id, test.user_id))
        return sa.select(follows.ticket_id.label("id")).where(_is(follows.user_id, test.user_id))


def _is(column: sa.Column[Any], who: Any) -> Clause:
    return column == sa.bindparam(who.name, type_=column.type)


# --- what is asked for ---------------------------------------------------------------------------


def filter_clause(tables: Tables, query: TicketFilter) -> Clause:
    """The tickets that the query asks for.

    >>> from helpdesk_core.adapters.sql.tables import tables_for
    >>> print(filter_clause(tables_for(str, ""), TicketFilter()))
    tickets.merged_into IS NULL
    """
    tickets, tags = tables.tickets.c, tables.ticket_tags.c
    clauses = places(tables, query, tables.tickets)
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
        clauses.append(tickets.merged_into.is_(None))
    if query.merged is not None:
        clauses.append(_is_null(tickets.merged_into, not query.merged))
    return sa.and_(sa.true(), *clauses)


def places(tables: Tables, query: TicketFilter, rows: sa.Table) -> list[Clause]:
    """What the query asks of rows that are each of a team and a stage."""
    clauses: list[Clause] = []
    if query.team_ids is not None:
        clauses.append(_among(tables, rows.c.team_id, query.team_ids))
    if query.stage_ids is not None:
        clauses.append(_among(tables, rows.c.stage_id, query.stage_ids))
    if query.closed is not None:
        stages = tables.stages.c
        folded = sa.select(stages.id).where(stages.folded == sa.literal(query.closed))
        clauses.append(rows.c.stage_id.in_(folded))
    return clauses


def _known(tables: Tables, ids: Iterable[Id]) -> list[Id]:
    # In one order, so that the database may know the statement again.
    return sorted(known_ids(ids, tables.id_type), key=str)


def _among(tables: Tables, column: sa.Column[Any], ids: Iterable[Id]) -> Clause:
    known = _known(tables, ids)
    return column == known[0] if len(known) == 1 else column.in_(known)


def _equals(tables: Tables, column: sa.Column[Any], id: Id) -> Clause:
    return column == id if is_id(id, tables.id_type) else sa.false()


def _is_null(column: sa.Column[Any], yes: bool) -> Clause:
    return column.is_(None) if yes else column.is_not(None)
