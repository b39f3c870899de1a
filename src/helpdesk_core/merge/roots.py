"""Which ticket stays, and which one a chain of merges ends at (M4, M9)."""

from __future__ import annotations

from collections.abc import Callable, Collection

from helpdesk_core.entities import (
    Id,
    Ticket,
)
from helpdesk_core.errors import InvalidValueError
from helpdesk_core.merge.parts import age

#: How many tickets can be merged at once, the master included (M10).


def choose_master(tickets: Collection[Ticket], master_id: Id | None = None) -> Ticket:
    """The ticket that stays: the oldest (created, then id), unless chosen (M4).

    >>> from datetime import datetime, UTC
    >>> first, second = (Ticket(id=id, team_id="it", stage_id="new", subject="Ink",
    ...                         created_at=datetime(2026, 1, 5, tzinfo=UTC)) for id in (1, 2))
    >>> choose_master([second, first]).id, choose_master([second, first], 2).id
    (1, 2)
    """
    if not tickets:
        raise InvalidValueError("tickets", "must not be empty")
    if master_id is None:
        return min(tickets, key=age)
    for ticket in tickets:
        if ticket.id == master_id:
            return ticket
    raise InvalidValueError("master_id", "must be one of the tickets")


def resolve(ticket_id: Id, merged_into: Callable[[Id], Id | None]) -> Id:
    """The root that a ticket was merged into, by whatever chain; itself when it was not (M9).

    Raises `InvalidValueError` where the chain goes round in a circle: no merge makes one.

    >>> resolve(3, {3: 2, 2: 1}.get), resolve(1, {3: 2, 2: 1}.get)
    (1, 1)
    """
    seen: set[Id] = set()
    while (onwards := merged_into(ticket_id)) is not None:
        if ticket_id in seen:
            raise InvalidValueError("merged_into", f"goes round in a circle at {ticket_id!r}")
        seen.add(ticket_id)
        ticket_id = onwards
    return ticket_id
