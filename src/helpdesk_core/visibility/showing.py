"""What somebody is shown of a ticket that they may see, and of its history (M7, V12, V14, V15).

A ticket holds more than the request: what colleagues note about it, who else follows it, which
other tickets and teams it has to do with. Outsiders are shown an allow-list; whoever looks is told
of no other ticket, and of no team, that they may not see.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

import attrs

from helpdesk_core.entities import Id, Stage, System, Ticket, User
from helpdesk_core.events import (
    DuplicateDiscarded,
    Event,
    TicketAssigned,
    TicketChanged,
    TicketMergedAway,
    TicketOpened,
    TicketsMerged,
    TicketsUnmerged,
)

#: What an outsider is shown of a ticket as it is; every other field is left at its default, but for
#: themselves among the followers, as its opener and as its customer.
TICKET_OUTSIDE = frozenset(
    {
        "id",
        "team_id",
        "stage_id",
        "subject",
        "description",
        "created_at",
        "priority",
        "assignee_id",
        "closed_at",
        "version",
    }
)
#: What an outsider is shown of a stage.
STAGE_OUTSIDE = frozenset({"id", "name", "position", "folded"})

_T = TypeVar("_T", Ticket, Stage)


def named_by(thing: Ticket | Event) -> frozenset[Id]:
    """The other tickets that a ticket or an event names; the viewer may not know of them.

    >>> named_by(TicketsMerged(at=None, merge_id="m", merged_ids=("T-2", "T-3"))) == {"T-2", "T-3"}
    True
    """
    if isinstance(thing, Ticket):
        return thing.links | ({thing.merged_into} if thing.merged_into is not None else set())
    if isinstance(thing, TicketsMerged | TicketsUnmerged):
        return frozenset(thing.merged_ids)
    if isinstance(thing, TicketMergedAway) and thing.master_id is not None:
        return frozenset({thing.master_id})
    return frozenset({thing.other_id}) if isinstance(thing, DuplicateDiscarded) else frozenset()


def teams_named_by(event: Event) -> frozenset[Id]:
    """The teams that an event names: a ticket may have been in one that the viewer cannot open."""
    ids = {event.team_id, getattr(event, "from_team_id", None)}
    return frozenset(id for id in ids if id is not None)


def shown_ticket(ticket: Ticket, viewer: User | System, *, known: Collection[Id] = ()) -> Ticket:
    """The ticket as somebody who may see it is shown it (M7, V14, V15).

    `known` are those of the tickets `named_by` it that the viewer may see; the others are left
    out, also the one that it was merged into. Outsiders see `TICKET_OUTSIDE` and themselves.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import FollowSource, UserKind
    >>> ticket = Ticket(id="T-1", team_id="web", stage_id="new", subject="Ink", tags={"difficult"},
    ...                 created_at=datetime(2026, 1, 5, tzinfo=UTC), merged_into="T-9",
    ...                 followers={id: {FollowSource.CHOSEN} for id in ("ada", "eve")})
    >>> seen = shown_ticket(ticket, User(id="eve", name="Eve", kind=UserKind.PORTAL))
    >>> seen.subject, set(seen.tags), list(seen.followers), seen.merged_into
    ('Ink', set(), ['eve'], None)
    """
    if isinstance(viewer, System):
        return ticket
    into = ticket.merged_into if ticket.merged_into in known else None
    if not viewer.is_external:
        links = ticket.links.intersection(known)
        if into == ticket.merged_into and links == ticket.links:
            return ticket
        return attrs.evolve(ticket, merged_into=into, links=links)
    me = viewer.id
    return _with(
        ticket,
        TICKET_OUTSIDE,
        opener_id=me if ticket.opener_id == me else None,
        customer_id=me if ticket.customer_id == me else None,
        followers={me: ticket.followers[me]} if me in ticket.followers else {},
        merged_into=into,
    )


def shown_stage(stage: Stage, viewer: User | System) -> Stage:
    """The stage as somebody is shown it: outsiders see its name, and whether it closes (V15).

    >>> from helpdesk_core import UserKind
    >>> stage = Stage(id="new", name="New", position=0, description="Look for duplicates first")
    >>> shown_stage(stage, User(id="eve", name="Eve", kind=UserKind.PORTAL)).description
    ''
    """
    if isinstance(viewer, System) or not viewer.is_external:
        return stage
    return _with(stage, STAGE_OUTSIDE)


def shown_event(
    event: Event,
    viewer: User | System,
    *,
    known: Collection[Id] = (),
    teams: Collection[Id] = (),
    whole_team: bool = False,
) -> Event | None:
    """The event as somebody who may see its ticket is shown it, or None (M7, T2, V12, V14, V15).

    `known` and `teams` are those of the tickets and teams that it names which the viewer may see
    or open; the others are left out. `whole_team`: the viewer sees all of the ticket's team, and
    so how many tickets somebody had in it.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core import UserKind
    >>> away = TicketMergedAway(at=datetime(2026, 1, 5, tzinfo=UTC), ticket_id="T-1",
    ...                         master_id="T-9", merge_id="m")
    >>> print(shown_event(away, User(id="ada", name="Ada", kind=UserKind.INTERNAL)).master_id)
    None
    >>> shown_event(away, User(id="eve", name="Eve", kind=UserKind.PORTAL)) is None
    True
    """
    if isinstance(viewer, System):
        return event
    hidden = named_by(event).difference(known)
    if isinstance(event, DuplicateDiscarded) and hidden:
        return None  # of two tickets, the other is not for the viewer to know of
    fields: dict[str, Any] = {}
    for name in ("team_id", "from_team_id"):
        if getattr(event, name, None) not in (None, *teams):
            fields[name] = None
    if isinstance(event, TicketMergedAway) and hidden:
        fields["master_id"] = None
    if isinstance(event, TicketsMerged | TicketsUnmerged) and hidden:
        fields["merged_ids"] = tuple(id for id in event.merged_ids if id not in hidden)
    if isinstance(event, TicketsMerged) and hidden:
        fields["left_behind"] = ()  # whose ticket they follow is not told
    if isinstance(event, TicketAssigned) and not whole_team:
        fields |= {"count": None, "tie_breaker": None}
    if viewer.is_external:
        if event.internal:
            return None
        return _outside(attrs.evolve(event, **fields), viewer)
    return attrs.evolve(event, **fields) if fields else event


def _outside(event: Event, viewer: User) -> Event | None:
    """A public event as an outsider is shown it: it says no more than the ticket does."""
    if isinstance(event.by, System) or (isinstance(event, TicketOpened) and event.by != viewer.id):
        event = attrs.evolve(event, by=None)
    if isinstance(event, TicketChanged):
        fields = tuple(name for name in event.fields if name in TICKET_OUTSIDE)
        return attrs.evolve(event, fields=fields) if fields else None
    return event


def _with(thing: _T, names: Collection[str], **others: Any) -> _T:
    """A new one with these fields of it; a field that is added later is not shown by itself."""
    return type(thing)(**{name: getattr(thing, name) for name in names}, **others)
