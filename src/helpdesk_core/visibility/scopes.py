"""The tickets that somebody may see, as a small frozen expression (V13).

`visibility.scope_for` makes one for a user; a repository translates it into a query, asks `matches`
for each ticket, or asks `select` for many at once.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import attrs

from helpdesk_core.entities import Id, Team, Ticket, Visibility

#: What is left to ask of a ticket once its team is known: True and False ask nothing any more.
Test = bool | Callable[[Ticket], bool]


class Scope(Protocol):
    """The tickets that somebody may see, as a filter over tickets and their teams (V13)."""

    def in_team(self, team: Team) -> Test:
        """What decides on the tickets of this team: the team alone, or a test of each ticket."""
        ...

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether this ticket of this team is inside."""
        ...


class _Matching(ABC):
    """`matches` by `in_team`: the rule of each kind of scope is written once."""

    __slots__ = ()

    @abstractmethod
    def in_team(self, team: Team) -> Test: ...

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether this ticket of this team is inside."""
        test = self.in_team(team)
        return test if isinstance(test, bool) else test(ticket)


@attrs.frozen
class Everything(_Matching):
    """All tickets: for administrators (V11) and for the system itself."""

    def in_team(self, team: Team) -> Test:
        """Always, but for a team whose level is none that is known (V17)."""
        return isinstance(team.visibility, Visibility)


@attrs.frozen
class Nothing(_Matching):
    """No ticket: for contacts, inactive users and unknown kinds (V4, V17)."""

    def in_team(self, team: Team) -> Test:
        """Never."""
        return False


@attrs.frozen
class LevelIn(_Matching):
    """Tickets of teams with one of these levels."""

    levels: frozenset[Visibility]

    def in_team(self, team: Team) -> Test:
        """Whether the team has one of the levels."""
        return team.visibility in self.levels


@attrs.frozen
class CompanyIs(_Matching):
    """Tickets of this company's teams, and of teams without a company (T1)."""

    company: str

    def in_team(self, team: Team) -> Test:
        """Whether the team is of the company, or of none."""
        return team.company in ("", self.company)


@attrs.frozen
class FollowsTicket(_Matching):
    """Tickets that this user follows."""

    user_id: Id

    def in_team(self, team: Team) -> Test:
        """Whether the user follows the ticket itself."""
        user_id = self.user_id
        return lambda ticket: user_id in ticket.followers


@attrs.frozen
class FollowsTeam(_Matching):
    """Tickets of teams that this user follows."""

    user_id: Id

    def in_team(self, team: Team) -> Test:
        """Whether the user follows the team."""
        return self.user_id in team.followers


@attrs.frozen
class AssignedTo(_Matching):
    """Tickets that this user has."""

    user_id: Id

    def in_team(self, team: Team) -> Test:
        """Whether the ticket is assigned to the user."""
        user_id = self.user_id
        return lambda ticket: ticket.assignee_id == user_id


@attrs.frozen
class AnyOf(_Matching):
    """Tickets inside at least one of the parts."""

    parts: tuple[Scope, ...]

    def in_team(self, team: Team) -> Test:
        """Whether one part matches."""
        return _joined(self.parts, team, decides=True)


@attrs.frozen
class AllOf(_Matching):
    """Tickets inside every part."""

    parts: tuple[Scope, ...]

    def in_team(self, team: Team) -> Test:
        """Whether every part matches."""
        return _joined(self.parts, team, decides=False)


def _joined(parts: Iterable[Scope], team: Team, *, decides: bool) -> Test:
    """One part that gives `decides` settles the whole; parts that give the other do not matter."""
    tests: list[Callable[[Ticket], bool]] = []
    for part in parts:
        test = part.in_team(team)
        if test is decides:
            return decides
        if not isinstance(test, bool):
            tests.append(test)
    if not tests:
        return not decides
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        if decides:
            return lambda ticket: first(ticket) or second(ticket)
        return lambda ticket: first(ticket) and second(ticket)
    together = any if decides else all
    return lambda ticket: together(test(ticket) for test in tests)


def select(scope: Scope, tickets: Iterable[Ticket], teams: Mapping[Id, Team]) -> list[Ticket]:
    """The tickets inside the scope, in the order given: what `matches` says, asked once a team.

    >>> from datetime import datetime, UTC
    >>> team = Team(id="it", name="IT", visibility=Visibility.PRIVATE)
    >>> tickets = [Ticket(id=n, team_id="it", stage_id="new", subject="Ink", assignee_id=who,
    ...                   created_at=datetime(2026, 1, 5, tzinfo=UTC))
    ...            for n, who in enumerate(["ada", "bob"])]
    >>> [ticket.id for ticket in select(AssignedTo("bob"), tickets, {"it": team})]
    [1]
    """
    tests = {id: scope.in_team(team) for id, team in teams.items()}
    asked = {id: test for id, test in tests.items() if not isinstance(test, bool)}
    whole = {id for id, test in tests.items() if test is True}
    return [
        ticket
        for ticket in tickets
        if (id := ticket.team_id) in whole or (id in asked and asked[id](ticket))
    ]
