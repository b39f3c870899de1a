"""What follows from an answer to a closed ticket, inside the transaction that holds it (G11)."""

from __future__ import annotations

import attrs

from helpdesk_core.decisions import allow
from helpdesk_core.entities import Id, Message, Ticket, User
from helpdesk_core.plans import Kind, Plan, SetField
from helpdesk_core.ports import Claim
from helpdesk_core.service.choosing import choice
from helpdesk_core.service.opening import Answering, after, first_followers, taking_in
from helpdesk_core.service.presence import NOT_ASKED
from helpdesk_core.service.work import Case, MovedError, Work
from helpdesk_core.stages.answering import AnswerPlan, plan_answer


def answering(
    work: Work, addressed: Case, root: Case, message: Message, *, by_mail: bool = False
) -> AnswerPlan:
    """What the message does to the ticket on which it lands.

    A customer is that of the ticket addressed, or of its root. Who may not see the root opens no
    other ticket in its team: the message stands on it. By mail its own customer does, who is shown
    nothing of it.
    """
    customers = {addressed.ticket.customer_id, root.ticket.customer_id} - {None}
    if message.internal or work.author_id not in customers:
        return AnswerPlan(decision=allow("answer.not_of_the_customer"))
    plan = plan_answer(
        root.ticket,
        root.team,
        work.pipeline(root.team),
        by_customer=True,
        automatic=message.automatic,
        now=work.now,
        by=work.by,
    )
    own = by_mail and work.author_id == root.ticket.customer_id
    if plan.opens_another and not own and not work.sees(root.ticket, root.team):
        return attrs.evolve(plan, opens_another=False)
    return plan


def opening_another(work: Work, closed: Case, id: Id, how: Answering = Answering.NO_MAIL) -> Case:
    """A new ticket of the same matter, linked to the closed one both ways; else it is as any."""
    assert isinstance(work.actor, User)
    team, customer = closed.team, work.actor
    if team.auto_assign and work.presence == NOT_ASKED:
        raise MovedError  # it was open when the calendar would have been asked
    stage = work.pipeline(team).first_open(team.id)
    linked = Claim.MERGE in work.claims
    ticket = Ticket(
        id=id,
        team_id=team.id,
        stage_id=stage.id,
        subject=closed.ticket.subject,
        created_at=work.now,
        opener_id=customer.id,
        customer_id=customer.id,
        links={closed.ticket.id} if linked else (),
        followers=first_followers(
            customer.id if work.sees(closed.ticket, team) else None, customer
        ),
    )
    assigning = [choice(work, ticket, team)] if team.auto_assign else []
    assigned = after(ticket, *assigning) if stage.writes else ticket
    back = SetField.of(Kind.TICKET, closed.ticket, "links", closed.ticket.links | {id})
    link = Plan(decision=allow("answer.opens_another"), changes=[back] if linked else [])
    opening = taking_in(work, ticket, assigned, team, stage, customer, how)
    work.carry_out(opening, *assigning, link)
    return Case(work.session.tickets([id])[id], team)
