"""What a search finds, in plain words: for stores that look through all that there is."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping

from helpdesk_core.entities import Id, Message, Ticket
from helpdesk_core.search import Wanted, opening_of, words_in

_words_in = functools.lru_cache(maxsize=10_000)(words_in)


def with_words(
    wanted: Wanted,
    inside: Iterable[Ticket],
    said: Iterable[Message],
    tickets: Mapping[Id, Ticket],
) -> set[Id]:
    """The tickets with a text that has the words, of what is `inside` the scope (M7, M8, V13).

    `said` are the messages that may be looked at (V15); what tombstones say is found on the ticket
    that they lead to, in the end, by `tickets`. Whether that is inside itself is not asked here.

    >>> from datetime import datetime, UTC
    >>> from helpdesk_core.search import wanted
    >>> at = datetime(2026, 1, 5, tzinfo=UTC)
    >>> first, second = (Ticket(id=n, team_id="it", stage_id="new", subject=subject, created_at=at,
    ...                         merged_into=into)
    ...                  for n, subject, into in ((1, "No ink", None), (2, "No paper", 1)))
    >>> with_words(wanted("paper"), [first, second], [], {1: first, 2: second})
    {1}
    """
    own = {ticket.id: ticket for ticket in inside}
    hits = {id for id, ticket in own.items() if wanted.matches(_words_in(opening_of(ticket)))}
    hits |= {
        message.ticket_id
        for message in said
        if message.ticket_id in own and wanted.matches(_words_in(message.body))
    }
    return {_root(tickets[id], tickets) for id in hits}


def _root(ticket: Ticket, tickets: Mapping[Id, Ticket]) -> Id:
    while ticket.merged_into is not None:
        ticket = tickets[ticket.merged_into]
    return ticket.id
