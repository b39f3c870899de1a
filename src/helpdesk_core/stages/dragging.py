"""A ticket is dragged: into a column, between two others, and nobody else moves (G12)."""

from __future__ import annotations

from datetime import datetime

import attrs

from helpdesk_core.decisions import allow, deny
from helpdesk_core.entities import Id, Ticket, User
from helpdesk_core.events import TicketChanged, Who
from helpdesk_core.fields import utc
from helpdesk_core.plans import Kind, Plan
from helpdesk_core.rank import rank_between
from helpdesk_core.stages.moving import plan_move, set_field
from helpdesk_core.stages.pipeline import Pipeline


def plan_drag(
    ticket: Ticket,
    to_stage_id: Id,
    pipeline: Pipeline,
    *,
    upper: Ticket | None,
    lower: Ticket | None,
    customer: User | None,
    assignee: User | None,
    now: datetime,
    by: Who = None,
    sent_before: frozenset[Id] = frozenset(),
) -> Plan:
    """Put the ticket into a stage, as `plan_move` does, below `upper` and above `lower` (G12).

    Without either it keeps its rank; with one, that is the end of the column. Refused when the two
    are not in that stage, or not in that order: the column is another than the one that was seen.
    Refused too when there is no room for a rank (`RANK_LIMIT`).

    >>> from helpdesk_core import Stage, Team
    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0)], [team])
    >>> one, two, three = (Ticket(id=n, team_id="it", stage_id="new", subject="Ink",
    ...                           created_at=now + timedelta(hours=n)) for n in (1, 2, 3))
    >>> plan = plan_drag(three, "new", pipeline, upper=one, lower=two, customer=None,
    ...                  assignee=None, now=now)
    >>> [(change.id, change.field) for change in plan.changes]
    [(3, 'rank')]
    >>> one.rank < plan.changes[0].value < two.rank
    True
    """
    moved = plan_move(
        ticket,
        to_stage_id,
        pipeline,
        customer=customer,
        assignee=assignee,
        now=now,
        by=by,
        sent_before=sent_before,
    )
    neighbours = [one for one in (upper, lower) if one is not None]
    if not moved.allowed or not neighbours:
        return moved
    for one in neighbours:
        if one.id == ticket.id or one.stage_id != to_stage_id or one.is_merged_away:
            return Plan(decision=deny("board.refused.moved_on", ticket_id=one.id))
    if upper is not None and lower is not None and upper.rank > lower.rank:
        return Plan(decision=deny("board.refused.moved_on", ticket_id=lower.id))
    if ticket.stage_id == to_stage_id and _is_between(upper, ticket, lower):
        return moved
    rank = rank_between(upper.rank if upper else None, lower.rank if lower else None)
    if rank is None:
        return Plan(decision=deny("board.refused.no_room", stage_id=to_stage_id))
    dragged = TicketChanged(
        at=utc("now", now),
        by=by,
        ticket_id=ticket.id,
        team_id=ticket.team_id,
        fields=("rank",),
    )
    return attrs.evolve(
        moved,
        decision=allow("board.dragged", stage_id=to_stage_id),
        changes=(*moved.changes, *set_field(Kind.TICKET, ticket, "rank", rank)),
        events=(*moved.events, dragged),
    )


def _is_between(upper: Ticket | None, ticket: Ticket, lower: Ticket | None) -> bool:
    return (upper is None or upper.rank < ticket.rank) and (
        lower is None or ticket.rank < lower.rank
    )
