"""What leaves the service: tickets, words and events, as the one who acts is shown them (M7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import TypeVar

import attrs

from helpdesk_core.entities import Attachment, Id, Message, System, Ticket, TimeEntry, User
from helpdesk_core.events import Event
from helpdesk_core.service.work import Case, Work
from helpdesk_core.visibility.showing import named_by, shown_event, shown_ticket, teams_named_by

_Said = TypeVar("_Said", bound=Message | Attachment | TimeEntry)


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


def conversation(
    work: Work, ticket_id: Id, load: Callable[[Collection[Id]], Sequence[_Said]]
) -> tuple[_Said, ...]:
    """What the one who acts reads on a ticket, in order of time (M6, M7, V15).

    What was said on it and on the tickets below it; and, where it was merged into one that is
    hidden from them, what they wrote there themselves since: authors see their own words.
    """
    said: list[_Said] = [*load(work.tree(ticket_id)), *_own_above(work, ticket_id, load)]
    if not work.sees_internal:
        said = [one for one in said if not getattr(one, "internal", True)]
    said.sort(key=lambda one: one.at)
    return tuple(said)


def _own_above(
    work: Work, ticket_id: Id, load: Callable[[Collection[Id]], Sequence[_Said]]
) -> list[_Said]:
    """Own words on the tickets that this one was merged into, as far as they are hidden.

    Those from before the merge were not written through this ticket, and would tell its root.
    """
    found: list[_Said] = []
    ticket = work.session.tickets([ticket_id])[ticket_id]
    while ticket.merged_into is not None and isinstance(work.actor, User):
        merges = work.session.merges([ticket.id])
        since = [m.at for m in merges if ticket.id in m.merged_ids and m.undone_at is None]
        ticket = work.session.tickets([ticket.merged_into])[ticket.merged_into]
        if since and not known(work, [ticket.id]):
            found += (
                attrs.evolve(one, ticket_id=ticket_id)
                for one in load([ticket.id])
                if _author_of(one) == work.author_id and one.at >= since[-1]
            )
    return found


def _author_of(said: Message | Attachment | TimeEntry) -> Id | None:
    return said.user_id if isinstance(said, TimeEntry) else said.author_id


def _opened(work: Work, case: Case, events: Iterable[Event]) -> set[Id]:
    """The other teams in which the ticket was, those that the one who acts may open."""
    ids = {id for event in events for id in teams_named_by(event)} - {case.team.id}
    if not ids or isinstance(work.actor, System):
        return ids
    actor = work.actor
    return {t.id for t in work.session.teams(ids).values() if work.opens(actor, t).allowed}
