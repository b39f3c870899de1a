"""What leaves the service: tickets and events as the one who acts is shown them (M7, V14)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from helpdesk_core.entities import Id, System, Ticket
from helpdesk_core.events import Event
from helpdesk_core.service.work import Case, Work
from helpdesk_core.visibility.showing import named_by, shown_event, shown_ticket, teams_named_by


def shown(work: Work, ticket: Ticket) -> Ticket:
    """One ticket as the one who acts is shown it."""
    return shown_all(work, [ticket])[0]


def shown_all(work: Work, tickets: Collection[Ticket]) -> list[Ticket]:
    """Several tickets as the one who acts is shown them; what they name is looked up at once."""
    others = known(work, {id for ticket in tickets for id in named_by(ticket)})
    return [shown_ticket(ticket, work.actor, known=others) for ticket in tickets]


def shown_history(work: Work, case: Case, events: Iterable[Event]) -> tuple[Event, ...]:
    """What happened to a ticket, as the one who acts is shown it."""
    events = tuple(events)
    others = known(work, {id for event in events for id in named_by(event)})
    teams = {case.team.id, *_opened(work, case, events)}
    whole_team = work.sees_all_of(case.team)
    told = (
        shown_event(event, work.actor, known=others, teams=teams, whole_team=whole_team)
        for event in events
    )
    return tuple(event for event in told if event is not None)


def known(work: Work, ticket_ids: Collection[Id]) -> frozenset[Id]:
    """Those of the tickets that the one who acts may see."""
    if not ticket_ids or isinstance(work.actor, System):
        return frozenset(ticket_ids)
    tickets = work.session.tickets(ticket_ids).values()
    teams = work.session.teams({ticket.team_id for ticket in tickets})
    return frozenset(t.id for t in tickets if work.sees(t, teams[t.team_id]))


def _opened(work: Work, case: Case, events: Iterable[Event]) -> set[Id]:
    """The other teams in which the ticket was, those that the one who acts may open."""
    ids = {id for event in events for id in teams_named_by(event)} - {case.team.id}
    if not ids or isinstance(work.actor, System):
        return ids
    actor = work.actor
    return {t.id for t in work.session.teams(ids).values() if work.opens(actor, t).allowed}
