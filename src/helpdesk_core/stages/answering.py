"""What a customer's answer to a closed ticket does to it (G11)."""

from __future__ import annotations

from datetime import datetime

import attrs

from helpdesk_core.decisions import allow
from helpdesk_core.entities import OnAnswer, Team, Ticket, is_closed
from helpdesk_core.events import Who
from helpdesk_core.fields import utc
from helpdesk_core.plans import Plan
from helpdesk_core.stages.moving import plan_move
from helpdesk_core.stages.pipeline import Pipeline


@attrs.frozen(kw_only=True)
class AnswerPlan(Plan):
    """What becomes of the ticket that was answered; `opens_another`: the answer goes to a new one,
    linked to it.
    """

    opens_another: bool = False


def plan_answer(
    ticket: Ticket,
    team: Team,
    pipeline: Pipeline,
    *,
    by_customer: bool,
    automatic: bool = False,
    now: datetime,
    by: Who = None,
) -> AnswerPlan:
    """What an answer does to the ticket, as its team says (G11, N3).

    Nothing, unless the ticket is closed and its customer wrote it, and no machine. To open it again
    is to put it into the team's first unfolded stage, with `TicketReopened` and without that
    stage's message (G7). The window begins when it was closed, and after it the answer opens
    another ticket; a store that keeps no such moment has no end of it.

    >>> from datetime import UTC
    >>> from helpdesk_core import Stage, Visibility
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.PUBLIC, stage_ids={"new", "done"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="done", name="Done", position=1, folded=True)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="done", subject="Ink", created_at=now,
    ...                 closed_at=now)
    >>> plan = plan_answer(ticket, team, pipeline, by_customer=True, now=now)
    >>> [event.name for event in plan.events]
    ['TicketMoved', 'TicketReopened']
    >>> plan_answer(ticket, team, pipeline, by_customer=True, automatic=True,
    ...             now=now).decision.code
    'answer.automatic'
    """
    now = utc("now", now)
    if not is_closed(ticket, pipeline.stage(ticket.stage_id)):
        return AnswerPlan(decision=allow("answer.ticket_is_open"))
    if not by_customer:
        return AnswerPlan(decision=allow("answer.not_of_the_customer"))
    if automatic:
        return AnswerPlan(decision=allow("answer.automatic"))
    if team.on_answer is OnAnswer.IGNORE:
        return AnswerPlan(decision=allow("answer.ignored"))
    within = ticket.closed_at is None or now - ticket.closed_at <= team.reopen_window
    if team.on_answer is OnAnswer.NEW_LINKED or not within:
        return AnswerPlan(decision=allow("answer.opens_another"), opens_another=True)
    moved = plan_move(
        ticket,
        pipeline.first_open(team.id).id,
        pipeline,
        customer=None,
        assignee=None,
        now=now,
        by=by,
        quiet=True,
    )
    return AnswerPlan(decision=allow("answer.reopens"), changes=moved.changes, events=moved.events)
