"""One ticket from stage to stage: closing and reopening follow the fold (G1, G3, G5, G9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Id, Stage, Team, Ticket, User
from helpdesk_core.events import (
    Event,
    TicketClosed,
    TicketMoved,
    TicketReopened,
    TicketTransferred,
    Who,
)
from helpdesk_core.fields import utc
from helpdesk_core.plans import (
    Change,
    Kind,
    Plan,
    SetField,
)
from helpdesk_core.stages.messages import stage_messages
from helpdesk_core.stages.pipeline import Pipeline


def plan_move(
    ticket: Ticket,
    to_stage_id: Id,
    pipeline: Pipeline,
    *,
    customer: User | None,
    assignee: User | None,
    now: datetime,
    by: Who = None,
    sent_before: frozenset[Id] = frozenset(),
    quiet: bool = False,
) -> Plan:
    """Put the ticket into another stage of its team (G3, G5, G8).

    One `TicketClosed` when it was open and the stage is folded, one `TicketReopened` the other way
    round, else neither; `closed_at` follows. The stage's messages go to the customer, unless
    `quiet` (G11, M13). The same stage again does nothing and says nothing.

    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "solved"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="solved", name="Solved", position=1, folded=True)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=now)
    >>> plan = plan_move(ticket, "solved", pipeline, customer=None, assignee=None, now=now)
    >>> [event.name for event in plan.events]
    ['TicketMoved', 'TicketClosed']
    """
    stage, team = pipeline.stage(to_stage_id), pipeline.team(ticket.team_id)
    if ticket.is_merged_away:
        return _merged_away(ticket)
    if not pipeline.belongs(stage.id, team.id):
        return Plan(decision=not_in_team(stage.id, team.id))
    if ticket.stage_id == stage.id:
        return Plan(decision=allow("stage.unchanged"))
    now = utc("now", now)
    moved = enter(ticket, pipeline.stage(ticket.stage_id), stage, team, now=now, by=by)
    if quiet:
        return moved
    notices, skips = stage_messages(
        ticket,
        stage,
        team,
        customer=customer,
        assignee=assignee,
        now=now,
        by=by,
        sent_before=sent_before,
    )
    return attrs.evolve(moved, events=(*moved.events, *skips), notices=notices)


def plan_transfer(
    ticket: Ticket,
    to_team_id: Id,
    pipeline: Pipeline,
    *,
    customer: User | None,
    assignee: User | None,
    now: datetime,
    by: Who = None,
    sent_before: frozenset[Id] = frozenset(),
) -> Plan:
    """Give the ticket to another team, which must not close or reopen it (G9).

    A stage that the new team has too is kept, and nothing is sent. Else an open ticket takes the
    new team's first unfolded stage and a closed one its first folded one, with that stage's
    messages; refused when there is none. Followers and the assignee are not this plan's matter.

    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> it = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new"})
    >>> hr = Team(id="hr", name="HR", visibility=Visibility.COMPANY, stage_ids={"queue"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="queue", name="Queue", position=1)], [it, hr])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=now)
    >>> plan = plan_transfer(ticket, "hr", pipeline, customer=None, assignee=None, now=now)
    >>> [(change.field, change.value) for change in plan.changes]
    [('team_id', 'hr'), ('stage_id', 'queue')]
    """
    team = pipeline.team(to_team_id)
    if ticket.is_merged_away:
        return _merged_away(ticket)
    if ticket.team_id == team.id:
        return Plan(decision=allow("stage.unchanged"))
    now = utc("now", now)
    old = pipeline.stage(ticket.stage_id)
    transferred = Plan(
        decision=allow("stage.transferred", team_id=team.id),
        changes=set_field(Kind.TICKET, ticket, "team_id", team.id),
        events=[
            TicketTransferred(
                at=now, by=by, ticket_id=ticket.id, team_id=team.id, from_team_id=ticket.team_id
            )
        ],
    )
    if pipeline.belongs(old.id, team.id):
        return transferred
    new = pipeline.first(team.id, folded=old.folded)
    if new is None and old.folded:
        return Plan(decision=deny("stage.refused.no_folded_stage", team_id=team.id))
    if new is None:
        return Plan(decision=deny("stage.refused.no_open_stage", team_id=team.id))
    moved = enter(ticket, old, new, team, now=now, by=by)
    notices, skips = stage_messages(
        ticket,
        new,
        team,
        customer=customer,
        assignee=assignee,
        now=now,
        by=by,
        sent_before=sent_before,
    )
    return attrs.evolve(
        transferred,
        changes=(*transferred.changes, *moved.changes),
        events=(*transferred.events, *moved.events, *skips),
        notices=notices,
    )


def enter(ticket: Ticket, old: Stage, new: Stage, team: Team, *, now: datetime, by: Who) -> Plan:
    """The move itself: fields and events, no message. A tombstone never closes (M8)."""
    move = TicketMoved(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=team.id,
        from_stage_id=old.id,
        to_stage_id=new.id,
    )
    changes = set_field(Kind.TICKET, ticket, "stage_id", new.id)
    events: list[Event] = [move]
    if old.folded is not new.folded and not ticket.is_merged_away:
        changed, flipped = flip(ticket, new.id, team.id, closed=new.folded, now=now, by=by)
        changes += changed
        events.append(flipped)
    return Plan(decision=allow("stage.moved", stage_id=new.id), changes=changes, events=events)


def flip(
    ticket: Ticket, stage_id: Id, team_id: Id, *, closed: bool, now: datetime, by: Who
) -> tuple[list[Change], Event]:
    """Close or reopen: one event, and `closed_at` follows (G3)."""
    event = TicketClosed if closed else TicketReopened
    return (
        set_field(Kind.TICKET, ticket, "closed_at", now if closed else None),
        event(at=now, by=by, ticket_id=ticket.id, team_id=team_id, stage_id=stage_id),
    )


def set_field(kind: Kind, thing: Ticket | Team | Stage, field: str, value: Any) -> list[Change]:
    """The change of one field, or none when the value is there already."""
    return [] if getattr(thing, field) == value else [SetField.of(kind, thing, field, value)]


def _merged_away(ticket: Ticket) -> Plan:
    return Plan(decision=deny("stage.refused.merged_away", ticket_id=ticket.id))


def not_in_team(stage_id: Id, *team_ids: Id) -> Decision:
    return deny("stage.refused.not_in_team", stage_id=stage_id, team_ids=team_ids)
