"""Who may see a ticket, who hears of it, and what happens when a team's level changes (V1-V20).

One rule in two forms (V13): `can_view` decides on one ticket and gives its reasons; `scope_for` is
the same rule as a small expression that a repository can turn into a query.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeGuard

import attrs

from helpdesk_core.decisions import Decision, Reason, allow, deny
from helpdesk_core.entities import (
    FollowSource,
    Id,
    Team,
    Ticket,
    User,
    UserKind,
    Visibility,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import Event, FollowerAdded, FollowerRemoved, VisibilityChanged, Who
from helpdesk_core.plans import AddFollow, Change, Kind, Plan, RemoveFollow, SetField
from helpdesk_core.scopes import (
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
    if user.is_administrator:
        return _ADMINISTRATOR
    # not narrowed by type: a host may bring a kind or a level that is none of ours (V17)
    kind: object = user.kind
    level: object = team.visibility
    if kind is UserKind.PORTAL:
        if level is not Visibility.PUBLIC:
            return _NOT_PUBLIC
        return _PORTAL_FOLLOWS if user.id in ticket.followers else _NOT_FOLLOWING
    if kind is not UserKind.INTERNAL:
        return _CONTACT if kind is UserKind.CONTACT else _UNKNOWN_KIND
    if company_scope and team.company not in ("", user.company):
        return _OTHER_COMPANY
    if level is Visibility.COMPANY:
        return _COMPANY_TEAM
    if level is Visibility.PUBLIC:
        return _PUBLIC_TEAM
    if level is not Visibility.PRIVATE:
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
    if user.is_administrator:
        return _ADMINISTRATOR
    kind: object = user.kind
    level: object = team.visibility
    if kind is UserKind.PORTAL:
        return _PORTAL_OPENS_NO_TEAM
    if kind is not UserKind.INTERNAL:
        return _CONTACT if kind is UserKind.CONTACT else _UNKNOWN_KIND
    if company_scope and team.company not in ("", user.company):
        return _OTHER_COMPANY
    if level is Visibility.COMPANY:
        return _COMPANY_TEAM
    if level is Visibility.PUBLIC:
        return _PUBLIC_TEAM
    if level is not Visibility.PRIVATE:
        return _UNKNOWN_LEVEL
    if user.id in team.followers:
        return _FOLLOWS_TEAM
    return _FOLLOWS_A_TICKET if follows_a_ticket else _NOT_FOLLOWING


# --- who hears of it -----------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Recipient:
    """Somebody who is to be told.

    `full`: the whole text, else the minimal template; `link`: a link to the ticket may be in it.
    """

    user_id: Id
    full: bool
    link: bool
    decision: Decision


_NOTE_STAYS_INSIDE = deny("notify.internal_note")
_INACTIVE_RECIPIENT = deny("notify.inactive_user")
_HAS_LEFT = deny("notify.not_following")
_CUSTOMER = allow("notify.customer")
_MAY_VIEW = allow("notify.may_view")
_MINIMAL = allow("notify.minimal")


def may_notify(
    user: User, ticket: Ticket, team: Team, *, internal: bool = False, company_scope: bool = False
) -> Recipient:
    """Whether and how `user` hears of an update (V5, V9, V15, V20, N2).

    *Notified* and *can view* are two decisions: a follower who may not view gets the minimal
    template without a link (V5); the customer gets public replies in full, and a link only with
    the right to view (V20). An internal note reaches internal users who may view, and nobody else
    (V15).

    >>> from datetime import datetime, UTC
    >>> team = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE)
    >>> ticket = Ticket(id="T-1", team_id="legal", stage_id="new", subject="Lease",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC), customer_id="eve")
    >>> eve = may_notify(User(id="eve", name="Eve", kind=UserKind.CONTACT), ticket, team)
    >>> eve.decision.code, eve.full, eve.link
    ('notify.customer', True, False)
    """
    view = can_view(user, ticket, team, company_scope=company_scope).allowed
    follows = (
        user.id in ticket.followers or user.id in team.followers or ticket.assignee_id == user.id
    )
    if not user.active:
        decision = _INACTIVE_RECIPIENT
    elif internal and (user.is_external or not view):
        decision = _NOTE_STAYS_INSIDE
    elif user.id == ticket.customer_id and not internal:
        decision = _CUSTOMER
    elif not follows:
        decision = _HAS_LEFT
    else:
        decision = _MAY_VIEW if view else _MINIMAL
    full = decision is _CUSTOMER or decision is _MAY_VIEW
    return Recipient(user_id=user.id, full=full, link=full and view, decision=decision)


def audience(
    ticket: Ticket,
    team: Team,
    users: Mapping[Id, User],
    author: Id | None,
    *,
    internal: bool = False,
    company_scope: bool = False,
) -> tuple[Recipient, ...]:
    """Who hears of an update by `author`: followers of ticket and team, and the customer (V9, V20).

    The author is left out, nobody is named twice, and an internal note stays inside (V15). Users
    who are not in `users` are unknown, and are told nothing.

    >>> from datetime import datetime, UTC
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY,
    ...             followers={"ada": {FollowSource.CHOSEN}})
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", customer_id="eve",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> people = {"ada": User(id="ada", name="Ada", kind=UserKind.INTERNAL),
    ...           "eve": User(id="eve", name="Eve", kind=UserKind.CONTACT)}
    >>> [recipient.user_id for recipient in audience(ticket, team, people, None)]
    ['ada', 'eve']
    >>> [recipient.user_id for recipient in audience(ticket, team, people, None, internal=True)]
    ['ada']
    """
    ids: dict[Id, None] = dict.fromkeys([*ticket.followers, *team.followers])
    if ticket.customer_id is not None and not internal:
        ids.setdefault(ticket.customer_id)
    recipients = (
        may_notify(users[id], ticket, team, internal=internal, company_scope=company_scope)
        for id in ids
        if id != author and id in users
    )
    return tuple(recipient for recipient in recipients if recipient.decision.allowed)


# --- changes of level ----------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class VisibilityPlan(Plan):
    """A change of level: `removed_from` says who stops following what (V6).

    Each entry is a user and the ticket, or the team when the ticket is None.
    """

    removed_from: tuple[tuple[Id, Id | None], ...] = ()
    resubscribed: tuple[tuple[Id, Id], ...] = ()


def plan_visibility_change(
    team: Team,
    to: Visibility,
    tickets: Iterable[Ticket],
    *,
    users: Mapping[Id, User],
    now: datetime,
    by: Who = None,
    resubscribe_customers: bool = False,
) -> VisibilityPlan:
    """What a change of the team's level does to its followers (V6, V7, V8).

    `tickets` are all tickets of the team, closed and merged-away ones included. Away from PUBLIC,
    portal users stop following the team and its tickets; internal users and contacts stay (V6).
    Back to PUBLIC nobody returns by itself; `resubscribe_customers` adds each ticket's own portal
    customer (V7). PRIVATE and COMPANY change no follower (V8). The same level again does nothing.

    >>> from datetime import datetime, UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> eve = User(id="eve", name="Eve", kind=UserKind.PORTAL)
    >>> team = Team(id="web", name="Web", visibility=Visibility.PUBLIC)
    >>> ticket = Ticket(id="T-1", team_id="web", stage_id="new", subject="Ink", created_at=now,
    ...                 followers={"eve": {FollowSource.CUSTOMER}})
    >>> plan_visibility_change(team, Visibility.COMPANY, [ticket], users={"eve": eve},
    ...                        now=now).removed_from
    (('eve', 'T-1'),)
    """
    if not isinstance(to, Visibility):
        raise InvalidValueError("to", "must be a Visibility")
    if to is team.visibility:
        return VisibilityPlan(decision=allow("visibility.unchanged"))
    changes: list[Change] = [
        SetField(kind=Kind.TEAM, id=team.id, field="visibility", expected=team.visibility, value=to)
    ]
    events: list[Event] = [
        VisibilityChanged(
            at=now, by=by, team_id=team.id, from_visibility=team.visibility, to_visibility=to
        )
    ]
    removed: list[tuple[Id, Id | None]] = []
    resubscribed: list[tuple[Id, Id]] = []
    if team.visibility is Visibility.PUBLIC:
        followed: tuple[Team | Ticket, ...] = (team, *tickets)
        for narrowed in followed:
            gone = plan_narrowing(narrowed, users=users, now=now, by=by)
            changes += gone.changes
            events += gone.events
            removed += gone.removed_from
    elif to is Visibility.PUBLIC and resubscribe_customers:
        for ticket in tickets:
            customer = users.get(ticket.customer_id) if ticket.customer_id is not None else None
            if _is_portal(customer) and customer.id not in ticket.followers:
                source = FollowSource.CUSTOMER
                changes.append(
                    AddFollow(kind=Kind.TICKET, id=ticket.id, user_id=customer.id, source=source)
                )
                events.append(
                    FollowerAdded(
                        at=now,
                        by=by,
                        ticket_id=ticket.id,
                        team_id=team.id,
                        user_id=customer.id,
                        source=source,
                    )
                )
                resubscribed.append((customer.id, ticket.id))
    return VisibilityPlan(
        decision=allow("visibility.changed", to=to.value),
        changes=changes,
        events=events,
        removed_from=tuple(removed),
        resubscribed=tuple(resubscribed),
    )


def plan_narrowing(
    followed: Team | Ticket, *, users: Mapping[Id, User], now: datetime, by: Who = None
) -> VisibilityPlan:
    """Portal users stop following one team or ticket that is no longer PUBLIC (V6, V16).

    >>> from datetime import datetime, UTC
    >>> ticket = Ticket(id="T-1", team_id="web", stage_id="new", subject="Ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC),
    ...                 followers={"eve": {FollowSource.CUSTOMER}})
    >>> eve = User(id="eve", name="Eve", kind=UserKind.PORTAL)
    >>> plan_narrowing(ticket, users={"eve": eve}, now=ticket.created_at).removed_from
    (('eve', 'T-1'),)
    """
    kind = Kind.TICKET if isinstance(followed, Ticket) else Kind.TEAM
    ticket_id = followed.id if isinstance(followed, Ticket) else None
    team_id = followed.team_id if isinstance(followed, Ticket) else followed.id
    changes: list[Change] = []
    events: list[Event] = []
    removed: list[tuple[Id, Id | None]] = []
    for user_id, sources in followed.followers.items():
        if not _is_portal(users.get(user_id)):
            continue
        ordered = tuple(sorted(sources, key=lambda source: source.value))
        changes += (
            RemoveFollow(kind=kind, id=followed.id, user_id=user_id, source=source)
            for source in ordered
        )
        events.append(
            FollowerRemoved(
                at=now,
                by=by,
                ticket_id=ticket_id,
                team_id=team_id,
                user_id=user_id,
                sources=ordered,
                code="visibility.narrowed",
            )
        )
        removed.append((user_id, ticket_id))
    return VisibilityPlan(
        decision=allow("visibility.narrowed"),
        changes=changes,
        events=events,
        removed_from=tuple(removed),
    )


def _is_portal(user: User | None) -> TypeGuard[User]:
    return user is not None and user.kind is UserKind.PORTAL
