"""What leaves the service: tickets, words and events, as the one who acts is shown them (M7)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import attrs

from helpdesk_core.entities import (
    Id,
    ReceivedMail,
    Said,
    System,
    Ticket,
    TimeEntry,
    User,
)
from helpdesk_core.events import Event
from helpdesk_core.ports import Recorded
from helpdesk_core.service.work import Case, Work
from helpdesk_core.visibility.showing import named_by, shown_event, shown_ticket, teams_named_by

_Said = TypeVar("_Said", bound=Said)


def shown(work: Work, ticket: Ticket) -> Ticket:
    """One ticket as the one who acts is shown it."""
    return shown_all(work, [ticket])[0]


def shown_all(work: Work, tickets: Collection[Ticket]) -> list[Ticket]:
    """Several tickets as the one who acts is shown them; what they name is looked up at once."""
    others = known(work, {id for ticket in tickets for id in named_by(ticket)})
    return [shown_ticket(ticket, work.actor, known=others) for ticket in tickets]


def shown_history(work: Work, case: Case, recorded: Iterable[Recorded]) -> list[Recorded]:
    """What happened to a ticket, as the one who acts is shown it; the rest is left out."""
    recorded = tuple(recorded)
    events = [one.event for one in recorded]
    others = known(work, {id for event in events for id in named_by(event)})
    teams = {case.team.id, *_opened(work, case, events)}
    whole_team = work.sees_all_of(case.team)
    told = (
        shown_event(event, work.actor, known=others, teams=teams, whole_team=whole_team)
        for event in events
    )
    pairs = zip(recorded, told, strict=True)
    return [Recorded(one.sequence, event) for one, event in pairs if event is not None]


def known(work: Work, ticket_ids: Collection[Id]) -> frozenset[Id]:
    """Those of the tickets that the one who acts may see."""
    if not ticket_ids or isinstance(work.actor, System):
        return frozenset(ticket_ids)
    return frozenset(seen(work, ticket_ids))


def seen(work: Work, ticket_ids: Collection[Id]) -> dict[Id, Ticket]:
    """Those of the tickets that there are, and that the one who acts may see (V13)."""
    tickets = work.session.tickets(ticket_ids)
    teams = work.session.teams({ticket.team_id for ticket in tickets.values()})
    return {id: one for id, one in tickets.items() if work.sees(one, teams[one.team_id])}


@attrs.frozen
class Source:
    """Tickets on which something was said that is shown on one, and what of it."""

    ticket_ids: Collection[Id]
    shows: Callable[[Said], bool]
    shown_on: Id | None = None

    def shown(self, said: _Said) -> _Said:
        """The same as it is shown."""
        return said if self.shown_on is None else attrs.evolve(said, ticket_id=self.shown_on)


def sources(work: Work, ticket_id: Id) -> list[Source]:
    """Where that is what the one who acts reads on a ticket (M6, M7, V15).

    What was said on it and on the tickets below it; and, where it was merged into one that is
    hidden from them, what they wrote there themselves since: authors see their own words.
    """

    def may_read(said: Said) -> bool:
        return work.sees_internal or not getattr(said, "internal", True)

    return [Source(work.tree(ticket_id), may_read), *_own_above(work, ticket_id, may_read)]


def conversation(
    work: Work, ticket_id: Id, load: Callable[[Collection[Id]], Sequence[_Said]]
) -> tuple[_Said, ...]:
    """All that the one who acts reads on a ticket, in order of time."""
    said = [
        source.shown(one)
        for source in sources(work, ticket_id)
        for one in load(source.ticket_ids)
        if source.shows(one)
    ]
    said.sort(key=lambda one: one.at)
    return tuple(said)


def _own_above(
    work: Work,
    ticket_id: Id,
    may_read: Callable[[Said], bool],
) -> Iterator[Source]:
    """Own words on the tickets that this one was merged into, as far as they are hidden.

    Those from before the merge were not written through this ticket, and would tell its root.
    """
    ticket = work.session.tickets([ticket_id])[ticket_id]
    while ticket.merged_into is not None and isinstance(work.actor, User):
        merges = work.session.merges([ticket.id])
        since = [m.at for m in merges if ticket.id in m.merged_ids and m.undone_at is None]
        ticket = work.session.tickets([ticket.merged_into])[ticket.merged_into]
        if since and not known(work, [ticket.id]):

            def own(said: Said, begin: datetime = since[-1]) -> bool:
                mine = _author_of(said) == work.author_id
                return mine and said.at >= begin and may_read(said)

            yield Source([ticket.id], own, ticket_id)


def _author_of(said: Said) -> Id | None:
    if isinstance(said, TimeEntry):
        return said.user_id
    return said.sender_id if isinstance(said, ReceivedMail) else said.author_id


def _opened(work: Work, case: Case, events: Iterable[Event]) -> set[Id]:
    """The other teams in which the ticket was, those that the one who acts may open."""
    ids = {id for event in events for id in teams_named_by(event)} - {case.team.id}
    if not ids or isinstance(work.actor, System):
        return ids
    actor = work.actor
    return {t.id for t in work.session.teams(ids).values() if work.opens(actor, t).allowed}
