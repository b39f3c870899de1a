"""Who may have a ticket, and what giving it to somebody changes (A1, A2, A6, A7, A16, A18, A21)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import attrs

from helpdesk_core.assignment.choice import Assignment
from helpdesk_core.decisions import Decision, Reason, allow, deny
from helpdesk_core.entities import FollowSource, Id, Team, Ticket, User
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.events import CreditGiven, Event, TicketAssigned, TicketUnassigned, Who
from helpdesk_core.fields import check_collection, utc
from helpdesk_core.plans import (
    AddFollow,
    Change,
    Channel,
    GiveCredit,
    Kind,
    NoteAssignment,
    NoteCatchingUp,
    Notice,
    NoticeKind,
    Plan,
    RemoveFollow,
    SetField,
)

# --- who may, and which ticket is next ---------------------------------------------------------


def pool_of(team: Team, eligible: Iterable[User]) -> tuple[Id, ...]:
    """Who may be assigned the team's tickets automatically, in member order (A2, T3).

    Its members, as far as they are eligible; every eligible user, in the order given, when it
    names none. A team whose members all stopped being eligible has nobody, not everybody.

    >>> from helpdesk_core.entities import Role, UserKind, Visibility
    >>> ada, bob = (User(id=name, name=name, kind=UserKind.INTERNAL, roles={Role.AGENT})
    ...             for name in ("ada", "bob"))
    >>> team = Team(id="it", name="IT", visibility=Visibility.COMPANY, member_ids=["cy", "bob"])
    >>> pool_of(team, [ada, bob])
    ('bob',)
    """
    ids = dict.fromkeys(user.id for user in eligible if user.is_eligible)
    if not team.member_ids:
        return tuple(ids)
    return tuple(member_id for member_id in team.member_ids if member_id in ids)


def waiting_order(tickets: Iterable[Ticket], limit: int | None = None) -> tuple[Ticket, ...]:
    """Those of the tickets that wait for somebody, oldest first, at most `limit` (A16).

    >>> from datetime import UTC
    >>> old, new = (Ticket(id=day, team_id="it", stage_id="new", subject="Ink", waiting=True,
    ...                    created_at=datetime(2026, 1, day, tzinfo=UTC)) for day in (5, 6))
    >>> [ticket.id for ticket in waiting_order([new, old])]
    [5, 6]
    """
    if limit is not None and limit < 0:
        raise InvalidValueError("limit", "must be zero or more")
    waiting = (
        ticket
        for ticket in tickets
        if ticket.waiting and ticket.assignee_id is None and not ticket.is_merged_away
    )
    return tuple(sorted(waiting, key=lambda ticket: ticket.place)[:limit])


# --- what it changes ---------------------------------------------------------------------------

_MERGED_AWAY = Plan(decision=deny("assignment.refused.merged_away"))
_UNCHANGED = Plan(decision=allow("assignment.unchanged"))


def plan_assignment(
    ticket: Ticket, assignment: Assignment, *, sequence: int, now: datetime, by: Who = None
) -> Plan:
    """What an automatic assignment changes (A1, A2, A6, A8, A10, A16, V10).

    An assignee who is there already is never overwritten: the plan is refused (A1). Nobody found,
    or nobody back yet: the ticket waits, and is told of once. `sequence` is the team's next number
    (A6); the choice must have been made from the pool of the ticket's present team (A18). Credits
    and what is to be remembered go with it (A8).

    >>> from helpdesk_core import AssignmentMethod, Ticket, choose_assignee
    >>> from datetime import UTC
    >>> from helpdesk_core.availability import Availability
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", created_at=now)
    >>> chosen = choose_assignee(AssignmentMethod.EQUAL_OPEN, ["ada"], {}, Availability(), now)
    >>> plan = plan_assignment(ticket, chosen, sequence=1, now=now)
    >>> [type(change).__name__ for change in plan.changes]
    ['SetField', 'AddFollow', 'NoteAssignment']
    """
    now = utc("now", now)
    if ticket.is_merged_away:
        return _MERGED_AWAY
    if ticket.assignee_id is not None:
        return Plan(decision=deny("assignment.already_assigned", assignee_id=ticket.assignee_id))
    if assignment.assignee_id is None:
        gone = TicketUnassigned(
            at=now, by=by, ticket_id=ticket.id, team_id=ticket.team_id, code=assignment.code
        )
        return Plan(
            decision=allow(assignment.code),
            changes=_fields(ticket, None, waiting=True),
            events=() if ticket.waiting else (gone,),
        )
    event = TicketAssigned(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=ticket.team_id,
        assignee_id=assignment.assignee_id,
        automatic=True,
        code=assignment.code,
        count=assignment.count,
        tie_breaker=assignment.tie_breaker,
        available_from=assignment.available_from,
    )
    decision = allow(assignment.code, count=assignment.count, tie_breaker=assignment.tie_breaker)
    plan = _handed_to(assignment.assignee_id, ticket, event, decision, sequence=sequence)
    changes, events = _caught_up(ticket.team_id, assignment, now=now, by=by)
    return attrs.evolve(plan, changes=(*plan.changes, *changes), events=(*plan.events, *events))


def plan_reassignment(
    ticket: Ticket,
    to: User | None,
    *,
    sequence: int,
    now: datetime,
    by: Who = None,
    absent: bool = False,
) -> Plan:
    """What giving a ticket to somebody by hand changes; `to=None` takes it from everybody.

    To an eligible user, in the pool or not; `absent` leaves a warning and refuses nothing (A18).
    It advances the rotation as an automatic assignment does (A6), and the count moves (A7). The
    one who had it stops following for that reason (V10). The same assignee again changes nothing.

    >>> from datetime import UTC
    >>> from helpdesk_core.entities import UserKind
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", created_at=now)
    >>> eve = User(id="eve", name="Eve", kind=UserKind.PORTAL)
    >>> plan_reassignment(ticket, eve, sequence=1, now=now).decision.code
    'assignment.refused.not_eligible'
    """
    now = utc("now", now)
    if ticket.is_merged_away:
        return _MERGED_AWAY
    if to is None:
        return _taken_away(ticket, "assignment.unassigned", now=now, by=by)
    if not to.is_eligible:
        return Plan(decision=deny("assignment.refused.not_eligible", user_id=to.id))
    if to.id == ticket.assignee_id:
        return _UNCHANGED
    reasons = (Reason("assignment.manual"), Reason("assignment.absent", {"user_id": to.id}))
    event = TicketAssigned(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=ticket.team_id,
        assignee_id=to.id,
        automatic=False,
        code="assignment.manual",
        warning="assignment.absent" if absent else None,
    )
    decision = Decision(True, reasons if absent else reasons[:1])
    return _handed_to(to.id, ticket, event, decision, sequence=sequence)


@attrs.frozen(kw_only=True)
class TeamChangePlan(Plan):
    """What a change of team does to the assignment; `assign_anew`: choose somebody next (A21)."""

    assign_anew: bool = False


def plan_team_change(
    ticket: Ticket, to_team: Team, pool: Collection[Id], *, now: datetime, by: Who = None
) -> TeamChangePlan:
    """What a move to another team does to the assignee (A21).

    An assignee in `pool`, the new team's, keeps the ticket. Else it becomes unassigned, and with
    automatic assignment on it is to be assigned anew: `assign_anew` says so, and the caller goes
    on with `choose_assignee` and `plan_assignment` on the ticket as it is then. Call it with the
    ticket as it was before the move.

    >>> from datetime import UTC
    >>> from helpdesk_core.entities import Visibility
    >>> now = datetime(2026, 1, 5, tzinfo=UTC)
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", created_at=now,
    ...                 assignee_id="ada")
    >>> legal = Team(id="legal", name="Legal", visibility=Visibility.PRIVATE, auto_assign=True)
    >>> plan = plan_team_change(ticket, legal, ["bob"], now=now)
    >>> plan.decision.code, plan.assign_anew
    ('assignment.not_in_pool', True)
    >>> plan_team_change(ticket, legal, ["ada"], now=now).decision.code
    'assignment.kept'
    """
    now = utc("now", now)
    check_collection("pool", pool)
    if ticket.is_merged_away:
        return TeamChangePlan(decision=_MERGED_AWAY.decision)
    if ticket.assignee_id is not None and ticket.assignee_id in pool:
        return TeamChangePlan(decision=allow("assignment.kept", assignee_id=ticket.assignee_id))
    if ticket.assignee_id is None and to_team.auto_assign:  # a waiting one goes on waiting
        return TeamChangePlan(decision=allow("assignment.unassigned"), assign_anew=True)
    code = "assignment.unassigned" if ticket.assignee_id is None else "assignment.not_in_pool"
    gone = _taken_away(ticket, code, now=now, by=by, team_id=to_team.id)
    return TeamChangePlan(
        decision=allow(code),
        changes=gone.changes,
        events=gone.events,
        assign_anew=to_team.auto_assign,
    )


def _handed_to(
    assignee_id: Id, ticket: Ticket, event: TicketAssigned, decision: Decision, *, sequence: int
) -> Plan:
    """The ticket goes to somebody, who follows it in the same transaction (V10)."""
    changes = _fields(ticket, assignee_id, available_from=event.available_from)
    changes += _unfollow(ticket)
    if FollowSource.ASSIGNED not in ticket.followers.get(assignee_id, ()):
        changes.append(
            AddFollow(
                kind=Kind.TICKET,
                id=ticket.id,
                user_id=assignee_id,
                source=FollowSource.ASSIGNED,
            )
        )
    changes.append(NoteAssignment(team_id=ticket.team_id, member_id=assignee_id, sequence=sequence))
    told = Notice(
        ticket_id=ticket.id,
        recipient_id=assignee_id,
        channel=Channel.EMAIL,
        kind=NoticeKind.ASSIGNED,
    )
    return Plan(
        decision=decision,
        changes=changes,
        events=(event,),
        notices=() if event.by == assignee_id else (told,),  # who takes a ticket knows (V9)
    )


def _caught_up(
    team_id: Id, assignment: Assignment, *, now: datetime, by: Who
) -> tuple[list[Change], list[Event]]:
    """The credits of an assignment, and what the team remembers of it (A8)."""
    changes: list[Change] = []
    events: list[Event] = []
    for credit in assignment.credits:
        member_id, tickets = credit.member_id, credit.tickets
        changes.append(GiveCredit(team_id=team_id, member_id=member_id, tickets=tickets))
        events.append(
            CreditGiven(at=now, by=by, team_id=team_id, member_id=member_id, tickets=tickets)
        )
    if assignment.catching_up is not None:
        changes.append(NoteCatchingUp(team_id=team_id, catching_up=assignment.catching_up))
    return changes, events


def _taken_away(
    ticket: Ticket, code: str, *, now: datetime, by: Who, team_id: Id | None = None
) -> Plan:
    """Nobody has the ticket, and it does not wait."""
    changes = _fields(ticket, None) + _unfollow(ticket)
    if not changes:
        return _UNCHANGED
    event = TicketUnassigned(
        at=now,
        by=by,
        ticket_id=ticket.id,
        team_id=ticket.team_id if team_id is None else team_id,
        code=code,
        was_assignee_id=ticket.assignee_id,
    )
    return Plan(decision=allow(code), changes=changes, events=(event,))


def _fields(
    ticket: Ticket,
    assignee_id: Id | None,
    *,
    available_from: datetime | None = None,
    waiting: bool = False,
) -> list[Change]:
    """The fields of an assignment that become others."""
    values = {"assignee_id": assignee_id, "available_from": available_from, "waiting": waiting}
    return [
        SetField(
            kind=Kind.TICKET,
            id=ticket.id,
            field=field,
            expected=getattr(ticket, field),
            value=value,
        )
        for field, value in values.items()
        if getattr(ticket, field) != value
    ]


def _unfollow(ticket: Ticket) -> list[Change]:
    """Who had the ticket stops following for that reason; other sources stay (V10)."""
    had = ticket.assignee_id
    if had is None or FollowSource.ASSIGNED not in ticket.followers.get(had, ()):
        return []
    return [RemoveFollow(kind=Kind.TICKET, id=ticket.id, user_id=had, source=FollowSource.ASSIGNED)]
