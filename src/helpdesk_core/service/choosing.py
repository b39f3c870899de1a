"""Who gets a ticket, decided inside the transaction that holds the team (A17).

Who is there was asked before it began: `Work.presence`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from helpdesk_core.assignment import (
    Assignment,
    AssignmentPolicy,
    Filter,
    HandoverPlan,
    Outcome,
    Term,
    Workload,
    next_sequence,
    plan_assignment,
    plan_handover,
    plan_reassignment,
    pool_of,
)
from helpdesk_core.availability import Availability
from helpdesk_core.decisions import deny
from helpdesk_core.entities import Absence, CountScope, Id, Team, Ticket, User
from helpdesk_core.plans import Plan
from helpdesk_core.ports import Claim, Session, TicketFilter
from helpdesk_core.service.presence import Presence
from helpdesk_core.service.work import MovedError, Work

#: Why a ticket waits when the calendar did not answer (A14).
CALENDAR_SILENT = "assignment.calendar_did_not_answer"


def handing(work: Work, ticket: Ticket, team: Team, to: User | None) -> Plan:
    """To give the ticket to somebody, or nobody, by hand; being away is a warning (A18)."""
    if to is not None and to.is_eligible and not work.reaches(to, team):
        return Plan(decision=deny("assignment.refused.other_company", user_id=to.id))
    there = work.presence.availability
    return plan_reassignment(
        ticket,
        to,
        sequence=next_sequence(work.session.workloads(ticket.team_id).values()),
        now=work.now,
        by=work.by,
        absent=bool(to and there and not there.is_available(to.id, work.now)),
    )


def choice(work: Work, ticket: Ticket, team: Team) -> Plan:
    """To assign by the team's method, inside the transaction that holds the team (A17)."""
    work.claim(Claim.ASSIGNMENT_ORDER)
    if team.assignment_scope is CountScope.GLOBAL:
        work.holds(*counting_globally(work.session))
    workloads = work.session.workloads(team.id)
    if work.presence.availability is None:
        assignment = Assignment(outcome=Outcome.NOBODY_AVAILABLE, code=CALENDAR_SILENT)
    else:
        assignment = decide(work, team, ticket.tags, workloads)
    return plan_assignment(
        ticket,
        assignment,
        sequence=next_sequence(workloads.values()),
        now=work.now,
        by=work.by,
    )


def decide(
    work: Work, team: Team, tags: frozenset[str], counts: Mapping[Id, Workload]
) -> Assignment:
    """By the team's policy, with these counts of it; nothing is written (A3-A11, A19, A20)."""
    there = known_presence(work.presence).availability or Availability()
    pool, _ = _asked_about(work, team)
    policy = _policy_in(work, team)
    known = None
    if policy.catches_up:
        work.claim(Claim.CREDITS)
        known = work.session.catching_up(team.id)
    workloads = _counted(work, team, counts)
    return policy(pool, workloads, there, work.now, tags=tags, catching_up=known)


def _policy_in(work: Work, team: Team) -> AssignmentPolicy:
    seen = work.presence.seen
    if seen is not None and (seen.team is team or seen.team == team):
        return seen.policy
    return policy_of(team, work.filters, work.ranking)


def _asked_about(work: Work, team: Team) -> tuple[tuple[Id, ...], list[User]]:
    """The team's pool, and who is eligible; the calendar was asked about all of the pool."""
    eligible = work.eligible_users(team)
    pool = pool_of(team, eligible)
    if not work.presence.pool.issuperset(pool):
        raise MovedError  # somebody joined since the calendar was asked
    return pool, eligible


def _counted(work: Work, team: Team, counts: Mapping[Id, Workload]) -> Mapping[Id, Workload]:
    """The counts as the team's scope says: of this team, or of all (A7)."""
    if team.assignment_scope is CountScope.TEAM:
        return counts
    # counts over all teams; recency and credit in this one (A6, A8)
    workloads = dict(counts)
    for member_id, everywhere in work.session.workloads(None).items():
        here = counts.get(member_id, Workload(member_id=member_id))
        workloads[member_id] = attrs.evolve(
            everywhere, last_assigned=here.last_assigned, credit=here.credit
        )
    return workloads


def handing_over(work: Work, team: Team, absence: Absence) -> HandoverPlan:
    """Who would take over the team's open tickets of somebody who will be away (A15)."""
    pool, eligible = _asked_about(work, team)
    users = {user.id: user for user in eligible}
    counts = work.session.workloads(team.id)
    query = TicketFilter(team_ids=frozenset({team.id}), assignee_id=absence.user_id, closed=False)
    return plan_handover(
        absence,
        work.session.find(work.scope, query),
        [users[member_id] for member_id in pool],
        _counted(work, team, counts),
        known_presence(work.presence).availability or Availability(),
        policy=_policy_in(work, team),
        sequence=next_sequence(counts.values()),
        now=work.now,
        by=work.by,
    )


def counting_globally(session: Session) -> list[Id]:
    """The teams to hold while one of them assigns: all that count over all teams (A7).

    Of those at most one assigns at a time; what the others assign depends on nobody's counts
    but their own, so there is an order in which all could have come (A17).
    """
    teams = session.teams().values()
    return [team.id for team in teams if team.assignment_scope is CountScope.GLOBAL]


def known_presence(presence: Presence) -> Presence:
    """The same, when the calendar answered (A14)."""
    if presence.error is not None:
        raise presence.error
    return presence


def policy_of(
    team: Team, filters: Mapping[str, Filter], ranking: Mapping[str, Term]
) -> AssignmentPolicy:
    """How the team assigns, with the filters and the ranking of the host (A19)."""
    return AssignmentPolicy(
        method=team.assignment_method,
        mode=team.assignment_mode,
        look_ahead_window=team.look_ahead_window,
        horizon=team.horizon,
        catch_up=team.catch_up,
        member_options=team.member_options,
        filters=filters,
        ranking=ranking,
    )
