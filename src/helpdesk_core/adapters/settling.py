"""A new ticket and what is set on it at once, as one: for stores that write each change apart."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from helpdesk_core.entities import Ticket
from helpdesk_core.plans import Add, AddFollow, Change, Kind, SetField

#: What assigning sets; more is not worth the while.
_SETTLED = frozenset({"assignee_id", "available_from", "waiting"})


def settled(changes: Iterable[Change]) -> list[Change]:
    """The same, with what is set on a new ticket right after it was added put into the ticket.

    >>> from datetime import datetime, UTC
    >>> new = Ticket(id="T-1", team_id="it", stage_id="new", subject="No ink",
    ...              created_at=datetime(2026, 1, 5, tzinfo=UTC))
    >>> [add] = settled([Add(new), SetField.of(Kind.TICKET, new, "assignee_id", "ada")])
    >>> add.thing.assignee_id
    'ada'
    """
    made: list[Change] = []
    fields: dict[str, Any] = {}
    for change in changes:
        last = made[-1] if made else None
        if isinstance(last, Add) and isinstance(last.thing, Ticket):
            if _put(change, last.thing, fields):
                continue
            _settle(made, fields)
        made.append(change)
    _settle(made, fields)
    return made


def _put(change: Change, ticket: Ticket, fields: dict[str, Any]) -> bool:
    """Put the change into the fields of the ticket; False when it is no such change, or not fit."""
    if not isinstance(change, SetField | AddFollow):
        return False
    if change.kind is not Kind.TICKET or change.id != ticket.id:
        return False
    if isinstance(change, AddFollow):
        followers = fields.setdefault("followers", dict(ticket.followers))
        followers[change.user_id] = followers.get(change.user_id, frozenset()) | {change.source}
        return True
    field = change.field
    if field not in _SETTLED or fields.get(field, getattr(ticket, field)) != change.expected:
        return False
    fields[field] = change.value
    return True


def _settle(made: list[Change], fields: dict[str, Any]) -> None:
    """Make the new ticket, which is the last change, the one with these fields, if any."""
    if fields:
        last: Any = made[-1]
        made[-1] = Add(attrs.evolve(last.thing, **fields))
        fields.clear()
