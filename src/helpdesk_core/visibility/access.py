"""Who may see a ticket and open a team (V1-V4, V10-V13, V17, V19).

One rule in two forms (V13): `can_view` decides on one ticket and gives its reasons; `scope_for` is
the same rule as a small expression that a repository can turn into a query.
"""

from __future__ import annotations

from helpdesk_core.decisions import Decision, Reason, allow, deny
from helpdesk_core.entities import (
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
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

# --- the rule as a filter -------------------------------------------------------------------------

_OPEN_TO_EMPLOYEES = LevelIn(frozenset({Visibility.COMPANY, Visibility.PUBLIC}))
_PRIVATE = LevelIn(frozenset({Visibility.PRIVATE}))
_PUBLIC = LevelIn(frozenset({Visibility.PUBLIC}))


def scope_for(user: User, *, company_scope: bool = False) -> Scope:
    """The tickets that `user` may see, as a filter: the same rule as `can_view` (V13).

    With `company_scope` internal users see only teams of their own company (T1).

    >>> scope_for(User(id="eve", name="Eve", kind=UserKind.CONTACT))
    Nothing()
    """
    if not user.active:
        return Nothing()
    if user.is_administrator:
        return Everything()
    if user.kind is UserKind.PORTAL:
        return AllOf((_PUBLIC, FollowsTicket(user.id)))
    if user.kind is not UserKind.INTERNAL:
        return Nothing()
    invited = AnyOf((FollowsTicket(user.id), FollowsTeam(user.id), AssignedTo(user.id)))
    scope = AnyOf((_OPEN_TO_EMPLOYEES, AllOf((_PRIVATE, invited))))
    return AllOf((CompanyIs(user.company), scope)) if company_scope else scope


# --- decisions: the rule on one ticket -----------------------------------------------------------

# Members by names of their own: to look one up in its class takes longer than to compare it.
_KIND_INTERNAL, _KIND_PORTAL, _KIND_CONTACT = UserKind.INTERNAL, UserKind.PORTAL, UserKind.CONTACT
_LEVEL_PRIVATE, _LEVEL_COMPANY, _LEVEL_PUBLIC = (
    Visibility.PRIVATE,
    Visibility.COMPANY,
    Visibility.PUBLIC,
)

_INACTIVE = deny("visibility.inactive_user")
_CONTACT = deny("visibility.contact")
_UNKNOWN_KIND = deny("visibility.unknown_kind")
_UNKNOWN_LEVEL = deny("visibility.unknown_level")
_ADMINISTRATOR = allow("visibility.administrator")
_OTHER_COMPANY = deny("visibility.other_company")
_COMPANY_TEAM = allow("visibility.company_team")
_PUBLIC_TEAM = allow("visibility.public_team")
_NOT_PUBLIC = deny("visibility.team_not_public")
_NOT_FOLLOWING = deny("visibility.not_following")
_PORTAL_FOLLOWS = allow("visibility.follows_ticket")
_PORTAL_OPENS_NO_TEAM = deny("visibility.portal_opens_no_team")
_FOLLOWS_TEAM = allow("visibility.follows_team")
_FOLLOWS_A_TICKET = allow("visibility.follows_a_ticket")

#: What grants a PRIVATE ticket, for each combination of the three grounds (V2, V10, V17).
_INVITED = {
    (ticket, team, assignee): Decision(
        True,
        tuple(
            Reason(code)
            for holds, code in (
                (ticket, "visibility.follows_ticket"),
                (team, "visibility.follows_team"),
                (assignee, "visibility.assignee"),
            )
            if holds
        ),
    )
    for ticket in (False, True)
    for team in (False, True)
    for assignee in (False, True)
    if ticket or team or assignee
}


def can_view(user: User, ticket: Ticket, team: Team, *, company_scope: bool = False) -> Decision:
    """Whether `user` may see `ticket` of `team`, and by which rule (V1-V4, V10, V11, V17, V19).

    On a PRIVATE team every ground that holds is among the reasons, so that whoever takes one away
    sees what still grants access (V17). Raises `InvalidValueError` when the ticket is not the
    team's.

    >>> from datetime import datetime, UTC
    >>> team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
    >>> ticket = Ticket(id="T-1", team_id="legal", stage_id="new", subject="Lease",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC), assignee_id="ada")
    >>> can_view(User(id="ada", name="Ada", kind=UserKind.INTERNAL), ticket, team).code
    'visibility.assignee'
    >>> can_view(User(id="bob", name="Bob", kind=UserKind.INTERNAL), ticket, team).code
    'visibility.not_following'
    """
    if ticket.team_id != team.id:
        raise InvalidValueError("team", f"is {team.id!r}, the ticket's is {ticket.team_id!r}")
    if not user.active:
        return _INACTIVE
    # not narrowed by type: a host may bring a kind or a level that is none of ours (V17)
    kind: object = user.kind
    level: object = team.visibility
    if kind is _KIND_PORTAL:
        if level is not _LEVEL_PUBLIC:
            return _NOT_PUBLIC
        return _PORTAL_FOLLOWS if user.id in ticket.followers else _NOT_FOLLOWING
    if kind is not _KIND_INTERNAL:
        return _CONTACT if kind is _KIND_CONTACT else _UNKNOWN_KIND
    if user.is_administrator:
        return _ADMINISTRATOR if isinstance(level, Visibility) else _UNKNOWN_LEVEL
    if company_scope and team.company not in ("", user.company):
        return _OTHER_COMPANY
    if level is _LEVEL_COMPANY:
        return _COMPANY_TEAM
    if level is _LEVEL_PUBLIC:
        return _PUBLIC_TEAM
    if level is not _LEVEL_PRIVATE:
        return _UNKNOWN_LEVEL
    grounds = (
        user.id in ticket.followers,
        user.id in team.followers,
        ticket.assignee_id == user.id,
    )
    return _INVITED.get(grounds, _NOT_FOLLOWING)


def can_view_team(
    user: User, team: Team, *, follows_a_ticket: bool, company_scope: bool = False
) -> Decision:
    """Whether `user` may open the team, and by which rule (V1, V3, V11, V12, V17).

    `follows_a_ticket`: the user follows, or is assigned, a ticket of the team that was not merged
    away; closed ones count (V12). What is found inside is for `can_view` to say.

    >>> team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
    >>> bob = User(id="bob", name="Bob", kind=UserKind.INTERNAL)
    >>> can_view_team(bob, team, follows_a_ticket=True).code
    'visibility.follows_a_ticket'
    """
    if not user.active:
        return _INACTIVE
    kind: object = user.kind
    level: object = team.visibility
    if kind is _KIND_PORTAL:
        return _PORTAL_OPENS_NO_TEAM
    if kind is not _KIND_INTERNAL:
        return _CONTACT if kind is _KIND_CONTACT else _UNKNOWN_KIND
    if user.is_administrator:
        return _ADMINISTRATOR if isinstance(level, Visibility) else _UNKNOWN_LEVEL
    if company_scope and team.company not in ("", user.company):
        return _OTHER_COMPANY
    if level is _LEVEL_COMPANY:
        return _COMPANY_TEAM
    if level is _LEVEL_PUBLIC:
        return _PUBLIC_TEAM
    if level is not _LEVEL_PRIVATE:
        return _UNKNOWN_LEVEL
    if user.id in team.followers:
        return _FOLLOWS_TEAM
    return _FOLLOWS_A_TICKET if follows_a_ticket else _NOT_FOLLOWING
