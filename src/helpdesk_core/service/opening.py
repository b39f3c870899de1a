"""How a ticket comes in: what is added, and what is told of it (G8, T5, V9)."""

from __future__ import annotations

import enum

import attrs

from helpdesk_core.decisions import allow
from helpdesk_core.entities import FollowSource, Id, Stage, Team, Ticket, User, UserKind
from helpdesk_core.events import Event, FollowerAdded, StageMessageSkipped, TicketOpened
from helpdesk_core.plans import Add, Channel, Notice, NoticeKind, Plan, SetField
from helpdesk_core.service.work import Work
from helpdesk_core.stages import stage_messages
from helpdesk_core.visibility import audience


def after(ticket: Ticket, *plans: Plan) -> Ticket:
    """The ticket with the fields that plans will have set."""
    changes = [c for plan in plans for c in plan.changes if isinstance(c, SetField)]
    return attrs.evolve(ticket, **{change.field: change.value for change in changes})


class Answering(enum.Enum):
    """Who is told of a new ticket when a mail opened it (N3)."""

    NO_MAIL = enum.auto()  #: somebody opened it, by other ways
    ANSWERED = enum.auto()  #: its sender by the stage's message, and the others
    UNANSWERED = enum.auto()  #: only the others
    QUIET = enum.auto()  #: nobody: a machine sent it


def taking_in(
    work: Work,
    ticket: Ticket,
    assigned: Ticket,
    team: Team,
    stage: Stage,
    customer: User | None,
    how: Answering = Answering.NO_MAIL,
) -> Plan:
    """To add a new ticket, with what is told of it; a message names who will have it (G8)."""
    events: list[Event] = [
        TicketOpened(
            at=work.now, by=work.by, ticket_id=ticket.id, team_id=team.id, stage_id=stage.id
        )
    ]
    events += [
        FollowerAdded(
            at=work.now,
            by=work.by,
            ticket_id=ticket.id,
            team_id=team.id,
            user_id=user_id,
            source=source,
        )
        for user_id, sources in ticket.followers.items()
        for source in sorted(sources, key=lambda source: source.value)
    ]
    messages, skips = stage_messages(
        assigned,
        stage,
        team,
        customer=customer,
        assignee=work.user_or_none(assigned.assignee_id),
        now=work.now,
        by=work.by,
        in_answer=how is not Answering.NO_MAIL,
    )
    if how in (Answering.UNANSWERED, Answering.QUIET):
        skips = (*skips, *(_not_answered(work, team, notice) for notice in messages))
        messages = ()
    followers = work.session.users({*ticket.followers, *team.followers})
    told = audience(ticket, team, followers, work.author_id, company_scope=work.company_scope)
    opened = [
        Notice(
            ticket_id=ticket.id,
            recipient_id=recipient.user_id,
            channel=Channel.EMAIL,
            kind=NoticeKind.OPENED,
        )
        for recipient in told
        if recipient.user_id != ticket.customer_id  # the stage's message is theirs (G8)
        and how is not Answering.QUIET
    ]
    return Plan(
        decision=allow("ticket.opened"),
        changes=[Add(ticket)],
        events=[*events, *skips],
        notices=[*messages, *opened],
    )


def _not_answered(work: Work, team: Team, message: Notice) -> Event:
    """That a machine is not answered by one, or nobody too often, is history (N3)."""
    assert message.stage_id is not None
    return StageMessageSkipped(
        at=work.now,
        by=work.by,
        ticket_id=message.ticket_id,
        team_id=team.id,
        stage_id=message.stage_id,
        channel=message.channel.value,
        code="stage.skipped.automatic_mail",
    )


def first_followers(
    opener_id: Id | None, customer: User | None
) -> dict[Id, frozenset[FollowSource]]:
    """The opener by choice, and a portal customer as such (T5)."""
    followers: dict[Id, frozenset[FollowSource]] = {}
    if opener_id is not None:
        followers[opener_id] = frozenset({FollowSource.CHOSEN})
    if customer is not None and customer.kind is UserKind.PORTAL:
        sources = followers.get(customer.id, frozenset())
        followers[customer.id] = sources | {FollowSource.CUSTOMER}
    return followers
