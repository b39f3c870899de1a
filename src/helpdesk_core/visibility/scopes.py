"""The tickets that somebody may see, as a small frozen expression (V13).

`visibility.scope_for` makes one for a user; a repository translates it into a query, or asks
`matches` for each ticket.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from helpdesk_core.entities import Id, Team, Ticket, Visibility


class Scope(Protocol):
    """The tickets that somebody may see, as a filter over tickets and their teams (V13)."""

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether this ticket of this team is inside."""
        ...


@attrs.frozen
class Everything:
    """All tickets: for administrators (V11) and for the system itself."""

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Always."""
        return True


@attrs.frozen
class Nothing:
    """No ticket: for contacts, inactive users and unknown kinds (V4, V17)."""

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Never."""
        return False


@attrs.frozen
class LevelIn:
    """Tickets of teams with one of these levels."""

    levels: frozenset[Visibility]

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether the team has one of the levels."""
        return team.visibility in self.levels


@attrs.frozen
class CompanyIs:
    """Tickets of this company's teams, and of teams without a company (T1)."""

    company: str

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether the team is of the company, or of none."""
        return team.company in ("", self.company)


@attrs.frozen
class FollowsTicket:
    """Tickets that this user follows."""

    user_id: Id

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether the user follows the ticket itself."""
        return self.user_id in ticket.followers


@attrs.frozen
class FollowsTeam:
    """Tickets of teams that this user follows."""

    user_id: Id

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether the user follows the team."""
        return self.user_id in team.followers


@attrs.frozen
class AssignedTo:
    """Tickets that this user has."""

    user_id: Id

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether the ticket is assigned to the user."""
        return ticket.assignee_id == self.user_id


@attrs.frozen
class AnyOf:
    """Tickets inside at least one of the parts."""

    parts: tuple[Scope, ...]

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether one part matches."""
        return any(part.matches(ticket, team) for part in self.parts)


@attrs.frozen
class AllOf:
    """Tickets inside every part."""

    parts: tuple[Scope, ...]

    def matches(self, ticket: Ticket, team: Team) -> bool:
        """Whether every part matches."""
        return all(part.matches(ticket, team) for part in self.parts)
