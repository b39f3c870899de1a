"""What a stage does to its tickets: closing, reopening and its messages (G1, G3, G4, G7-G10).

A ticket is closed exactly when its stage is folded; everything else here follows from that. The
functions plan, and the service applies a plan in one transaction. The order of the stages is
`pipeline`'s matter, and is given here too; boards are in `boards`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from helpdesk_core.decisions import Decision, allow, deny
from helpdesk_core.entities import Id, Stage, Team, Ticket, User, is_closed
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import (
    Event,
    StageDeleted,
    StageFoldChanged,
    StageMessageSkipped,
    TicketClosed,
    TicketMoved,
    TicketReopened,
    TicketTransferred,
    Who,
)
from helpdesk_core.fields import utc
from helpdesk_core.pipeline import Pipeline, ReorderPlan, plan_reorder, plan_reorder_team
from helpdesk_core.plans import (
    Change,
    Channel,
    DeleteStage,
    Kind,
    Notice,
    NoticeKind,
    Plan,
    SetField,
)

__all__ = [
    "FoldPlan",
    "Pipeline",
    "ReorderPlan",
    "is_closed",
    "plan_fold_change",
    "plan_move",
    "plan_reorder",
    "plan_reorder_team",
    "plan_stage_removal",
    "plan_transfer",
    "stage_messages",
    "template_values",
]

# --- what a stage says to the customer -----------------------------------------------------------


def template_values(
    ticket: Ticket, stage: Stage, team: Team, customer: User | None, assignee: User | None
) -> dict[str, str]:
    """What a stage's templates may name, as plain strings (G8, N4).

    Of the team customers read the public description (T1); who is not there has an empty name.
    """
    return {
        "ticket.id": str(ticket.id),
        "ticket.subject": ticket.subject,
        "ticket.priority": str(ticket.priority),
        "stage.name": stage.name,
        "stage.description": stage.description,
        "team.name": team.name,
        "team.description": team.public_description,
        "customer.name": customer.name if customer else "",
        "assignee.name": assignee.name if assignee else "",
    }


def stage_messages(
    ticket: Ticket,
    stage: Stage,
    team: Team,
    *,
    customer: User | None,
    assignee: User | None,
    now: datetime,
    by: Who = None,
    sent_before: frozenset[Id] = frozenset(),
) -> tuple[tuple[Notice, ...], tuple[Event, ...]]:
    """The stage's messages to the customer on entering, and the recorded skips (G8).

    For moves and for creation alike: the e-mail and the SMS once each. No customer, no address or
    no number: a `StageMessageSkipped`. `sent_before` are the stages whose message this ticket
    already got; one with `once_per_ticket` among them says nothing more.

    >>> from helpdesk_core.entities import UserKind, Visibility
    >>> from helpdesk_core.templates import SmsTemplate
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> solved = Stage(id="solved", name="Solved", position=1,
    ...                sms_template=SmsTemplate("${ticket.subject}: ${stage.name}"))
    >>> ticket = Ticket(id=1, team_id="it", stage_id="new", subject="Ink", created_at=now,
    ...                 customer_id="eve")
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"solved"})
    >>> eve = User(id="eve", name="Eve", kind=UserKind.CONTACT, phone="+39 055 0000")
    >>> notices, skips = stage_messages(ticket, solved, team, customer=eve, assignee=None, now=now)
    >>> notices[0].text, skips
    ('Ink: Solved', ())
    """
    _is_who("customer", customer, ticket.customer_id)
    _is_who("assignee", assignee, ticket.assignee_id)
    if stage.once_per_ticket and stage.id in sent_before:
        return (), ()
    values = template_values(ticket, stage, team, customer, assignee)
    notices: list[Notice] = []
    skips: list[Event] = []

    def say(channel: Channel, no_address: str, subject: str | None, text: str) -> None:
        if customer is None:
            code = "stage.skipped.no_customer"
        elif not customer.active:
            code = "stage.skipped.inactive_customer"
        elif not (customer.email if channel is Channel.EMAIL else customer.phone):
            code = no_address
        else:
            notices.append(
                Notice(
                    ticket_id=ticket.id,
                    recipient_id=customer.id,
                    channel=channel,
                    kind=NoticeKind.STAGE,
                    stage_id=stage.id,
                    subject=subject,
                    text=text,
                )
            )
            return
        skips.append(
            StageMessageSkipped(
                at=utc("now", now),
                by=by,
                ticket_id=ticket.id,
                team_id=team.id,
                stage_id=stage.id,
                channel=channel.value,
                code=code,
            )
        )

    if stage.email_template is not None:
        say(Channel.EMAIL, "stage.skipped.no_email", *stage.email_template.render(values))
    if stage.sms_template is not None:
        say(Channel.SMS, "stage.skipped.no_phone", None, stage.sms_template.render(values))
    return tuple(notices), tuple(skips)


def _is_who(field: str, user: User | None, expected: Id | None) -> None:
    if user is not None and user.id != expected:
        raise InvalidValueError(field, f"is {user.id!r}, the ticket's is {expected!r}")


# --- one ticket ----------------------------------------------------------------------------------


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
        return Plan(decision=_not_in_team(stage.id, team.id))
    if ticket.stage_id == stage.id:
        return Plan(decision=allow("stage.unchanged"))
    now = utc("now", now)
    moved = _enter(ticket, pipeline.stage(ticket.stage_id), stage, team, now=now, by=by)
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
        changes=_set(Kind.TICKET, ticket, "team_id", team.id),
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
    moved = _enter(ticket, old, new, team, now=now, by=by)
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


def _enter(ticket: Ticket, old: Stage, new: Stage, team: Team, *, now: datetime, by: Who) -> Plan:
    """The move itself: fields and events, no message. A tombstone never closes (M8)."""
    move = TicketMoved(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=team.id,
        from_stage_id=old.id,
        to_stage_id=new.id,
    )
    changes = _set(Kind.TICKET, ticket, "stage_id", new.id)
    events: list[Event] = [move]
    if old.folded is not new.folded and not ticket.is_merged_away:
        flip, flipped = _flip(ticket, new.id, team.id, closed=new.folded, now=now, by=by)
        changes += flip
        events.append(flipped)
    return Plan(decision=allow("stage.moved", stage_id=new.id), changes=changes, events=events)


def _flip(
    ticket: Ticket, stage_id: Id, team_id: Id, *, closed: bool, now: datetime, by: Who
) -> tuple[list[Change], Event]:
    """Close or reopen: one event, and `closed_at` follows (G3)."""
    event = TicketClosed if closed else TicketReopened
    return (
        _set(Kind.TICKET, ticket, "closed_at", now if closed else None),
        event(at=now, by=by, ticket_id=ticket.id, team_id=team_id, stage_id=stage_id),
    )


def _set(kind: Kind, thing: Ticket | Team | Stage, field: str, value: Any) -> list[Change]:
    """The change of one field, or none when the value is there already."""
    expected = getattr(thing, field)
    if expected == value:
        return []
    return [SetField(kind=kind, id=thing.id, field=field, expected=expected, value=value)]


def _merged_away(ticket: Ticket) -> Plan:
    return Plan(
        decision=deny(
            "stage.refused.merged_away", ticket_id=ticket.id, merged_into=ticket.merged_into
        )
    )


def _not_in_team(stage_id: Id, *team_ids: Id) -> Decision:
    return deny("stage.refused.not_in_team", stage_id=stage_id, team_ids=team_ids)


# --- the stages themselves -----------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class FoldPlan(Plan):
    """A change of `folded`; `per_team` is how many tickets it closes or reopens where (G4).

    Every team that uses the stage is named, those without tickets in it too.
    """

    per_team: tuple[tuple[Id, int], ...] = ()


def plan_fold_change(
    stage_id: Id,
    folded: bool,
    pipeline: Pipeline,
    tickets: Iterable[Ticket],
    *,
    now: datetime,
    by: Who = None,
    confirmed: bool = False,
) -> FoldPlan:
    """Fold or unfold a stage, which closes or reopens its tickets in every team (G4, G7).

    `tickets` are all in that stage, of whatever team; tombstones are passed over (M8). Unless
    `confirmed`, a change that meets tickets is refused and its `per_team` is the preview. No
    customer is written to. Refused when it leaves a team without an unfolded stage.

    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "done"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="done", name="Done", position=1)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="done", subject="Ink", created_at=now)
    >>> plan = plan_fold_change("done", True, pipeline, [ticket], now=now)
    >>> plan.decision.code, plan.per_team
    ('stage.refused.not_confirmed', (('it', 1),))
    >>> plan = plan_fold_change("done", True, pipeline, [ticket], now=now, confirmed=True)
    >>> [event.name for event in plan.events]
    ['StageFoldChanged', 'TicketClosed']
    """
    if not isinstance(folded, bool):
        raise InvalidValueError("folded", "must be a bool")
    stage = pipeline.stage(stage_id)
    if stage.folded is folded:
        return FoldPlan(decision=allow("stage.unchanged"))
    inside = [ticket for ticket in _all_in(stage, tickets) if not ticket.is_merged_away]
    teams = pipeline.teams_using(stage.id)
    counts = Counter({team.id: 0 for team in teams})
    counts.update(ticket.team_id for ticket in inside)
    per_team = tuple(counts.items())
    stranded = pipeline.left_without_open(stage.id, teams)
    if stranded:
        return FoldPlan(decision=_last_open(stage.id, stranded), per_team=per_team)
    if inside and not confirmed:
        refusal = deny("stage.refused.not_confirmed", stage_id=stage.id, tickets=len(inside))
        return FoldPlan(decision=refusal, per_team=per_team)
    now = utc("now", now)
    changes = _set(Kind.STAGE, stage, "folded", folded)
    events: list[Event] = [StageFoldChanged(at=now, by=by, stage_id=stage.id, folded=folded)]
    for ticket in inside:
        flip, flipped = _flip(ticket, stage.id, ticket.team_id, closed=folded, now=now, by=by)
        changes += flip
        events.append(flipped)
    return FoldPlan(
        decision=allow("stage.fold_changed", stage_id=stage.id, folded=folded),
        changes=changes,
        events=events,
        per_team=per_team,
    )


def plan_stage_removal(
    stage_id: Id,
    pipeline: Pipeline,
    tickets: Iterable[Ticket],
    *,
    team_id: Id | None = None,
    move_to: Id | None = None,
    customers: Mapping[Id, User],
    assignees: Mapping[Id, User],
    now: datetime,
    by: Who = None,
    sent_before: Mapping[Id, frozenset[Id]] | None = None,
) -> Plan:
    """Delete a stage, or take it from one team; its tickets are moved first (G7, G10).

    `tickets` are those in the stage, tombstones too, for they stand in it as well. With tickets
    and without `move_to` it is refused, with their number. `move_to` must be a stage of each of
    their teams; the moves close, reopen and send what moves do, and a tombstone is moved without a
    word. `sent_before` gives, for each ticket, the stages whose message it already got (G8).

    >>> from helpdesk_core.entities import Visibility
    >>> from datetime import UTC
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, stage_ids={"new", "old"})
    >>> pipeline = Pipeline([Stage(id="new", name="New", position=0),
    ...                      Stage(id="old", name="Old", position=1)], [team])
    >>> ticket = Ticket(id=1, team_id="it", stage_id="old", subject="Ink", created_at=now)
    >>> plan_stage_removal("old", pipeline, [ticket], customers={}, assignees={},
    ...                    now=now).decision.code
    'stage.refused.holds_tickets'
    >>> plan_stage_removal("old", pipeline, [ticket], move_to="new", customers={}, assignees={},
    ...                    now=now).decision.code
    'stage.removed'
    """
    stage = pipeline.stage(stage_id)
    teams = pipeline.teams_using(stage.id)
    if team_id is not None:
        if not pipeline.belongs(stage.id, team_id):
            return Plan(decision=_not_in_team(stage.id, team_id))
        teams = (pipeline.team(team_id),)
    stranded = pipeline.left_without_open(stage.id, teams)
    if stranded:
        return Plan(decision=_last_open(stage.id, stranded))
    inside = [ticket for ticket in _all_in(stage, tickets) if team_id in (None, ticket.team_id)]
    if inside and move_to is None:
        away = sum(ticket.is_merged_away for ticket in inside)
        return Plan(
            decision=deny(
                "stage.refused.holds_tickets",
                stage_id=stage.id,
                tickets=len(inside) - away,
                merged_away=away,
            )
        )
    now = utc("now", now)
    changes: list[Change] = []
    events: list[Event] = []
    notices: list[Notice] = []
    if move_to is not None:
        target = pipeline.stage(move_to)
        if target.id == stage.id:
            raise InvalidValueError("move_to", "must be another stage")
        homes = dict.fromkeys(ticket.team_id for ticket in inside)
        outside = tuple(home for home in homes if not pipeline.belongs(target.id, home))
        if outside:
            return Plan(decision=_not_in_team(target.id, *outside))
        for ticket in inside:
            if ticket.is_merged_away:
                home = pipeline.team(ticket.team_id)
                moved = _enter(ticket, stage, target, home, now=now, by=by)
            else:
                moved = plan_move(
                    ticket,
                    target.id,
                    pipeline,
                    customer=_known(customers, ticket.customer_id),
                    assignee=_known(assignees, ticket.assignee_id),
                    now=now,
                    by=by,
                    sent_before=(sent_before or {}).get(ticket.id, frozenset()),
                )
            changes += moved.changes
            events += moved.events
            notices += moved.notices
    for team in teams:
        changes += _set(Kind.TEAM, team, "stage_ids", team.stage_ids - {stage.id})
    if team_id is None:
        changes.append(DeleteStage(stage_id=stage.id))
    events.append(StageDeleted(at=now, by=by, team_id=team_id, stage_id=stage.id))
    return Plan(
        decision=allow("stage.removed", stage_id=stage.id),
        changes=changes,
        events=events,
        notices=notices,
    )


def _known(users: Mapping[Id, User], user_id: Id | None) -> User | None:
    return None if user_id is None else users.get(user_id)


def _all_in(stage: Stage, tickets: Iterable[Ticket]) -> Iterable[Ticket]:
    for ticket in tickets:
        if ticket.stage_id != stage.id:
            raise InvalidValueError("tickets", f"holds {ticket.id!r}, which is in another stage")
        yield ticket


def _last_open(stage_id: Id, team_ids: tuple[Id, ...]) -> Decision:
    return deny("stage.refused.last_open_stage", stage_id=stage_id, team_ids=team_ids)
