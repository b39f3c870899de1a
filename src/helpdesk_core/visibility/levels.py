"""What a change of a team's level does, shown before it is done (V6-V8, V16, V18)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeGuard

import attrs

from helpdesk_core.decisions import Reason, allow
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
from helpdesk_core.events import (
    AccessNarrowed,
    Event,
    FollowerAdded,
    FollowerRemoved,
    VisibilityChanged,
    Who,
)
from helpdesk_core.plans import AddFollow, Change, Kind, Plan, RemoveFollow, SetField
from helpdesk_core.visibility.previews import AccessLost, access_lost, notified

_FROM_NARROW_TO_WIDE = (Visibility.PRIVATE, Visibility.COMPANY, Visibility.PUBLIC)


@attrs.frozen(kw_only=True)
class VisibilityPlan(Plan):
    """A change of level, with what it does to people (V6, V7, V18).

    `removed_from` says who stops following what, and `still_notified` who is told of updates of
    what afterwards; each entry is a user and the ticket, or the team when the ticket is None.
    `loses_access` names, of the users that the plan was made with, those who can view less;
    `others_lose_access` says that so can every internal user whom it does not name, unless they
    are an administrator or follow the team. `resubscribed` are customers who come back.

    >>> plan = VisibilityPlan(decision=allow("visibility.narrowed"), removed_from=[("eve", "T-1")])
    >>> plan.allowed, plan.removed_from
    (True, [('eve', 'T-1')])
    """

    removed_from: tuple[tuple[Id, Id | None], ...] = ()
    resubscribed: tuple[tuple[Id, Id], ...] = ()
    loses_access: tuple[AccessLost, ...] = ()
    others_lose_access: bool = False
    still_notified: tuple[tuple[Id, Id | None], ...] = ()
    warnings: tuple[Reason, ...] = ()


def team_warnings(team: Team) -> tuple[Reason, ...]:
    """What somebody who sets a team up should know first (V10).

    A PRIVATE team that assigns automatically and names no members gives its tickets, and with them
    the right to see them, to any eligible user.

    >>> from helpdesk_core import Team, Visibility
    >>> team = Team(id="hr", name="HR", visibility=Visibility.PRIVATE, auto_assign=True)
    >>> [warning.code for warning in team_warnings(team)]
    ['visibility.warning.pool_is_everybody']
    """
    if team.visibility is Visibility.PRIVATE and team.auto_assign and not team.member_ids:
        return (Reason("visibility.warning.pool_is_everybody"),)
    return ()


def plan_visibility_change(
    team: Team,
    to: Visibility,
    tickets: Iterable[Ticket],
    *,
    users: Mapping[Id, User],
    now: datetime,
    by: Who = None,
    resubscribe_customers: bool = False,
    company_scope: bool = False,
) -> VisibilityPlan:
    """What a change of the team's level does, and to whom (V6, V7, V8, V18).

    `tickets` are all tickets of the team, closed and merged-away ones included; `users` are those
    who follow or have one, and whoever else should be named. Away from PUBLIC, portal users stop
    following the team and its tickets; internal users and contacts stay (V6). Back to PUBLIC
    nobody returns by itself; `resubscribe_customers` adds each ticket's own portal customer (V7).
    PRIVATE and COMPANY change no follower (V8). The same level again does nothing.

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
    tickets = tuple(tickets)
    if to is team.visibility:
        return VisibilityPlan(decision=allow("visibility.unchanged"))
    changes: list[Change] = [SetField.of(Kind.TEAM, team, "visibility", to)]
    events: list[Event] = [
        VisibilityChanged(
            at=now, by=by, team_id=team.id, from_visibility=team.visibility, to_visibility=to
        )
    ]
    after = attrs.evolve(team, visibility=to)
    lost = access_lost(team, after, tickets, users.values(), company_scope=company_scope)
    if _is_narrower(to, team.visibility):
        ids = tuple(one.user_id for one in lost)
        events.append(AccessNarrowed(at=now, by=by, team_id=team.id, user_ids=ids))
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
        loses_access=lost,
        others_lose_access=to is Visibility.PRIVATE,
        still_notified=notified(team, tickets, users, {user_id for user_id, _ in removed}),
        warnings=team_warnings(after),
    )


def plan_narrower_team(
    ticket: Ticket,
    left: Team,
    entered: Team,
    *,
    users: Mapping[Id, User],
    now: datetime,
    by: Who = None,
) -> VisibilityPlan:
    """What a ticket's way from one team to another does to who follows it (V16).

    Out of a PUBLIC team portal users stop following. Whenever the new team's level is narrower a
    host is told to revoke what it shared of the ticket.

    >>> from datetime import datetime, UTC
    >>> web = Team(id="web", name="Web", visibility=Visibility.PUBLIC)
    >>> it = Team(id="it", name="IT", visibility=Visibility.COMPANY)
    >>> eve = User(id="eve", name="Eve", kind=UserKind.PORTAL)
    >>> ticket = Ticket(id="T-1", team_id="web", stage_id="new", subject="Ink",
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC),
    ...                 followers={"eve": {FollowSource.CUSTOMER}})
    >>> plan = plan_narrower_team(ticket, web, it, users={"eve": eve}, now=ticket.created_at)
    >>> [event.name for event in plan.events], plan.removed_from
    (['AccessNarrowed', 'FollowerRemoved'], (('eve', 'T-1'),))
    """
    if not _is_narrower(entered.visibility, left.visibility):
        return VisibilityPlan(decision=allow("visibility.unchanged"))
    gone = VisibilityPlan(decision=allow("visibility.narrowed"))
    if left.visibility is Visibility.PUBLIC:
        moved = attrs.evolve(ticket, team_id=entered.id)
        gone = plan_narrowing(moved, users=users, now=now, by=by)
    narrowed = AccessNarrowed(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=entered.id,
        user_ids=tuple(user_id for user_id, _ in gone.removed_from),
    )
    return attrs.evolve(gone, events=(narrowed, *gone.events))


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


def _is_narrower(level: Visibility, than: Visibility) -> bool:
    return _FROM_NARROW_TO_WIDE.index(level) < _FROM_NARROW_TO_WIDE.index(than)


def _is_portal(user: User | None) -> TypeGuard[User]:
    return user is not None and user.kind is UserKind.PORTAL
