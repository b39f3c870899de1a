"""Use-cases of assignment: the automatic choice, a person's choice, and those who wait (A1-A21)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import TypeVar

import attrs

from helpdesk_core.assignment import (
    Assignment,
    HandoverPlan,
    pool_of,
)
from helpdesk_core.availability import Availability, Gap
from helpdesk_core.entities import Absence, Actor, CountScope, Id, System, Team, Ticket
from helpdesk_core.errors import (
    CalendarError,
    InvalidValueError,
    NotFoundError,
    RefusedError,
    RetryableError,
)
from helpdesk_core.fields import check_ids, distinct, utc
from helpdesk_core.ports import Claim, Position, Session, TicketFilter
from helpdesk_core.service.choosing import (
    choice,
    counting_globally,
    decide,
    handing,
    handing_over,
    known_presence,
    policy_of,
)
from helpdesk_core.service.desk import ATTEMPTS, Desk
from helpdesk_core.service.observing import notes
from helpdesk_core.service.once import Once, same_ticket
from helpdesk_core.service.presence import Pool, Presence
from helpdesk_core.service.showing import shown
from helpdesk_core.service.work import MovedError, Work

T = TypeVar("T")

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
            waiting = self._read(actor, partial(_waiting, after=after, limit=limit))
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
            return known_presence(presence)

        return self._write(
            "work.assign_waiting",
            actor,
            do,
            ticket_ids=[ticket.id],
            team_ids=[ticket.team_id],
            look=look,
            shown=lambda work, given: None if given is None else shown(work, given),
        )

    def explain_assignment(
        self, team_id: Id, *, actor: Actor, tags: Collection[str] = ()
    ) -> Assignment:
        """Whom the team's next ticket, with these tags, would go to now, and why (A20).

        It shows the team's counts, so it is for who sees all of the team's tickets (T2).
        Raises `CalendarError` when the calendar does not answer (A14).
        """
        labels = distinct("tags", tags)

        def ask(work: Work, team: Team) -> Assignment:
            return decide(work, team, labels, work.session.workloads(team.id))

        return self._ask_with_presence(team_id, actor, ask)

    def preview_handover(self, team_id: Id, absence: Absence, *, actor: Actor) -> HandoverPlan:
        """Who would take over the open tickets of somebody who will be away (A15).

        Nothing changes, and the calendar need not know of the absence yet. It shows the team's
        counts, so it is for who sees all of the team's tickets (T2). Raises `CalendarError` when
        the calendar does not answer (A14).
        """

        def ask(work: Work, team: Team) -> HandoverPlan:
            return handing_over(work, team, absence)

        return self._ask_with_presence(team_id, actor, ask, absence.start)

    def hand_over(
        self,
        team_id: Id,
        absence: Absence,
        *,
        actor: Actor,
        idempotency_key: str | None = None,
    ) -> HandoverPlan:
        """Carry out what `preview_handover` shows, as it is by then (A15).

        Tickets for which there is nobody stay where they are.
        """
        allowed = _of_all(team_id)

        def do(work: Work) -> HandoverPlan:
            plan = handing_over(work, allowed(work), absence)
            work.carry_out(plan)
            return plan

        def look() -> Presence:
            return known_presence(
                self._presence(actor, allowed, always=True, at_least=absence.start)
            )

        return self._write(
            "team.hand_over",
            actor,
            do,
            team_ids=[team_id],
            look=look,
            once=Once(
                key=idempotency_key,
                payload={"team_id": team_id, "absence": absence},
                again=lambda work, _: allowed(work),
            ),
        )

    def _ask_with_presence(
        self,
        team_id: Id,
        actor: Actor,
        ask: Callable[[Work, Team], T],
        at_least: datetime | None = None,
    ) -> T:
        """Ask something that needs to know who is there, again when somebody joined meanwhile."""
        allowed = _of_all(team_id)
        for _ in range(ATTEMPTS):
            presence = self._presence(actor, allowed, always=True, at_least=at_least)

            def with_it(work: Work, presence: Presence = presence) -> T:
                work.presence = presence
                return ask(work, allowed(work))

            try:
                return self._read(actor, with_it)
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
        self,
        actor: Actor,
        allowed: Callable[[Work], Team],
        *,
        always: bool = False,
        at_least: datetime | None = None,
    ) -> Presence:
        """Who of the team's pool is there when; a silent calendar is kept, not raised.

        Not asked for a team that assigns nothing by itself, unless `always`; nor for who is not
        allowed, so that the calendar is no way to tell a hidden team from none (V14). They are
        told so inside the transaction. A team that remembers its latest assignment needs the
        absences since (A8).
        """
        with self._repository.reading() as session:
            team = self._allowed(session, actor, allowed)
            if team is None or not (always or team.auto_assign):
                return Presence()
            eligible = tuple(session.eligible_users())
            globally = team.assignment_scope is CountScope.GLOBAL
            beside = tuple(counting_globally(session)) if globally else ()
            policy = policy_of(team, self._filters, self._ranking)
            catches_up = Claim.CREDITS in self._repository.claims and policy.catches_up
            known = session.catching_up(team.id) if catches_up else None
        pool = Pool(
            team,
            eligible,
            frozenset(pool_of(team, eligible)),
            policy,
            lasting=not globally and not catches_up,
        )
        presence = self._presence_of(pool.ids, team, None if known is None else known.at, at_least)
        return attrs.evolve(presence, seen=pool, beside=beside)

    def _looking(
        self, actor: Actor, team_id: Id, allowed: Callable[[Work], Team]
    ) -> Callable[[], Presence]:
        """Who is there: first of the pool that this actor's last ticket met, then of what it is.

        The first spares a look, and decides nothing: see `_confirmed`. Users have to be allowed
        again each time before anything is remembered for them (V14).
        """
        key = _of(actor, team_id)
        take = self._pools.get if isinstance(actor, System) else self._pools.pop

        def look() -> Presence:
            pool = take(key, None)
            if pool is None:
                return self._presence(actor, allowed)
            return attrs.evolve(self._presence_of(pool.ids, pool.team), seen=pool, remembered=True)

        return look

    def _confirmed(self, work: Work, actor: Actor, team: Team) -> None:
        """Start anew when the pool was remembered, and is another by now; else remember it."""
        seen, key = work.presence.seen, _of(actor, team.id)
        if work.presence.remembered and seen is not None:
            eligible = tuple(work.session.eligible_users()) if team.auto_assign else None
            if (team, eligible) != (seen.team, seen.eligible):
                self._pools.pop(key, None)
                raise MovedError
        if seen is not None and seen.lasting:
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

    def _presence_of(
        self,
        user_ids: Collection[Id],
        team: Team | None = None,
        since: datetime | None = None,
        at_least: datetime | None = None,
    ) -> Presence:
        check_ids("user_id", user_ids)
        now = self._now()
        until = _until(now if at_least is None else max(now, at_least), team)
        first = now if since is None else min(now, since)
        try:
            there = self._availability(user_ids, first, until) if user_ids else Availability()
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


def _of_all(team_id: Id) -> Callable[[Work], Team]:
    """The team, for who may assign in it and sees all of its tickets (T2, T5)."""

    def allowed(work: Work) -> Team:
        team = work.team(team_id)
        work.require("ticket.assign")
        work.require_all_of(team)
        work.claim(Claim.ASSIGNMENT_ORDER)
        return team

    return allowed


def _waiting(work: Work, after: Position | None, limit: int) -> list[Ticket]:
    work.require("work.assign_waiting")
    work.claim(Claim.ASSIGNMENT_ORDER)
    query = TicketFilter(waiting=True, closed=False)
    return list(work.session.find(work.scope, query, after=after, limit=limit))


def _of(actor: Actor, team_id: Id) -> object:
    """Under which a pool is remembered: 1 and True are not the same one."""
    return type(actor), actor, type(team_id), team_id
