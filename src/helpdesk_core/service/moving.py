"""From stage to stage by somebody's hand: the plan of a move, and where it may go (G3, T5)."""

from __future__ import annotations

from helpdesk_core.entities import Actor, Id, Stage, System
from helpdesk_core.plans import Plan
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.permissions import own_roles
from helpdesk_core.service.work import Case, Work
from helpdesk_core.stages import allowed_stages, can_move, plan_move
from helpdesk_core.visibility.showing import shown_stage


class MovingUseCases(Desk):
    """Where tickets may go."""

    def allowed_moves(self, ticket_id: Id, *, actor: Actor) -> tuple[Stage, ...]:
        """The other stages that the one who acts may `move` the ticket to, in order (T5, G5).

        Nothing for who may not move tickets, and for a tombstone, which stays in its place (M8).
        """

        def ask(work: Work) -> tuple[Stage, ...]:
            case = work.case(ticket_id)
            if case.ticket.is_merged_away:
                return ()
            return tuple(shown_stage(stage, work.actor) for stage in where_to(work, case))

        return self._read(actor, ask)


def moving(work: Work, case: Case, stage_id: Id, *, limited: bool = True) -> Plan:
    """To put the ticket into another stage of its team, when this person may make the move.

    Asked by every use-case in which somebody does so. One that is not `limited` follows from a
    rule of the desk.
    """
    ticket, pipeline = case.ticket, work.pipeline(case.team)
    plan = plan_move(
        ticket,
        stage_id,
        pipeline,
        customer=work.user_or_none(ticket.customer_id),
        assignee=work.user_or_none(ticket.assignee_id),
        now=work.now,
        by=work.by,
        sent_before=work.sent_before(ticket.id, [pipeline.stage(stage_id)]),
    )
    # Staying where it is is no move, and what is refused anyhow is refused for that.
    if not plan.changes or not limited or isinstance(work.actor, System):
        return plan
    # Who may close their own and not move is not told where others could.
    columns = () if work.may("ticket.move") is not None else pipeline.columns(case.team.id)
    decision = can_move(ticket.stage_id, stage_id, columns, own_roles(work.actor), work.moves)
    return plan if decision.allowed else Plan(decision=decision)


def where_to(work: Work, case: Case) -> tuple[Stage, ...]:
    """The other stages of its team that the one who acts may move the ticket to, in order."""
    if work.may("ticket.move") is not None:
        return ()
    columns = work.pipeline(case.team).columns(case.team.id)
    if isinstance(work.actor, System):
        return tuple(stage for stage in columns if stage.id != case.ticket.stage_id)
    return allowed_stages(case.ticket.stage_id, columns, own_roles(work.actor), work.moves)
