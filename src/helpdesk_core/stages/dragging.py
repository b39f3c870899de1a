"""A ticket is dragged: into a column, between two others, and nobody else moves (G12)."""

from __future__ import annotations

from datetime import datetime

import attrs

from helpdesk_core.decisions import allow, deny
from helpdesk_core.entities import Id, Ticket
from helpdesk_core.events import TicketChanged, Who
from helpdesk_core.fields import utc
from helpdesk_core.plans import Kind, Plan
from helpdesk_core.rank import rank_between
from helpdesk_core.stages.moving import set_field


def plan_drag(
    move: Plan,
    ticket: Ticket,
    to_stage_id: Id,
    *,
    upper: Ticket | None,
    lower: Ticket | None,
    now: datetime,
    by: Who = None,
) -> Plan:
    """The `move` of a ticket into a stage, or none, and its place below `upper` and above `lower`.

    Without either it keeps its rank; with one, that is the end of the column. Refused as the move
    is; when the two are not in that stage, or not in that order, for the column is another than the
    one that was seen; and when there is no room for a rank (`RANK_LIMIT`). (G12)

    >>> from helpdesk_core import Stage, Team, plan_move
    >>> from helpdesk_core.entities import Visibility
    >>> from helpdesk_core.stages import Pipeline
    >>> from datetime import UTC, timedelta
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0)], [team])
    >>> one, two, three = (Ticket(id=n, team_id="it", stage_id="new", subject="Ink",
    ...                           created_at=now + timedelta(hours=n)) for n in (1, 2, 3))
    >>> move = plan_move(three, "new", pipeline, customer=None, assignee=None, now=now)
    >>> plan = plan_drag(move, three, "new", upper=one, lower=two, now=now)
    >>> [(change.id, change.field) for change in plan.changes]
    [(3, 'rank')]
    >>> one.rank < plan.changes[0].value < two.rank
    True
    """
    neighbours = [one for one in (upper, lower) if one is not None]
    if not move.allowed or not neighbours:
        return move
    for one in neighbours:
        if one.id == ticket.id or one.stage_id != to_stage_id or one.is_merged_away:
            return Plan(decision=deny("board.refused.moved_on", ticket_id=one.id))
    if upper is not None and lower is not None and upper.rank > lower.rank:
        return Plan(decision=deny("board.refused.moved_on", ticket_id=lower.id))
    if ticket.stage_id == to_stage_id and _is_between(upper, ticket, lower):
        return move
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
        move,
        decision=allow("board.dragged", stage_id=to_stage_id),
        changes=(*move.changes, *set_field(Kind.TICKET, ticket, "rank", rank)),
        events=(*move.events, dragged),
    )


def _is_between(upper: Ticket | None, ticket: Ticket, lower: Ticket | None) -> bool:
    return (upper is None or upper.rank < ticket.rank) and (
        lower is None or ticket.rank < lower.rank
    )
