"""Closing what saw nothing for some days: a worker's use-case (G13)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

import attrs

from helpdesk_core.decisions import Reason
from helpdesk_core.entities import Actor, Id, System, Team, Ticket
from helpdesk_core.errors import InvalidValueError, NotFoundError
from helpdesk_core.fields import check_ids, collection
from helpdesk_core.ports import Claim, TicketFilter
from helpdesk_core.service.desk import Desk
from helpdesk_core.service.moving import moving
from helpdesk_core.service.pages import check_limit
from helpdesk_core.service.showing import shown
from helpdesk_core.service.work import Work


@attrs.frozen(kw_only=True)
class ClosedInactive:
    """What one call of `close_inactive` did: the tickets that it closed, as they are then.

    `more` says that there were others beyond the limit: call it again. Where all that was found was
    closed by another worker meanwhile there is none for this one. `passed_over` are the
    stages and teams that were asked for in vain, each with the reason.
    """

    tickets: tuple[Ticket, ...] = ()
    more: bool = False
    passed_over: tuple[Reason, ...] = ()


@attrs.frozen
class _Asked:
    """Which tickets are to be closed."""

    days: int
    stage_ids: tuple[Id, ...]
    team_ids: tuple[Id, ...] | None

    def since(self, now: datetime) -> datetime:
        """What saw nothing after this moment saw nothing for so many days."""
        try:
            return now - timedelta(days=self.days)
        except OverflowError:
            raise InvalidValueError("days", "must not go back beyond the calendar") from None


class ClosingUseCases(Desk):
    """What becomes of tickets that nobody cares about any more."""

    def close_inactive(
        self,
        days: int,
        stage_ids: Collection[Id],
        *,
        actor: Actor,
        team_ids: Collection[Id] | None = None,
        limit: int = 100,
    ) -> ClosedInactive:
        """Close tickets in these stages that saw nothing for `days`: no event is recorded (G13).

        At most `limit`, oldest first, each in a transaction of its own that looks again: so it may
        run twice, and in several workers at once. They go into their team's first folded stage,
        with its messages (G8) and a `TicketClosed` each (G3). A stage that is folded and a team
        without a folded stage are passed over, with the reason; a stage or a team that is not
        there is a `NotFoundError`. A host's worker calls it with `actor=System(reason="worker")`;
        somebody else closes only what they may see (V13). It asks no table of allowed moves.
        """
        if type(days) is not int or days < 1:
            raise InvalidValueError("days", "must be a whole number of 1 or more")
        check_limit(limit)
        stages = collection("stage_ids", stage_ids)
        teams = None if team_ids is None else collection("team_ids", team_ids)
        check_ids("stage_ids", stages)
        check_ids("team_ids", teams or ())
        asked = _Asked(days, stages, teams)
        found, passed_over = self._read(actor, partial(_inactive, asked=asked, limit=limit + 1))
        each = (self._close_one(ticket.id, asked, actor) for ticket in found[:limit])
        closed = tuple(ticket for ticket in each if ticket is not None)
        # Who closed nothing leaves the rest to who did, and no loop goes on for nothing.
        more = len(found) > limit and bool(closed)
        return ClosedInactive(tickets=closed, more=more, passed_over=passed_over)

    def _close_one(self, ticket_id: Id, asked: _Asked, actor: Actor) -> Ticket | None:
        """Close this one if it is still to be closed, now that it is held."""

        def do(work: Work) -> Ticket | None:
            work.require("work.close_inactive")
            try:
                case = work.case(ticket_id)
            except NotFoundError:  # no longer to be seen by the one who acts
                return None
            work.holds(case.team.id)
            ticket, pipeline = case.ticket, work.pipeline(case.team)
            to = pipeline.first_folded(case.team.id)
            if (
                to is None
                or ticket.is_merged_away
                or ticket.stage_id not in asked.stage_ids
                or pipeline.stage(ticket.stage_id).folded
                or (asked.team_ids is not None and case.team.id not in asked.team_ids)
                or _saw_something(work, ticket, asked.since(work.now))
            ):
                return None
            work.carry_out(moving(work, case, to.id, limited=False))
            return work.fresh(ticket_id)

        return self._write(
            "work.close_inactive",
            actor,
            do,
            ticket_ids=[ticket_id],
            shown=lambda work, ticket: None if ticket is None else shown(work, ticket),
        )


def _inactive(work: Work, asked: _Asked, limit: int) -> tuple[list[Ticket], tuple[Reason, ...]]:
    """The first tickets that are to be closed, and what is passed over."""
    work.require("work.close_inactive")
    work.claim(Claim.HISTORY)
    since, teams = asked.since(work.now), _teams(work, asked.team_ids)
    pipeline = work.pipeline(*teams)
    stages = [pipeline.stage(id) for id in dict.fromkeys(asked.stage_ids)]
    open_ids = frozenset(stage.id for stage in stages if not stage.folded)
    using = [team for team in teams if not open_ids.isdisjoint(team.stage_ids)]
    closing = [team for team in using if pipeline.first_folded(team.id) is not None]
    passed_over = [
        *(Reason("stage.passed_over.folded", {"stage_id": s.id}) for s in stages if s.folded),
        *(
            Reason("stage.passed_over.no_folded_stage", {"team_id": team.id})
            for team in using
            if team not in closing and (asked.team_ids is not None or _opens(work, team))
        ),
    ]
    found: Iterable[Ticket] = ()
    if closing:
        query = TicketFilter(team_ids=frozenset(team.id for team in closing), stage_ids=open_ids)
        found = work.session.inactive(work.scope, query, since, limit=limit)
    return list(found), tuple(passed_over)


def _teams(work: Work, team_ids: Collection[Id] | None) -> list[Team]:
    """The teams asked for, or all: tickets of those that are hidden are outside of the scope."""
    if team_ids is None:
        return list(work.session.teams().values())
    return [work.team(id) for id in dict.fromkeys(team_ids)]


def _opens(work: Work, team: Team) -> bool:
    return isinstance(work.actor, System) or work.opens(work.actor, team).allowed


def _saw_something(work: Work, ticket: Ticket, since: datetime) -> bool:
    return any(one.event.at > since for one in work.session.history([ticket.id]))
