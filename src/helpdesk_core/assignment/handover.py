"""Who would take over the tickets of somebody who will be away (A15)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import attrs

from helpdesk_core.assignment.choice import Assignment, AssignmentPolicy
from helpdesk_core.assignment.handing import plan_reassignment
from helpdesk_core.assignment.options import Workload
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import allow
from helpdesk_core.entities import Absence, Id, Ticket, User
from helpdesk_core.events import Event, Who
from helpdesk_core.fields import utc
from helpdesk_core.plans import Change, Notice, Plan


@attrs.frozen
class Proposal:
    """Who would take over one ticket; the choice says why, also when there is nobody (A15, A20)."""

    ticket_id: Id
    assignment: Assignment


@attrs.frozen(kw_only=True)
class HandoverPlan(Plan):
    """A proposal for each ticket, oldest first; carried out, those with an assignee go over (A15).

    It is a proposal: nothing of it happens by itself.
    """

    proposals: tuple[Proposal, ...] = ()


def plan_handover(
    absence: Absence,
    tickets: Iterable[Ticket],
    pool: Sequence[User],
    workloads: Mapping[Id, Workload],
    availability: Availability,
    *,
    policy: AssignmentPolicy,
    sequence: int,
    now: datetime,
    by: Who = None,
) -> HandoverPlan:
    """Who would take over what, when somebody will be away (A15).

    Of the `tickets`, which are open ones of one team, those that the absent one has are given out
    one after the other, oldest first, as if they came when the absence begins: by the team's
    policy, among the others of its `pool`, each proposal counted before the next. `sequence` is the
    team's next number (A6). An absence that has begun is looked at from `now`.

    >>> from datetime import UTC
    >>> from helpdesk_core.entities import AssignmentMethod, Role, UserKind
    >>> monday = datetime(2026, 1, 5, tzinfo=UTC)
    >>> ada, bob = (User(id=name, name=name, kind=UserKind.INTERNAL, roles={Role.AGENT})
    ...             for name in ("ada", "bob"))
    >>> ticket = Ticket(id="T-1", team_id="it", stage_id="new", subject="Ink", created_at=monday,
    ...                 assignee_id="ada")
    >>> plan = plan_handover(Absence(user_id="ada", start=monday), [ticket], [ada, bob], {},
    ...                      Availability(), sequence=1, now=monday,
    ...                      policy=AssignmentPolicy(method=AssignmentMethod.EQUAL_OPEN))
    >>> [(proposal.ticket_id, proposal.assignment.assignee_id) for proposal in plan.proposals]
    [('T-1', 'bob')]
    """
    now = utc("now", now)
    moment = max(now, absence.start)
    users = {user.id: user for user in pool if user.is_eligible and user.id != absence.user_id}
    loads = dict(workloads)
    theirs = (t for t in tickets if t.assignee_id == absence.user_id and not t.is_merged_away)
    proposals: list[Proposal] = []
    changes: list[Change] = []
    events: list[Event] = []
    notices: list[Notice] = []
    for ticket in sorted(theirs, key=lambda ticket: ticket.place):
        chosen = policy(list(users), loads, availability, moment, tags=ticket.tags)
        proposals.append(Proposal(ticket.id, chosen))
        if chosen.assignee_id is None:
            continue
        had = loads.get(chosen.assignee_id) or Workload(member_id=chosen.assignee_id)
        loads[chosen.assignee_id] = attrs.evolve(
            had, total=had.total + 1, open=had.open + 1, last_assigned=sequence
        )
        to = users[chosen.assignee_id]
        absent = not availability.is_available(to.id, now)
        given = plan_reassignment(ticket, to, sequence=sequence, now=now, by=by, absent=absent)
        changes += given.changes
        events += given.events
        notices += given.notices
        sequence += 1
    some = sum(proposal.assignment.assignee_id is not None for proposal in proposals)
    return HandoverPlan(
        decision=allow("assignment.handover", tickets=len(proposals), taken_over=some),
        changes=changes,
        events=events,
        notices=notices,
        proposals=tuple(proposals),
    )
