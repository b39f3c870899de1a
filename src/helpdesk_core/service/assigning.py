"""Use-cases of assignment: the automatic choice, a person's choice, and those who wait (A1-A21)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

import attrs

from helpdesk_core.assignment import (
    Assignment,
    Outcome,
    Workload,
    choose_assignee,
    plan_assignment,
    plan_reassignment,
    pool_of,
)
from helpdesk_core.availability import Availability, Gap
from helpdesk_core.decisions import deny
from helpdesk_core.entities import Actor, CountScope, Id, System, Team, Ticket, User
from helpdesk_core.errors import (
    CalendarError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    RetryableError,
)
from helpdesk_core.fields import check_id, check_ids, utc
from helpdesk_core.plans import Plan
from helpdesk_core.ports import Claim, Position, Session, TicketFilter
from helpdesk_core.service.observing import notes
from helpdesk_core.service.once import Once, same_ticket
from helpdesk_core.service.presence import Pool, Presence
from helpdesk_core.service.showing import shown
from helpdesk_core.service.work import ATTEMPTS, Desk, MovedError, Work

#: Why a ticket waits when the calendar did not answer (A14).
CALENDAR_SILENT = "assignment.calendar_did_not_answer"
_REMEMBERED = 1000  # pools at most


class AssigningUseCases(Desk):
    """Who gets a ticket."""

    def assign(
        self,
        ticket_id: Id,
        user_id: Id | None,
        *,
        actor: Actor,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> Ticket:
        """Give the ticket to somebody, or to nobody, by hand (A7, A18, V10).

        Raises `RefusedError` when they are not eligible. Somebody who is away gets it all the same;
        the event then carries a warning.
        """

        def allowed(work: Work) -> Team:
            team = work.case(ticket_id).team
            work.require("ticket.assign")
            return team

        def do(work: Work) -> Ticket:
            case = work.case_to_change(ticket_id, "ticket.assign", expected_version)
            to = None if user_id is None else work.user(user_id)
            work.carry_out(handing(work, case.ticket, case.team, to))
            return work.fresh(ticket_id)

        return self._write(
            "ticket.assign",
            actor,
            do,
            ticket_ids=[ticket_id],
            look=lambda: self._presence_of_one(user_id, actor, allowed),
            once=Once(
                key=idempotency_key,
                payload={
                    "ticket_id": ticket_id,
                    "user_id": user_id,
                    "expected_version": expected_version,
                },
                again=same_ticket,
            ),
            shown=shown,
        )

    def assign_waiting(self, *, actor: Actor, limit: int = 100) -> tuple[Ticket, ...]:
        """Serve tickets that wait for somebody, oldest first; those that got an assignee (A16).

        A host's worker calls it, say every minute, with `actor=System(reason="worker")`. Raises
        `CalendarError` when the calendar does not answer; the tickets then go on waiting (A14).
        """
        served: list[Ticket] = []
        after: Position | None = None
        while len(served) < limit:
            waiting = self._read(actor, lambda work: _waiting(work, after, limit))  # noqa: B023
            for ticket in waiting:
                given = self._assign_one_waiting(ticket, actor)
                if given is not None:
                    served.append(given)
                if len(served) == limit:
                    break
            if len(waiting) < limit:
                break
            after = Position(waiting[-1].created_at, waiting[-1].id)
        return tuple(served)

    def _assign_one_waiting(self, ticket: Ticket, actor: Actor) -> Ticket | None:
        def do(work: Work) -> Ticket | None:
            work.require("work.assign_waiting")
            case = work.case(ticket.id)
            work.holds(case.team.id)
            if not case.ticket.waiting or case.ticket.is_merged_away or not case.team.auto_assign:
                return None
            if case.team.id != ticket.team_id:
                return None  # another team's by now: its turn comes again
            work.carry_out(choice(work, case.ticket, case.team))
            given = work.fresh(ticket.id)
            return given if given.assignee_id is not None else None

        def look() -> Presence:
            presence = self._presence(
                actor, lambda work: work.session.teams([ticket.team_id])[ticket.team_id]
            )
            if presence.error is not None:
                raise presence.error
            return presence

        return self._write(
            "work.assign_waiting",
            actor,
            do,
            ticket_ids=[ticket.id],
            look=look,
            shown=lambda work, given: None if given is None else shown(work, given),
        )

    def explain_assignment(self, team_id: Id, *, actor: Actor) -> Assignment:
        """Whom the team's next ticket would go to now, and why (A20).

        It shows the team's counts, so it is for who sees all of the team's tickets (T2).
        Raises `CalendarError` when the calendar does not answer (A14).
        """

        def allowed(work: Work) -> Team:
            team = work.team(team_id)
            work.require("ticket.assign")
            work.require_all_of(team)
            return team

        for _ in range(ATTEMPTS):
            presence = self._presence(actor, allowed, always=True)

            def ask(work: Work, presence: Presence = presence) -> Assignment:
                team = allowed(work)
                work.claim(Claim.ASSIGNMENT_ORDER)
                if presence.error is not None:
                    raise presence.error
                counts = work.session.workloads(team.id)
                there = presence.availability or Availability()
                return _decide(work, team, there, presence.pool, counts)

            try:
                return self._read(actor, ask)
            except MovedError:  # somebody joined the pool since the calendar was asked
                continue
        raise RetryableError("the team's pool keeps changing; try again")

    def coverage(
        self, team_id: Id, since: datetime, until: datetime, *, actor: Actor
    ) -> tuple[Gap, ...]:
        """The hours in which nobody who may get the team's tickets will be there (A9, A13).

        For whoever sees all of the team (V12); at most ten years at once. Raises `CalendarError`
        when the calendar does not answer (A14).
        """
        since, until = utc("since", since), utc("until", until)

        def ask(work: Work) -> tuple[Id, ...]:
            team = work.team(team_id)
            work.require_all_of(team)
            return pool_of(team, work.eligible_users(team))

        pool = self._read(actor, ask)
        return self._availability(pool, since, until).coverage(pool, since, until)

    # --- for the other use-cases -----------------------------------------------------------------

    def _presence(
        self, actor: Actor, allowed: Callable[[Work], Team], *, always: bool = False
    ) -> Presence:
        """Who of the team's pool is there when; a silent calendar is kept, not raised.

        Not asked for a team that assigns nothing by itself, unless `always`; nor for who is not
        allowed, so that the calendar is no way to tell a hidden team from none (V14). They are
        told so inside the transaction.
        """
        with self._repository.reading() as session:
            team = self._allowed(session, actor, allowed)
            if team is None or not (always or team.auto_assign):
                return Presence()
            eligible = tuple(session.eligible_users())
        pool = Pool(team, eligible, frozenset(pool_of(team, eligible)))
        return attrs.evolve(self._presence_of(pool.ids, team), seen=pool)

    def _looking(
        self, actor: Actor, team_id: Id, allowed: Callable[[Work], Team]
    ) -> Callable[[], Presence]:
        """Who is there: first of the pool that this actor's last ticket met, then of what it is.

        The first spares a look, and decides nothing: see `_confirmed`. Users have to be allowed
        again each time before anything is remembered for them (V14).
        """
        key = (type(actor), actor, type(team_id), team_id)
        take = self._pools.get if isinstance(actor, System) else self._pools.pop
        tries = iter([take])

        def look() -> Presence:
            check_id("team_id", team_id)
            taken = next(tries, None)
            pool = None if taken is None else taken(key, None)
            if pool is None:
                return self._presence(actor, allowed)
            return attrs.evolve(self._presence_of(pool.ids, pool.team), seen=pool, remembered=True)

        return look

    def _confirmed(self, work: Work, actor: Actor, team: Team) -> None:
        """Start anew when the pool was remembered, and is another by now; else remember it."""
        seen, key = work.presence.seen, (type(actor), actor, type(team.id), team.id)
        if work.presence.remembered and seen is not None:
            eligible = tuple(work.session.eligible_users()) if team.auto_assign else None
            if (team, eligible) != (seen.team, seen.eligible):
                self._pools.pop(key, None)
                raise MovedError
        if seen is not None:
            if len(self._pools) >= _REMEMBERED:
                self._pools.clear()
            self._pools[key] = seen

    def _presence_of_one(
        self, user_id: Id | None, actor: Actor, allowed: Callable[[Work], Team]
    ) -> Presence:
        """Whether this one is there, asked for who is allowed only."""
        if user_id is None:
            return Presence()
        with self._repository.reading() as session:
            team = self._allowed(session, actor, allowed)
        if team is None:
            return Presence()
        return self._presence_of([user_id])

    def _allowed(
        self, session: Session, actor: Actor, allowed: Callable[[Work], Team]
    ) -> Team | None:
        try:
            return allowed(self._begin(session, actor, self._now()))
        except (InvalidValueError, NotFoundError, RefusedError):
            return None

    def _presence_of(self, user_ids: Collection[Id], team: Team | None = None) -> Presence:
        check_ids("user_id", user_ids)
        now = self._now()
        until = _until(now, team)
        try:
            there = self._availability(user_ids, now, until) if user_ids else Availability()
        except CalendarError as error:
            notes().fails(error)
            return Presence(pool=frozenset(user_ids), error=error)
        return Presence(pool=frozenset(user_ids), availability=there)


def _until(now: datetime, team: Team | None) -> datetime:
    """How far recurring absences are asked for: as far as a choice may look (A11)."""
    if team is None:
        return now
    try:
        return now + (team.horizon + team.look_ahead_window)
    except OverflowError:  # to the last moment there is
        return datetime.max.replace(tzinfo=now.tzinfo)


def handing(work: Work, ticket: Ticket, team: Team, to: User | None) -> Plan:
    """To give the ticket to somebody, or nobody, by hand; being away is a warning (A18)."""
    if to is not None and to.is_eligible and not work.reaches(to, team):
        return Plan(decision=deny("assignment.refused.other_company", user_id=to.id))
    there = work.presence.availability
    return plan_reassignment(
        ticket,
        to,
        sequence=_next_sequence(work.session.workloads(ticket.team_id).values()),
        now=work.now,
        by=work.by,
        absent=bool(to and there and not there.is_available(to.id, work.now)),
    )


def choice(work: Work, ticket: Ticket, team: Team) -> Plan:
    """To assign by the team's method, inside the transaction that holds the team (A17)."""
    work.claim(Claim.ASSIGNMENT_ORDER)
    presence = work.presence
    workloads = work.session.workloads(team.id)
    if presence.availability is None:
        assignment = Assignment(outcome=Outcome.NOBODY_AVAILABLE, code=CALENDAR_SILENT)
    else:
        assignment = _decide(work, team, presence.availability, presence.pool, workloads)
    return plan_assignment(
        ticket,
        assignment,
        sequence=_next_sequence(workloads.values()),
        now=work.now,
        by=work.by,
    )


def _decide(
    work: Work,
    team: Team,
    there: Availability,
    asked: frozenset[Id],
    counts: Mapping[Id, Workload],
) -> Assignment:
    pool = pool_of(team, work.eligible_users(team))
    if not asked.issuperset(pool):
        raise MovedError  # somebody joined since the calendar was asked
    workloads = dict(counts)
    if team.assignment_scope is CountScope.GLOBAL:
        # counts over all teams, recency in this one (A6, A7)
        for member_id, everywhere in work.session.workloads(None).items():
            here = workloads.get(member_id)
            workloads[member_id] = attrs.evolve(
                everywhere, last_assigned=here.last_assigned if here else None
            )
    return choose_assignee(
        team.assignment_method,
        pool,
        workloads,
        there,
        work.now,
        look_ahead_window=team.look_ahead_window,
        horizon=team.horizon,
    )


def _next_sequence(workloads: Collection[Workload]) -> int:
    """One more than anybody's of the team, who left included: recency never starts anew (A6)."""
    return 1 + max((w.last_assigned or 0 for w in workloads), default=0)


def _waiting(work: Work, after: Position | None, limit: int) -> list[Ticket]:
    work.require("work.assign_waiting")
    work.claim(Claim.ASSIGNMENT_ORDER)
    query = TicketFilter(waiting=True, closed=False)
    return list(work.session.find(work.scope, query, after=after, limit=limit))
