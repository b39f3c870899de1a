"""What a change of a team's level does to its followers (V6-V8, V16)."""

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
from helpdesk_core.events import Event, FollowerAdded, FollowerRemoved, VisibilityChanged, Who
from helpdesk_core.plans import AddFollow, Change, Kind, Plan, RemoveFollow, SetField


@attrs.frozen(kw_only=True)
class VisibilityPlan(Plan):
    """A change of level: `removed_from` says who stops following what (V6).

    Each entry is a user and the ticket, or the team when the ticket is None.
    """

    removed_from: tuple[tuple[Id, Id | None], ...] = ()
    resubscribed: tuple[tuple[Id, Id], ...] = ()
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
        warnings=team_warnings(attrs.evolve(team, visibility=to)),
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
