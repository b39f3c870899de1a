"""Who loses access by a change of a team, and who is still told (V18)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import attrs

from helpdesk_core.entities import Id, Team, Ticket, User
from helpdesk_core.visibility.access import can_view, can_view_team


@attrs.frozen(kw_only=True)
class AccessLost:
    """Somebody who can view less of a team than before (V18).

    `ticket_ids` are the tickets that they lose; None stands for all of the team's, those to come
    too, except those in `kept`, to which they are invited one by one (V2, V10).
    """

    user_id: Id
    ticket_ids: tuple[Id, ...] | None
    kept: tuple[Id, ...] = ()


def access_lost(
    team: Team,
    after: Team,
    tickets: Sequence[Ticket],
    users: Iterable[User],
    *,
    company_scope: bool = False,
) -> tuple[AccessLost, ...]:
    """Which of these users can view less when the team becomes what it is `after` (V1-V4, V18).

    >>> from helpdesk_core import Team, User, UserKind, Visibility
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY)
    >>> ada = User(id="ada", name="Ada", kind=UserKind.INTERNAL)
    >>> access_lost(team, attrs.evolve(team, visibility=Visibility.PRIVATE), [], [ada])
    (AccessLost(user_id='ada', ticket_ids=None, kept=()),)
    """
    by_user = _invitations(tickets)
    lost = []
    for user in users:
        if _sees_all(user, after, company_scope):
            continue
        mine = by_user.get(user.id, ())
        if _sees_all(user, team, company_scope):
            kept = tuple(t.id for t in mine if _views(user, t, after, company_scope))
            lost.append(AccessLost(user_id=user.id, ticket_ids=None, kept=kept))
            continue
        seen = [t for t in mine if _views(user, t, team, company_scope)]
        ids = tuple(t.id for t in seen if not _views(user, t, after, company_scope))
        if ids:
            lost.append(AccessLost(user_id=user.id, ticket_ids=ids))
    return tuple(lost)


def notified(
    team: Team, tickets: Iterable[Ticket], users: Mapping[Id, User], gone: Collection[Id]
) -> tuple[tuple[Id, Id | None], ...]:
    """Who is told of updates of what, when those in `gone` follow no longer (V9, V20).

    Each entry is a user and the ticket, or the team, for all of its tickets, when it is None.

    >>> from helpdesk_core import FollowSource, Team, User, UserKind, Visibility
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY,
    ...             followers={"ada": {FollowSource.CHOSEN}})
    >>> notified(team, [], {"ada": User(id="ada", name="Ada", kind=UserKind.INTERNAL)}, ())
    (('ada', None),)
    """

    def told(ids: Iterable[Id | None]) -> list[Id]:
        known = (users.get(id) for id in dict.fromkeys(ids) if id is not None)
        return [user.id for user in known if user is not None and user.active]

    everywhere = dict.fromkeys(told(id for id in team.followers if id not in gone))
    found: list[tuple[Id, Id | None]] = [(id, None) for id in everywhere]
    for ticket in tickets:
        followers = (id for id in ticket.followers if id not in gone)
        found += (
            (id, ticket.id) for id in told([*followers, ticket.customer_id]) if id not in everywhere
        )
    return tuple(found)


def _sees_all(user: User, team: Team, company_scope: bool) -> bool:
    """Whether somebody sees every ticket of the team, and need not be invited to one (V1, V2)."""
    door = can_view_team(user, team, follows_a_ticket=False, company_scope=company_scope)
    return door.allowed


def _views(user: User, ticket: Ticket, team: Team, company_scope: bool) -> bool:
    return can_view(user, ticket, team, company_scope=company_scope).allowed


def _invitations(tickets: Iterable[Ticket]) -> Mapping[Id, list[Ticket]]:
    """The tickets that somebody follows or has, by user."""
    found: dict[Id, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        for user_id in {*ticket.followers, ticket.assignee_id}:
            if user_id is not None:
                found[user_id].append(ticket)
    return found
